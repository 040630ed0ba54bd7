/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The three ways an attempt can end, each decided under the home's lock:
 *
 *   unchanged()      what was read holds (the first attempt asks without the lock)
 *   commit_put()     the key has a new record
 *   commit_delete()  the key is gone
 *
 * Order of a put (I1): build the image, take a free record and fill it, reserve the redo record and fill it, lock, compare
 * the version, swap the reference, move the version, unlock, submit.  Whatever fails before the lock, or the comparison itself,
 * gives everything back and has changed nothing.
 *
 * Between reserve and submit lies as little as possible: a producer that is descheduled there holds up everybody's log.
 */
#ifndef MARROW_TRANSACTION_H
#define MARROW_TRANSACTION_H

#include "table.h"
#include "stage.h"

/* Replay, which also drops its tombstones, changes the table without a redo record: the log has it already. */
#define QUIET(t) ((t)->redo_type != 0)

/* Without the lock; an attempt that this refuses may be somebody's change in the middle, so the next one asks with it. */
INLINE int unchanged_now(struct io *io)
{
	struct bucket *home = bucket_at(io->t.home);
	if (!home)
		return STATUS_INTERNAL;
	u64 snapshot = io->t.snapshot;
	asm volatile("" ::: "memory");      /* whatever was read was read before this: by the compiler here, by x86-64 itself */
	return HOME_UNCHANGED(home, snapshot) && !(snapshot & VERSION_CHANGING) ? ATTEMPT_OK : ATTEMPT_AGAIN;
}

INLINE int unchanged(struct io *io)
{
	struct bucket *home = bucket_at(io->t.home);
	if (!home)
		return STATUS_INTERNAL;
	u64 snapshot = io->t.snapshot;
	bpf_spin_lock(&home->lock);
	int same = HOME_UNCHANGED(home, snapshot);
	bpf_spin_unlock(&home->lock);
	return same ? ATTEMPT_OK : ATTEMPT_AGAIN;
}

/* The new record, as it will lie in the heap and, without its first word, in the log.  Returns its size, 0 when the old
 * value it starts with could not be read any more.
 * The image buffer is larger than any record, because the verifier adds the bounds of the two pieces. */
GLOBAL u32 fill_image(struct io *io, u32 type)
{
	if (!io)
		return 0;
	struct transaction *t = &io->t;
	struct record *image = (struct record *)io->image;
	u32 key_length = t->key_length, kept = t->piece_old, added = t->piece_new_length;

	if (key_length > KEY_BYTES_MAX || kept > VALUE_BYTES_MAX || added > VALUE_BYTES_MAX)
		return 0;
	image->log_position = 0;
	image->version = QUIET(t) ? t->redo_version : t->version_next;
	image->expire_ms = t->expire_ms;
	image->value_length = kept + added;
	image->key_length = key_length;
	image->type = type;
	image->flags = t->value_flags;

	u32 at = RECORD_HEADER_BYTES;
	u8 *key = io->in + (t->key_offset & IN_MASK);
	if (key_length <= WINDOW_KEY_BYTES)
		COPY_WORDS(io->image + at, key, key_length, WINDOW_KEY_BYTES);
	else
		bpf_probe_read_kernel(io->image + at, key_length, key);
	at += key_length;
	if (kept) {
		if (IS_STAGED(io) ? staged_value(io, STAGED_TO_IMAGE, at) : record_read(io->image + at, kept, t->reference, at))
			return 0;
		at += kept;
	}
	/* again: 6.1's verifier forgets the range of a number that clang has spilled */
	asm volatile("" : "+r"(at), "+r"(added));
	if (at > RECORD_HEADER_BYTES + KEY_BYTES_MAX + VALUE_BYTES_MAX || added > VALUE_BYTES_MAX)
		return 0;
	if (added) {
		u8 *to = io->image + at;
		if (t->piece_from_scratch) {
			COPY_WORDS(to, io->scratch, added, 24);
		} else {
			u8 *from = io->in + (t->piece_new_offset & IN_MASK);
			if (added <= WINDOW_VALUE_BYTES)
				COPY_WORDS(to, from, added, WINDOW_VALUE_BYTES);
			else
				bpf_probe_read_kernel(to, added, from);
		}
		at += added;
	}
	return at;
}

/* Every 2^32 versions a home tells how far it is, so that a floor above all of them can be chosen without a walk. */
INLINE void announce_version(struct control *c, u64 before, u64 after)
{
	if ((before ^ after) < VERSION_STEP)
		return;
	for (u32 i = 0; i < CAS_ATTEMPTS_MAX; i++) {
		u64 high = READ_ONCE(c->version_high);
		if (high >= after || __sync_val_compare_and_swap(&c->version_high, high, after) == high)
			return;
	}
}

INLINE void count_keys(struct io *io, s64 difference)
{
	struct counters *n = my_counters(io);
	if (n)
		__sync_fetch_and_add(&n->keys, difference);
}

/* Why there is no free record.  When no block is left, the next attempt takes one of the next larger class: what one class has freed is no use to
 * another of its own accord, so without this a store whose mix of sizes moves is out of memory while much of it is free.  There are fewer
 * classes than attempts. */
INLINE int heap_exhausted(struct io *io, struct control *c, u32 class)
{
	u32 final = READ_ONCE(c->heap_final);       /* before the count: it is set before the last blocks are counted */
	if (READ_ONCE(c->heap_next_block) < READ_ONCE(c->heap_block_count))
		return ATTEMPT_AGAIN;       /* another allocator took the block that we were after */
	if (!final)
		return STATUS_GROWING;
	if (class >= SIZE_CLASS_COUNT)
		return unchanged(io) ? ATTEMPT_AGAIN : STATUS_MEMORY_FULL;
	io->t.larger++;
	return ATTEMPT_AGAIN;
}
_Static_assert(SIZE_CLASS_COUNT < ATTEMPTS_MAX, "an attempt a class");

/* The lock hold of a put: 1 when the new reference is in place, 0 when somebody else was first. */
INLINE int install(struct bucket *home, struct bucket *where, struct transaction *t, u32 slot, u64 ref, u32 fresh_bucket)
{
	u64 snapshot = t->snapshot, version_next = t->version_next;

	bpf_spin_lock(&home->lock);
	int valid = HOME_UNCHANGED(home, snapshot);
	if (valid) {
		begin_change(home, snapshot);
		if (slot < REFS_PER_BUCKET)
			where->refs[slot] = ref;
		else
			where->next = fresh_bucket;
		end_change(home, version_next);
	}
	bpf_spin_unlock(&home->lock);
	return valid;
}

GLOBAL int commit_put(struct io *io)
{
	struct control *c = the_control();
	if (!io || !c)
		return STATUS_INTERNAL;
	struct transaction *t = &io->t;
	u32 slot = t->slot, fresh_bucket = 0;

	u32 bytes = fill_image(io, QUIET(t) ? t->redo_type : REDO_PUT);
	if (bytes < RECORD_HEADER_BYTES || bytes > RECORD_BYTES_MAX)
		return ATTEMPT_AGAIN;
	u32 class = class_of(bytes) + t->larger;
	u64 ref = class < SIZE_CLASS_COUNT ? heap_take(io, class) : 0;
	if (!ref)
		return heap_exhausted(io, c, class);
	ref |= t->hash >> 48 << REF_TAG_SHIFT;
	if (record_store(io, ref, bytes))
		return STATUS_INTERNAL;

	struct bucket *home = bucket_at(t->home), *where = bucket_at(t->where);
	if (!home || !where)
		return STATUS_INTERNAL;
	if (slot >= REFS_PER_BUCKET) {
		fresh_bucket = t->chain_full ? 0 : overflow_take(io);
		struct bucket *fresh = fresh_bucket ? bucket_at(fresh_bucket) : 0;
		if (!fresh) {
			heap_give(io, ref);
			return unchanged(io) ? ATTEMPT_AGAIN : STATUS_TABLE_FULL;
		}
		fresh->next = 0;
		fresh->refs[0] = ref;
		for (u32 s = 1; s < REFS_PER_BUCKET; s++)
			fresh->refs[s] = 0;
	}

	int done;
	if (QUIET(t)) {
		done = install(home, where, t, slot, ref, fresh_bucket);
	} else {
		struct bpf_dynptr redo;
		u32 redo_bytes = bytes - (RECORD_HEADER_BYTES - REDO_HEADER_BYTES);
		u64 *log_position = record_word(ref);
		if (bpf_ringbuf_reserve_dynptr(&ring, redo_bytes, 0, &redo)) {
			bpf_ringbuf_discard_dynptr(&redo, BPF_RB_NO_WAKEUP);
			if (fresh_bucket)
				overflow_give(io, fresh_bucket);
			heap_give(io, ref);
			return STATUS_RING_FULL;
		}
		/* asked right after the reserve: at or behind the end of this record, and monotonic */
		u64 position = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
		if (log_position)
			*log_position = position;
		bpf_dynptr_write(&redo, 0, io->image + (RECORD_HEADER_BYTES - REDO_HEADER_BYTES), redo_bytes, 0);
		done = install(home, where, t, slot, ref, fresh_bucket);
		if (done)
			bpf_ringbuf_submit_dynptr(&redo, BPF_RB_NO_WAKEUP);
		else
			bpf_ringbuf_discard_dynptr(&redo, BPF_RB_NO_WAKEUP);
		t->log_position = position;
	}

	if (!done) {
		if (fresh_bucket)
			overflow_give(io, fresh_bucket);
		heap_give(io, ref);
		return ATTEMPT_AGAIN;
	}
	announce_version(c, t->snapshot, t->version_next);
	if (t->found)
		heap_give(io, t->reference);
	else
		count_keys(io, 1);
	return ATTEMPT_OK;
}

/* The lock hold of a delete.  The chain's last reference moves into the hole, so that used ones stay first and every bucket but
 * the tail is full; a tail that this empties is unlinked. */
INLINE int remove(struct bucket *home, u64 *hole, struct bucket *tail, struct bucket *previous,
		  struct transaction *t, u32 last, u32 emptied, u64 position)
{
	u64 snapshot = t->snapshot, version_next = t->version_next, reference = t->reference;

	bpf_spin_lock(&home->lock);
	int valid = HOME_UNCHANGED(home, snapshot);
	if (valid) {
		begin_change(home, snapshot);
		u64 moved = tail->refs[last];
		tail->refs[last] = 0;
		linger(home);
		if (moved != reference)
			*hole = moved;
		if (emptied)
			previous->next = 0;
		if (position)
			home->removal_position = position;
		end_change(home, version_next);
	}
	bpf_spin_unlock(&home->lock);
	return valid;
}

GLOBAL int commit_delete(struct io *io)
{
	struct control *c = the_control();
	if (!io || !c)
		return STATUS_INTERNAL;
	struct transaction *t = &io->t;
	struct bucket *home = bucket_at(t->home), *where = bucket_at(t->where);
	u32 slot = t->slot;
	if (!home || !where || slot >= REFS_PER_BUCKET)
		return STATUS_INTERNAL;
	u64 *hole = &where->refs[slot];
	asm volatile("" : "+r"(hole));      /* now: 6.1's verifier does not know the range of a number that clang spilled before its check */

	u32 tail_index = t->home, previous_index = t->home;
	struct bucket *tail = home;
	for (u32 depth = 0; depth <= OVERFLOW_CHAIN_MAX; depth++) {
		u32 next = READ_ONCE(tail->next);
		if (!next)
			break;
		previous_index = tail_index;
		tail_index = next;
		tail = bucket_at(next);
		if (!tail)
			return ATTEMPT_AGAIN;
	}
	u32 last = 0;
	for (u32 s = 1; s < REFS_PER_BUCKET; s++)
		if (READ_ONCE(tail->refs[s]))
			last = s;
	struct bucket *previous = bucket_at(previous_index);
	if (!previous)
		return STATUS_INTERNAL;
	u32 emptied = last == 0 && tail_index != t->home ? tail_index : 0;

	if (QUIET(t)) {
		if (!remove(home, hole, tail, previous, t, last, emptied, 0))
			return ATTEMPT_AGAIN;
	} else {
		struct bpf_dynptr redo;
		t->piece_old = 0;
		t->piece_new_length = 0;
		t->expire_ms = 0;
		u32 bytes = fill_image(io, REDO_DELETE);
		if (bytes < RECORD_HEADER_BYTES || bytes > RECORD_BYTES_MAX)
			return STATUS_INTERNAL;
		u32 redo_bytes = bytes - (RECORD_HEADER_BYTES - REDO_HEADER_BYTES);
		if (bpf_ringbuf_reserve_dynptr(&ring, redo_bytes, 0, &redo)) {
			bpf_ringbuf_discard_dynptr(&redo, BPF_RB_NO_WAKEUP);
			return STATUS_RING_FULL;
		}
		u64 position = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
		bpf_dynptr_write(&redo, 0, io->image + (RECORD_HEADER_BYTES - REDO_HEADER_BYTES), redo_bytes, 0);
		if (!remove(home, hole, tail, previous, t, last, emptied, position)) {
			bpf_ringbuf_discard_dynptr(&redo, BPF_RB_NO_WAKEUP);
			return ATTEMPT_AGAIN;
		}
		bpf_ringbuf_submit_dynptr(&redo, BPF_RB_NO_WAKEUP);
		t->log_position = position;
	}

	announce_version(c, t->snapshot, t->version_next);
	if (emptied)
		overflow_give(io, emptied);
	heap_give(io, t->reference);
	count_keys(io, -1);
	return ATTEMPT_OK;
}

#ifdef WITH_STAGING
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
		/* what grows once may grow again */
		u32 room = WHOLE_WORDS(k->room ? bytes + bytes / 2 : bytes);
		room = room < RECORD_CLASS_BYTES_MAX ? room : RECORD_CLASS_BYTES_MAX;
		k->offset = at;
		k->room = room;
		s->used += room;
	}
	bpf_probe_read_kernel(to, bytes, io->image);
	k->change = STAGED_PUT;
	return ATTEMPT_OK;
}
#endif

#endif
