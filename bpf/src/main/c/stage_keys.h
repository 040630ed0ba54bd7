/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The beginning of a transaction: its keys are read into the staging area, in one of two ways.
 *
 * Ordinarily each key by an attempt of its own (execute.h), as it is at some moment; the commit finds out whether that was one moment.
 * Or with all homes held, that is marked as a commit marks them (commit.h): one moment, whatever others want to write meanwhile.
 */
#ifndef MARROW_STAGE_KEYS_H
#define MARROW_STAGE_KEYS_H

#include "admin.h"

INLINE int end_step(struct io *io, int status)
{
	if (status) {
		io->batch_status = status;
		return 1;
	}
	io->batch_cursor++;
	return 0;
}

/* What decide_stage() has copied is the key. */
INLINE void keep_staged(struct io *io, struct staging *s, struct staged_key *k, u64 snapshot)
{
	struct transaction *t = &io->t;
	k->snapshot = snapshot;
	k->log_position = t->found ? t->old.log_position : t->removal_position;
	k->found = t->found;
	k->change = STAGED_UNCHANGED;
	k->offset = s->used;
	k->room = 0;
	k->reference = 0;
	k->fresh = 0;
	s->used += t->reply_bytes;
}

/* Key number batch_cursor of the staging area, up to batch_count.  1 at the end. */
GLOBAL int stage_key(struct io *io)
{
	struct staging *s = the_staging();
	if (!io || !s)
		return 1;
	struct transaction *t = &io->t;
	u32 index = io->batch_cursor;
	if (index >= io->batch_count || index >= STAGED_KEYS_MAX)
		return 1;
	struct staged_key *k = staged_key_at(s, index);
	t->key_offset = k->key_offset;
	t->key_length = k->key_length;
	t->value_argument = k->with_value;
	t->op = OP_STAGE;
	int result = transact(io);
	if (result) {
		io->batch_status = result;
		return 1;
	}
	k->home = t->home;
	k->hash = t->hash;
	k->marked = 0;
	keep_staged(io, s, k, t->snapshot);
	return end_step(io, 0);
}

/* The next keys will be staged: their cache misses at the same time. */
GLOBAL int touch_next_keys(struct io *io)
{
	struct staging *s = the_staging();
	if (!io || !s)
		return 0;
	io->ahead = 0;
	for (u32 n = 0; n < AHEAD_MAX; n++) {
		u32 index = io->batch_cursor + n;
		if (index >= io->batch_count)
			break;
		struct staged_key *k = staged_key_at(s, index);
		io->t.key_offset = k->key_offset;
		io->t.key_length = k->key_length;
		note_ahead(io);
	}
	return touch_noted(io);
}

static long stage_step(u32 i, struct run *run)
{
	struct io *io = run->io;
	if (i % AHEAD_MAX == 0)
		touch_next_keys(io);
	return to_bool(stage_key(io));
}

/* ---- staging while all homes are held: whoever is outrun all the time reads with marks, which nobody can outrun, and sees one moment ---- */

/* The same for all steps: the key that batch_cursor is at, 0 behind the last one. */
INLINE struct staged_key *stage_step_key(struct io *io, struct staging *s)
{
	u32 index = io->batch_cursor;
	if (index >= io->batch_count || index >= STAGED_KEYS_MAX)
		return 0;
	return staged_key_at(s, index);
}

GLOBAL int hold_home(struct io *io)
{
	struct staging *s = the_staging();
	struct staged_key *k = io && s ? stage_step_key(io, s) : 0;
	if (!k)
		return 1;
	io->t.key_offset = k->key_offset;
	io->t.key_length = k->key_length;
	hash_aside(io);
	k->hash = io->t.hash;
	k->home = io->t.home;
	struct bucket *home = bucket_at(k->home);
	if (!home)
		return 1;
	u32 marked = 0;
	bpf_spin_lock(&home->lock);
	u64 version = home->version;
	if (!(version & VERSION_CHANGING)) {        /* else it is ours: an earlier key's, as one transaction holds homes at a time */
		home->version = version | VERSION_CHANGING;
		marked = 1;
	}
	bpf_spin_unlock(&home->lock);
	k->marked = marked;
	return end_step(io, 0);
}

GLOBAL int stage_held_key(struct io *io)
{
	struct staging *s = the_staging();
	struct control *c = the_control();
	struct staged_key *k = io && s ? stage_step_key(io, s) : 0;
	struct bucket *home = k ? bucket_at(k->home) : 0;
	if (!home || !c)
		return 1;
	struct transaction *t = &io->t;
	u64 version = READ_ONCE(home->version) & ~VERSION_CHANGING;
	t->key_offset = k->key_offset;
	t->key_length = k->key_length;
	t->hash = k->hash;
	t->home = k->home;
	t->value_argument = k->with_value;
	if (version < s->floor) {
		if (READ_ONCE(home->refs[0]))
			return end_step(io, STATUS_BUSY);   /* to be purged: an ordinary attempt does that */
		t->found = 0;
		t->removal_position = READ_ONCE(c->flush_position);
	} else if (locate_anywhere(io)) {
		return end_step(io, STATUS_INTERNAL);
	}
	int staged = decide_stage(io);
	if (staged != OUTCOME_READ)
		return end_step(io, staged == OUTCOME_OUT_FULL ? STATUS_OUT_FULL : STATUS_INTERNAL);
	keep_staged(io, s, k, version);
	return end_step(io, 0);
}

GLOBAL int release_home(struct io *io)
{
	struct staging *s = the_staging();
	struct staged_key *k = io && s ? stage_step_key(io, s) : 0;
	struct bucket *home = k ? bucket_at(k->home) : 0;
	if (!home)
		return 1;
	if (k->marked)
		end_change(home, READ_ONCE(home->version) & ~VERSION_CHANGING);
	k->marked = 0;
	io->batch_cursor++;
	return 0;
}

#define RUN_STEP(name) \
	static long name##_step(u32 i, struct run *run) \
	{ \
		return to_bool(name(run->io)); \
	}
RUN_STEP(hold_home)
RUN_STEP(stage_held_key)
RUN_STEP(release_home)

#define FOR_EACH_KEY(io, run, step) do { \
	(io)->batch_cursor = 0; \
	bpf_loop(STAGED_KEYS_MAX, step, &(run), 0); \
} while (0)

/* Keys [batch_cursor, batch_count).  batch_extra[0]: with all homes held; then they are all the transaction's keys.  batch_status: 0, or why it
 * ended. */
INLINE int stage_slot(struct io *io, struct control *c)
{
	struct staging *s = the_staging();
	struct run run = { .io = io };
	if (!s)
		return RUN_REFUSED;
	if (!io->batch_cursor) {
		s->now_ms = now_ms(io);
		s->used = 0;
		s->floor = READ_ONCE(c->version_floor);     /* before anything is read */
	}
	if (!io->batch_extra[0]) {
		bpf_loop(STAGED_KEYS_MAX, stage_step, &run, 0);
		return RUN_OK;
	}
	FOR_EACH_KEY(io, run, hold_home_step);
	s->floor = READ_ONCE(c->version_floor);
	FOR_EACH_KEY(io, run, stage_held_key_step);
	FOR_EACH_KEY(io, run, release_home_step);
	return RUN_OK;
}

#endif
