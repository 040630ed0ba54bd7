/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A transaction's end: what was staged becomes true at once, or nothing does.
 *
 * One key: an ordinary transaction, with one lock hold and an ordinary redo record, if the home still has the version that was staged.
 *
 * Several, two-phase locking without a lock held for long:
 *
 *   1. take    records for the new values, filled
 *   2. mark    each home whose version is still the staged one, under its lock.  From then on nobody takes that home for a snapshot or finds
 *              it unchanged (VERSION_CHANGING), so its references are ours.
 *   3. plan    versions, and overflow buckets where a chain has to grow.  Whatever can fail has not failed behind this.
 *   4. log     one redo record that holds all of it (I1), reserved, filled and submitted
 *   5. apply   swap references, chain by chain
 *   6. unmark  each home gets its new version: whoever reads one key as it is now finds the others still marked, or as they are now too
 *
 * A failure up to 4 unmarks with the old versions and gives everything back.  The order of keys does not matter: nobody waits for a mark, he
 * starts over.  The marks' owner cannot die: a program runs to its end whatever happens to the process that called it, so no mark is left behind.
 * A transaction that changes nothing only looks whether all homes are as they were staged: they were so all at once, when the first was looked at.
 *
 * FLUSHALL moves the floor without looking at homes.  One that comes while keys are staged, or before all are marked, is seen by the floor and fails the
 * transaction; a later one is above all its versions.
 */
#ifndef MARROW_COMMIT_H
#define MARROW_COMMIT_H

#include "linger.h"
#include "stage_keys.h"

/* The mutant is built for a test, which must turn red with it. */
#ifdef MUTANT_NO_MARKS
#define COMMIT_MARK 0ull
#else
#define COMMIT_MARK VERSION_CHANGING
#endif

#define REDO_MASK (TRANSACTION_BYTES_MAX - 1)
#define COMMIT_VALUE_OFFSET 1024

INLINE struct record *redo_at(struct staging *s, struct staged_key *k)
{
	return (struct record *)(s->redo + (k->redo_offset & REDO_MASK));
}

/* The number batch_cursor of the commit's order, 0 behind the last one. */
INLINE struct staged_key *commit_key(struct io *io, struct staging *s)
{
	u32 i = io->batch_cursor;
	if (i >= s->count || i >= STAGED_KEYS_MAX)
		return 0;
	return staged_key_at(s, s->order[i & (STAGED_KEYS_MAX - 1)]);
}

/* ---- several keys, step by step ---- */

GLOBAL int commit_take(struct io *io)
{
	struct staging *s = the_staging();
	struct control *c = the_control();
	struct staged_key *k = io && s ? commit_key(io, s) : 0;
	if (!k || !c)
		return 1;
	if (k->change != STAGED_PUT)
		return end_step(io, 0);
	u32 bytes = k->record_bytes;
	asm volatile("" : "+r"(bytes));
	if (bytes < RECORD_HEADER_BYTES || bytes > RECORD_BYTES_MAX)
		return end_step(io, STATUS_INTERNAL);
	bpf_probe_read_kernel(io->image, bytes, redo_at(s, k));
	u32 class = class_of(bytes) + s->larger, final = READ_ONCE(c->heap_final);
	u64 ref = class < SIZE_CLASS_COUNT ? heap_take(io, class) : 0;
	if (!ref) {
		if (READ_ONCE(c->heap_next_block) < READ_ONCE(c->heap_block_count))
			return end_step(io, STATUS_BUSY);
		if (!final)
			return end_step(io, STATUS_GROWING);
		if (class >= SIZE_CLASS_COUNT)
			return end_step(io, STATUS_MEMORY_FULL);
		s->larger++;
		return 0;                   /* again (heap_exhausted) */
	}
	s->larger = 0;
	k->reference = ref | k->hash >> 48 << REF_TAG_SHIFT;
	return end_step(io, record_store(io, ref, bytes) ? STATUS_INTERNAL : 0);
}

GLOBAL int commit_mark(struct io *io)
{
	struct staging *s = the_staging();
	struct staged_key *k = io && s ? commit_key(io, s) : 0;
	struct bucket *home = k ? bucket_at(k->home) : 0;
	if (!home)
		return 1;
	u64 snapshot = k->snapshot;
	u32 marked = 0, ours = 0;

	bpf_spin_lock(&home->lock);
	u64 version = home->version;
	if (HOME_UNCHANGED(home, snapshot)) {
		home->version = version | COMMIT_MARK;
		marked = 1;
	} else {
		ours = version == (snapshot | COMMIT_MARK);    /* an earlier key's home: one transaction commits at a time */
	}
	bpf_spin_unlock(&home->lock);
	k->marked = marked;
	return end_step(io, marked || ours ? 0 : STATUS_CHANGED);
}

/* The transaction's key, ready for locate_anywhere(). */
INLINE int find_marked(struct io *io, struct staging *s, struct staged_key *k)
{
	struct transaction *t = &io->t;
	u32 key_length = k->key_length;
	asm volatile("" : "+r"(key_length));
	if (key_length > KEY_BYTES_MAX)
		return STATUS_INTERNAL;
	bpf_probe_read_kernel(io->in, key_length, (u8 *)redo_at(s, k) + RECORD_HEADER_BYTES);
	t->key_offset = 0;
	t->key_length = key_length;
	t->hash = k->hash;
	t->home = k->home;
	return locate_anywhere(io) ? STATUS_INTERNAL : 0;
}

/* Buckets behind the home, and references in the last of them. */
GLOBAL u32 chain_shape(u32 home)
{
	struct bucket *b = bucket_at(home);
	u32 depth = 0, used = 0;
	for (u32 i = 0; i < OVERFLOW_CHAIN_MAX; i++) {
		u32 next = b ? READ_ONCE(b->next) : 0;
		if (!next)
			break;
		b = bucket_at(next);
		depth++;
	}
	for (u32 i = 0; b && i < REFS_PER_BUCKET; i++)
		used += !!READ_ONCE(b->refs[i]);
	return depth * 16 + used;
}

GLOBAL int commit_plan(struct io *io)
{
	struct staging *s = the_staging();
	struct staged_key *k = io && s ? commit_key(io, s) : 0;
	struct bucket *home = k ? bucket_at(k->home) : 0;
	if (!home)
		return 1;
	if (k->marked)
		s->inserts = 0;
	if (k->change == STAGED_UNCHANGED)
		return end_step(io, 0);
	if (find_marked(io, s, k))
		return end_step(io, STATUS_INTERNAL);

	u64 version = READ_ONCE(home->version) & ~VERSION_CHANGING, floor = s->floor;
	version = (version < floor ? floor : version) + 1;
	WRITE_ONCE(home->version, version | COMMIT_MARK);
	redo_at(s, k)->version = version;
	u64 *word = k->reference ? record_word(k->reference) : 0;
	if (word)
		word[1] = version;

	if (k->change == STAGED_PUT && !io->t.found) {
		u32 shape = chain_shape(k->home), place = (shape & 15) + s->inserts++;
		if (place && place % REFS_PER_BUCKET == 0) {
			k->fresh = shape / 16 + place / REFS_PER_BUCKET > OVERFLOW_CHAIN_MAX ? 0 : overflow_take(io);
			if (!k->fresh)
				return end_step(io, STATUS_TABLE_FULL);
		}
	}
	return end_step(io, 0);
}

INLINE int commit_log(struct staging *s)
{
	struct bpf_dynptr redo;
	u32 bytes = s->redo_bytes;
	asm volatile("" : "+r"(bytes));
	if (bytes < REDO_HEADER_BYTES || bytes > TRANSACTION_BYTES_MAX)
		return STATUS_INTERNAL;
	if (bpf_ringbuf_reserve_dynptr(&ring, bytes, 0, &redo)) {
		bpf_ringbuf_discard_dynptr(&redo, BPF_RB_NO_WAKEUP);
		return STATUS_RING_FULL;
	}
	s->log_position = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	bpf_dynptr_write(&redo, 0, s->redo, bytes, 0);
	bpf_ringbuf_submit_dynptr(&redo, BPF_RB_NO_WAKEUP);
	return 0;
}

/* Nothing here can fail: the home is ours, and what it takes was taken. */
INLINE void apply_put(struct io *io, struct staging *s, struct staged_key *k, struct bucket *where)
{
	struct transaction *t = &io->t;
	u64 *word = record_word(k->reference);
	u32 slot = t->slot;
	if (word)
		*word = s->log_position;
	if (slot < REFS_PER_BUCKET) {
		WRITE_ONCE(where->refs[slot], k->reference);
	} else {
		struct bucket *fresh = bucket_at(k->fresh);
		if (!fresh)
			return;
		fresh->next = 0;
		fresh->refs[0] = k->reference;
		for (u32 i = 1; i < REFS_PER_BUCKET; i++)
			fresh->refs[i] = 0;
		WRITE_ONCE(where->next, k->fresh);
	}
	if (t->found)
		heap_give(io, t->reference);
	else
		count_keys(io, 1);
}

/* As commit_delete() does it. */
GLOBAL int apply_delete(struct io *io)
{
	struct transaction *t = &io->t;
	struct staging *s = the_staging();
	struct bucket *home = io ? bucket_at(io->t.home) : 0, *where = io ? bucket_at(io->t.where) : 0;
	u32 slot = io ? io->t.slot : 0;
	if (!s || !home || !where || slot >= REFS_PER_BUCKET)
		return STATUS_INTERNAL;
	u64 *hole = &where->refs[slot];
	asm volatile("" : "+r"(hole));      /* as in commit_delete() */
	struct bucket *tail = home, *previous = home;
	u32 tail_index = t->home;
	for (u32 depth = 0; depth <= OVERFLOW_CHAIN_MAX; depth++) {
		u32 next = READ_ONCE(tail->next);
		if (!next)
			break;
		previous = tail;
		tail_index = next;
		tail = bucket_at(next);
		if (!tail)
			return STATUS_INTERNAL;
	}
	u32 last = 0;
	for (u32 i = 1; i < REFS_PER_BUCKET; i++)
		if (READ_ONCE(tail->refs[i]))
			last = i;
	u64 moved = tail->refs[last];
	WRITE_ONCE(tail->refs[last], 0);
	if (moved != t->reference)
		WRITE_ONCE(*hole, moved);
	home->removal_position = s->log_position;
	if (!last && tail_index != t->home) {
		WRITE_ONCE(previous->next, 0);
		overflow_give(io, tail_index);
	}
	heap_give(io, t->reference);
	count_keys(io, -1);
	return 0;
}

GLOBAL int commit_apply(struct io *io)
{
	struct staging *s = the_staging();
	struct staged_key *k = io && s ? commit_key(io, s) : 0;
	if (!k)
		return 1;
	if (k->change == STAGED_UNCHANGED)
		return end_step(io, 0);
	COMMIT_LINGER();
	if (find_marked(io, s, k))
		return end_step(io, STATUS_INTERNAL);
	struct bucket *where = bucket_at(io->t.where);
	if (!where)
		return end_step(io, STATUS_INTERNAL);
	if (k->change == STAGED_PUT)
		apply_put(io, s, k, where);
	else if (io->t.found)
		return end_step(io, apply_delete(io));
	return end_step(io, 0);
}

/* batch_extra[0]: the transaction has failed. */
GLOBAL int commit_unmark(struct io *io)
{
	struct staging *s = the_staging();
	struct control *c = the_control();
	struct staged_key *k = io && s ? commit_key(io, s) : 0;
	struct bucket *home = k ? bucket_at(k->home) : 0;
	if (!home || !c)
		return 1;
	u64 failed = io->batch_extra[0], snapshot = k->snapshot;
	if (k->marked) {
		u64 version = failed ? snapshot : READ_ONCE(home->version) & ~VERSION_CHANGING;
		end_change(home, version);
		announce_version(c, snapshot, version);
		k->marked = 0;
	}
	if (failed && k->reference)
		heap_give(io, k->reference);
	if (failed && k->fresh)
		overflow_give(io, k->fresh);
	io->batch_cursor++;
	return 0;
}

RUN_STEP(commit_take)
RUN_STEP(commit_mark)
RUN_STEP(commit_plan)
RUN_STEP(commit_apply)
RUN_STEP(commit_unmark)

INLINE int floor_moved(struct staging *s, struct control *c)
{
	return READ_ONCE(c->version_floor) != s->floor;
}

INLINE int commit_several(struct io *io, struct staging *s, struct control *c)
{
	struct run run = { .io = io };

	s->larger = 0;
	FOR_EACH_KEY(io, run, commit_take_step);
	if (!io->batch_status && io->batch_cursor < s->count)
		io->batch_status = STATUS_MEMORY_FULL;      /* more steps went into looking for larger records than there are */
	if (!io->batch_status)
		FOR_EACH_KEY(io, run, commit_mark_step);
	if (!io->batch_status && floor_moved(s, c))
		io->batch_status = STATUS_CHANGED;
	if (!io->batch_status)
		FOR_EACH_KEY(io, run, commit_plan_step);
	if (!io->batch_status)
		io->batch_status = commit_log(s);
	u32 status = io->batch_status;
	if (!status)
		FOR_EACH_KEY(io, run, commit_apply_step);
	io->batch_extra[0] = status;
	FOR_EACH_KEY(io, run, commit_unmark_step);
	return 0;
}

/* ---- one key ---- */

/* The only attempt that may hold is one on the version that was staged. */
GLOBAL int commit_single(struct io *io)
{
	struct staging *s = the_staging();
	if (!io || !s)
		return STATUS_INTERNAL;
	struct transaction *t = &io->t;
	struct staged_key *k = staged_key_at(s, 0);
	struct record *new = redo_at(s, k);
	u32 key_length = k->key_length, value_length = new->value_length;
	asm volatile("" : "+r"(key_length), "+r"(value_length));
	if (key_length > KEY_BYTES_MAX || value_length > VALUE_BYTES_MAX)
		return STATUS_INTERNAL;
	bpf_probe_read_kernel(io->in, key_length, (u8 *)new + RECORD_HEADER_BYTES);
	bpf_probe_read_kernel(io->in + COMMIT_VALUE_OFFSET, value_length, (u8 *)new + RECORD_HEADER_BYTES + key_length);
	t->key_offset = 0;
	t->key_length = key_length;
	t->argument_offset[0] = COMMIT_VALUE_OFFSET;
	t->argument_length[0] = value_length;
	t->deadline_ms = new->expire_ms;
	t->given_flags = new->flags;
	t->op = OP_COMMIT;
	int result = transact(io);
	if (!result)
		s->log_position = t->log_position;
	return result;
}

/* ---- nothing to change ---- */

GLOBAL int commit_check(struct io *io)
{
	struct staging *s = the_staging();
	struct staged_key *k = io && s ? commit_key(io, s) : 0;
	struct bucket *home = k ? bucket_at(k->home) : 0;
	if (!home)
		return 1;
	u64 snapshot = k->snapshot;
	return end_step(io, HOME_UNCHANGED(home, snapshot) ? 0 : STATUS_CHANGED);
}
RUN_STEP(commit_check)

/* batch_status: 0 and staging.log_position, or why nothing has changed. */
INLINE int commit_slot(struct io *io, struct control *c)
{
	struct staging *s = the_staging();
	struct run run = { .io = io };
	if (!s)
		return RUN_REFUSED;
	s->log_position = 0;
	if (!s->redo_bytes) {
		FOR_EACH_KEY(io, run, commit_check_step);
		if (!io->batch_status && floor_moved(s, c))
			io->batch_status = STATUS_CHANGED;
	} else if (s->count == 1) {
		io->batch_status = commit_single(io);
	} else {
		commit_several(io, s, c);
	}
	struct counters *n = my_counters(io);
	if (n && s->log_position)
		__sync_fetch_and_add(&n->writes, 1);
	count_status(io, io->batch_status);
	return RUN_OK;
}

#endif
