/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Staged keys: a transaction of several commands, or over several keys, reads its keys into the staging area, each as it was at some moment and
 * with its home's version.  Commands then work on these copies as they work on the table, and nobody sees it; the kernel's commands do so when
 * the request says so, Java's in the same memory.  commit.h makes the whole of it true at once, if all homes still have the versions that
 * were staged.
 */
#ifndef MARROW_STAGE_H
#define MARROW_STAGE_H

#include "transaction.h"

enum outcome { OUTCOME_READ, OUTCOME_PUT, OUTCOME_DELETE, OUTCOME_AGAIN, OUTCOME_OUT_FULL, OUTCOME_CHANGED };

#ifdef WITH_STAGING

#define IS_STAGED(io) ((io)->staged)
#define STAGING_MASK (STAGING_BYTES - 1)
#define WHOLE_WORDS(bytes) (((bytes) + 7) & ~7u)

INLINE struct staged_key *staged_key_at(struct staging *s, u32 index)
{
	return &s->keys[index & (STAGED_KEYS_MAX - 1)];
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
	u32 kept = t->value_argument ? value_length : 0;
	if (kept && record_read(to + RECORD_HEADER_BYTES + key_length, kept, t->reference, RECORD_HEADER_BYTES + key_length))
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
	return OUTCOME_PUT;
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
	t->reference = REF_STAGED | at / 8;
	t->old = *(struct record *)(s->records + at);
	t->old.log_position = k->log_position;
	t->removal_position = k->log_position;
	t->snapshot = 0;
	t->version_next = 0;
	return t->old.value_length <= VALUE_BYTES_MAX ? ATTEMPT_OK : STATUS_INTERNAL;
}

/* In place of commit_put(). */
GLOBAL int put_staged(struct io *io)
{
	struct staging *s = the_staging();
	if (!io || !s)
		return STATUS_INTERNAL;
	struct staged_key *k = staged_key_at(s, io->staged - 1);
	u32 bytes = fill_image(io, REDO_PUT), at = k->offset & STAGING_MASK;
	asm volatile("" : "+r"(bytes));
	if (bytes < RECORD_HEADER_BYTES || bytes > RECORD_BYTES_MAX)
		return STATUS_INTERNAL;
	u8 *to = s->records + at;
	if (bytes > k->room) {
		to = staging_room(s, &at);
		if (!to)
			return STATUS_OUT_FULL;
		k->offset = at;
		k->room = WHOLE_WORDS(bytes);
		s->used += WHOLE_WORDS(bytes);
	}
	bpf_probe_read_kernel(to, bytes, io->image);
	k->change = STAGED_PUT;
	return ATTEMPT_OK;
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
#define locate_staged(io) STATUS_INTERNAL
#define put_staged(io) STATUS_INTERNAL
#define delete_staged(io) STATUS_INTERNAL
#define decide_stage(io) OUTCOME_AGAIN
#define decide_commit(io) OUTCOME_AGAIN

#endif
#endif
