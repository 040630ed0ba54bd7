/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * MGET: several keys, read without a lock, at one moment.
 *
 * Each key is read as GET reads it, with its home's version.  When the last one has been read all homes are looked at again: if each still has its version, and
 * no FLUSHALL came by, then at the moment of the last read every key was what was read of it.  Else again, from the first key on; whoever is outrun
 * too often, meets a large value or has more to say than fits an io slot is left to Java, which stages the keys (stage_keys.h), or by the on-host door to
 * the server.
 *
 * The keys are cut out here, because there may be more of them than a transaction has arguments.  What is known of them lies in io.image: a read needs none.
 */
#ifndef MARROW_MGET_H
#define MARROW_MGET_H

#include "ahead.h"
#include "execute.h"
#include "linger.h"

#define MGET_ATTEMPTS_MAX 3

struct mget_key {
	u32 offset;                 /* of the key in io.in */
	u32 length;
	u64 hash;
	u64 snapshot;               /* the home's version when it was read */
	u32 home;
	u32 pad;
};
_Static_assert(MGET_KEYS_MAX * sizeof(struct mget_key) <= RECORD_CLASS_BYTES_MAX, "the keys fit io.image");

INLINE struct mget_key *mget_key_at(struct io *io, u32 i)
{
	return (struct mget_key *)io->image + (i & (MGET_KEYS_MAX - 1));
}

struct mget {
	struct io *io;
	u32 count;
	u32 end;                    /* of the request */
	u32 at;                     /* in io.in, of what has not been cut yet */
	u32 resp3;
	u64 position;               /* log position that the reply depends on (I3) */
	int status;                 /* why a loop ended: 0, ATTEMPT_AGAIN or an enum status */
};

INLINE int mget_ends(struct mget *m, int status)
{
	m->status = status;
	return 1;
}

/* Key i out of the input.  What is not whole, or not as it should be, is Java's. */
static long mget_cut_step(u32 i, struct mget *m)
{
	struct io *io = m->io;
	struct transaction *t = &io->t;
	u32 at = m->at, end = m->end, length = 0;
	if (i >= m->count)
		return 1;
	if (at >= end || io->in[at & IN_MASK] != '$' || parse_length(io, at + 1, end, &length, &at) != PARSE_OK)
		return mget_ends(m, STATUS_COLD);
	if (!length || length > KEY_BYTES_MAX || at + length + 2 > end)
		return mget_ends(m, STATUS_COLD);
	t->key_offset = at;
	t->key_length = length;
	hash_aside(io);
	struct mget_key *k = mget_key_at(io, i);
	k->offset = at;
	k->length = length;
	k->hash = t->hash;
	k->home = t->home;
	m->at = at + length + 2;
	return 0;
}

/* Key i behind the replies so far, as GET would answer it.  0, ATTEMPT_AGAIN or an enum status. */
GLOBAL int mget_read(struct io *io, u32 i, u32 resp3)
{
	struct control *c = the_control();
	if (!io || !c)
		return STATUS_INTERNAL;
	struct transaction *t = &io->t;
	struct mget_key *k = mget_key_at(io, i);
	if (io->out_position > OUT_BYTES - OUT_MARGIN)
		return STATUS_OUT_FULL;
	t->key_offset = k->offset;
	t->key_length = k->length;
	t->hash = k->hash;
	t->home = k->home;
	t->log_position = 0;
	int result = locate(io, c);
	if (result == ATTEMPT_AGAIN) {
		purge(io, t->home);             /* if FLUSHALL is why */
		result = locate_anywhere(io);
	}
	if (result)
		return result;
	if (t->snapshot & VERSION_CHANGING)
		return ATTEMPT_AGAIN;
	k->snapshot = t->snapshot;
	if (!is_live(io))
		return reply_nil(io, resp3);
	if (t->old.flags & RECORD_STUB)
		return STATUS_COLD;
	switch (write_old_value(io)) {
	case 0:
		io->out_position += t->reply_bytes;
		return 0;
	case OUTCOME_OUT_FULL:
		return STATUS_OUT_FULL;
	}
	return ATTEMPT_AGAIN;
}

/* The next keys will be read: their cache misses at the same time. */
GLOBAL int mget_touch(struct io *io, u32 first, u32 count)
{
	if (!io)
		return 0;
	for (u32 n = 0; n < AHEAD_MAX; n++) {
		struct mget_key *k = mget_key_at(io, first + n);
		io->ahead_home[n] = k->home;
		io->ahead_tag[n] = k->hash >> 48;
	}
	io->ahead = count - first;
	return touch_noted(io);
}

static long mget_read_step(u32 i, struct mget *m)
{
	struct io *io = m->io;
	if (i >= m->count)
		return 1;
	if (i % AHEAD_MAX == 0)
		mget_touch(io, i, m->count);
	int result = mget_read(io, i, m->resp3);
	if (result)
		return mget_ends(m, result);
	MGET_LINGER();
	u64 position = observed_position(&io->t);
	if (position > m->position)
		m->position = position;
	return 0;
}

/* Whether key i's home is what it was. */
static long mget_check_step(u32 i, struct mget *m)
{
	if (i >= m->count)
		return 1;
	struct mget_key *k = mget_key_at(m->io, i);
	u64 snapshot = k->snapshot;
	struct bucket *home = bucket_at(k->home);
	if (!home)
		return mget_ends(m, STATUS_INTERNAL);
	return HOME_UNCHANGED(home, snapshot) ? 0 : mget_ends(m, ATTEMPT_AGAIN);
}

/* All keys once, behind the head of their reply. */
INLINE int mget_attempt(struct mget *m, struct control *c)
{
	u64 floor = READ_ONCE(c->version_floor);
	m->io->t.now_ms = 0;                    /* deadlines are compared with the moment, too */
	m->position = 0;
	m->status = 0;
	reply_number(m->io, '*', m->count);
	bpf_loop(MGET_KEYS_MAX, mget_read_step, m, 0);
	if (m->status)
		return m->status;
#ifdef MUTANT_NO_MGET_CHECK
	return 0;
#endif
	asm volatile("" ::: "memory");      /* whatever was read was read before this: by the compiler here, by x86-64 itself */
	bpf_loop(MGET_KEYS_MAX, mget_check_step, m, 0);
	if (m->status)
		return m->status;
#ifdef MUTANT_NO_MGET_FLOOR
	return 0;
#endif
	return READ_ONCE(c->version_floor) == floor ? 0 : ATTEMPT_AGAIN;
}

/* The status of an MGET that was not answered.  The server door has Java behind it; the on-host door leaves the message to the server in any case, and
 * counts why. */
INLINE int mget_left(struct io *io, int status, u32 out_start)
{
	int server = io->out_limit == ~0u;
	if (status == ATTEMPT_AGAIN)
		return server ? STATUS_COLD : STATUS_BUSY;
	/* with nothing before it, more room will not come */
	if (status == STATUS_OUT_FULL && server && !out_start)
		return STATUS_COLD;
	return status;
}

/* The MGET that parse_command() has seen the beginning of.  0 when it was answered, else why not: status + 1. */
GLOBAL int serve_mget(struct io *io)
{
	struct control *c = the_control();
	if (!io || !c)
		return 1 + STATUS_INTERNAL;
	struct request *q = &io->requests[io->request % REQUESTS_MAX];
	struct transaction *t = &io->t;
	struct mget m = { .io = io, .count = t->argument_count - 1, .end = q->in_end, .resp3 = q->flags & REQUEST_RESP3 };
	u32 out_start = io->out_position;

	if (!m.count || m.count > MGET_KEYS_MAX)
		return 1 + STATUS_COLD;
	/* one of this run has filled the output area: the next would read as much as that one for nothing */
	if (io->batch_result && out_start)
		return 1 + STATUS_OUT_FULL;
	m.at = t->argument_offset[0] + t->argument_length[0] + 2;
	bpf_loop(MGET_KEYS_MAX, mget_cut_step, &m, 0);
	if (m.status)
		return 1 + m.status;
	int status = mget_attempt(&m, c);
	for (u32 i = 1; i < MGET_ATTEMPTS_MAX && status == ATTEMPT_AGAIN; i++) {
		struct counters *n = my_counters(io);
		if (n)
			__sync_fetch_and_add(&n->attempts_lost, 1);
		io->out_position = out_start;
		status = mget_attempt(&m, c);
	}
	io->ahead = 0;
	if (status) {
		io->out_position = out_start;
		io->batch_result = status == STATUS_OUT_FULL;
		return 1 + mget_left(io, status, out_start);
	}
	t->next_offset = m.at;
	if (m.position > q->wait_position)
		q->wait_position = m.position;
	return 0;
}

#endif
