/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Staged keys: a transaction of several commands, or over several keys, reads its keys into the staging area, each as it was at some moment and
 * with its home's version.  Commands then work on these copies as they work on the table, and nobody sees it; the kernel's commands do so when
 * the request says so, Java's in the same memory.  commit.h makes the whole of it true at once, if all homes still have the versions that
 * were staged.
 */
#ifndef MARROW_STAGE_H
#define MARROW_STAGE_H

#include "table.h"

enum staged_to { STAGED_TO_IMAGE, STAGED_TO_OUT, STAGED_TO_SCRATCH };

enum outcome { OUTCOME_READ, OUTCOME_PUT, OUTCOME_DELETE, OUTCOME_AGAIN, OUTCOME_OUT_FULL, OUTCOME_CHANGED, OUTCOME_COLD };

#ifdef WITH_STAGING

#define IS_STAGED(io) ((io)->staged)
/* A reference to a staged record: no slab has such a block, so whoever looks for a window there finds none. */
#define REF_STAGED (1ull << (REF_BLOCK_SHIFT + REF_BLOCK_BITS - 1))
#define STAGING_MASK (STAGING_BYTES - 1)
#define WHOLE_WORDS(bytes) (((bytes) + 7) & ~7u)

INLINE struct staged_key *staged_key_at(struct staging *s, u32 index)
{
	return &s->keys[index & (STAGED_KEYS_MAX - 1)];
}

INLINE void staged_time(struct io *io)
{
	struct staging *s = the_staging();
	if (s)
		io->t.now_ms = s->now_ms;
}

/* Where the next staged record goes; 0: the area is full. */
INLINE u8 *staging_room(struct staging *s, u32 *at)
{
	u32 used = s->used;
	if (used > STAGING_BYTES - STAGED_RECORD_BYTES_MAX)
		return 0;
	*at = used & STAGING_MASK;
	return s->records + (used & STAGING_MASK);
}

/* The found value behind header and key at `at`.  A function of its own, and both lengths read where they are used: 6.1's verifier does not know the
 * range of a number that clang spilled after its check. */
GLOBAL int stage_value(struct io *io, u32 at)
{
	struct staging *s = the_staging();
	if (!io || !s)
		return -1;
	u64 ref = io->t.reference;
	u8 *block = block_of(ref);
	u32 offset = offset_of(ref);
	if (!block || offset > BLOCK_BYTES - RECORD_CLASS_BYTES_MIN)
		return -1;
	u8 *to = s->records + (at & STAGING_MASK) + RECORD_HEADER_BYTES;
	u64 key_length = READ_ONCE(io->t.key_length), length = READ_ONCE(io->t.old.value_length);
	if (key_length > KEY_BYTES_MAX || length > VALUE_BYTES_MAX)
		return -1;
	return bpf_probe_read_kernel(to + key_length, length, block + offset + RECORD_HEADER_BYTES + key_length);
}

/* The key as it is, behind what is staged already; it counts when the attempt holds. */
INLINE int decide_stage(struct io *io)
{
	struct transaction *t = &io->t;
	struct staging *s = the_staging();
	u32 at;
	u8 *to = s ? staging_room(s, &at) : 0;
	if (!to)
		return OUTCOME_OUT_FULL;
	u32 key_length = READ_ONCE(t->key_length), value_length = t->found ? READ_ONCE(t->old.value_length) : 0;
	struct record *r = (struct record *)to;
	if (t->found)
		*r = t->old;
	else
		__builtin_memset(r, 0, sizeof(*r));
	if (key_length > KEY_BYTES_MAX || value_length > VALUE_BYTES_MAX)
		return OUTCOME_AGAIN;
	bpf_probe_read_kernel(to + RECORD_HEADER_BYTES, key_length, io->in + (t->key_offset & IN_MASK));
	u32 kept = t->value_argument || (r->flags & RECORD_STUB) ? value_length : 0;
	if (kept && stage_value(io, at))
		return OUTCOME_AGAIN;
	t->reply_bytes = WHOLE_WORDS(RECORD_HEADER_BYTES + key_length + kept);
	return OUTCOME_READ;
}

/* The new record, if the key's home is as it was staged (commit.h). */
INLINE int decide_commit(struct io *io)
{
	struct transaction *t = &io->t;
	struct staging *s = the_staging();
	struct control *c = the_control();
	if (!s || !c)
		return OUTCOME_AGAIN;
	struct staged_key *k = staged_key_at(s, 0);
	if (t->snapshot != k->snapshot || READ_ONCE(c->version_floor) != s->floor)
		return OUTCOME_CHANGED;
	if (k->change == STAGED_DELETE)
		return t->found ? OUTCOME_DELETE : OUTCOME_READ;
	t->piece_new_offset = t->argument_offset[0];
	t->piece_new_length = t->argument_length[0];
	t->expire_ms = t->deadline_ms;
	t->value_flags = t->given_flags;
	return OUTCOME_PUT;
}

/* In place of record_read(): the value of the staged key that the command works on. */
GLOBAL int staged_value(struct io *io, u32 to, u32 at)
{
	struct staging *s = the_staging();
	if (!io || !s)
		return -1;
	u32 length = io->t.old.value_length, key_length = io->t.key_length;
	asm volatile("" : "+r"(length));
	if (length > VALUE_BYTES_MAX)
		return -1;
	u8 *value = s->records + (staged_key_at(s, io->staged - 1)->offset & STAGING_MASK) + RECORD_HEADER_BYTES + (key_length & 1023);
	if (to == STAGED_TO_OUT)
		return bpf_probe_read_kernel(io->out + (at & (OUT_BYTES - 1)), length, value);
	if (to == STAGED_TO_SCRATCH)
		return bpf_probe_read_kernel(io->scratch, length & 31, value);
	if (at > RECORD_HEADER_BYTES + KEY_BYTES_MAX)
		return -1;
	return bpf_probe_read_kernel(io->image + at, length, value);
}

/* In place of locate(): the staged key is what the command finds. */
GLOBAL int locate_staged(struct io *io)
{
	struct staging *s = the_staging();
	if (!io || !s)
		return STATUS_INTERNAL;
	struct transaction *t = &io->t;
	struct staged_key *k = staged_key_at(s, io->staged - 1);
	u32 at = k->offset & STAGING_MASK;
	t->found = k->change ? k->change == STAGED_PUT : k->found;
	t->reference = REF_STAGED;
	t->old = *(struct record *)(s->records + at);
	t->old.log_position = k->log_position;
	t->removal_position = k->log_position;
	t->snapshot = 0;
	t->version_next = 0;
	return t->old.value_length <= VALUE_BYTES_MAX ? ATTEMPT_OK : STATUS_INTERNAL;
}

/* In place of commit_delete(). */
GLOBAL int delete_staged(struct io *io)
{
	struct staging *s = the_staging();
	if (!io || !s)
		return STATUS_INTERNAL;
	staged_key_at(s, io->staged - 1)->change = STAGED_DELETE;
	return ATTEMPT_OK;
}

#else

#define IS_STAGED(io) 0
#define staged_time(io)
#define staged_value(io, to, at) -1
#define locate_staged(io) STATUS_INTERNAL
#define put_staged(io) STATUS_INTERNAL
#define delete_staged(io) STATUS_INTERNAL
#define decide_stage(io) OUTCOME_AGAIN
#define decide_commit(io) OUTCOME_AGAIN

#endif
#endif
