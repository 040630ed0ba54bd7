/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table: home buckets with chains of overflow buckets, and how a key is found in it without the lock.
 *
 * One rule makes every outcome valid, hit, miss or change: **the home's version is, under the lock, what it was when the
 * attempt began** (transaction.snapshot).  Every change below a home adds one to its version, inside the lock and after
 * the references, so an unchanged version means that nothing that was read has moved: no reference, no record behind
 * one (a record is only reused after a change removed its reference), no link of the chain.  It also means that the version
 * a change will get is known before the lock is taken, so record and redo record are complete by then.
 *
 * A read need not take the lock for that: a change marks the version before it touches anything (begin_change), so an unmarked version that
 * is the same before and after means that nothing moved in between.
 *
 * A home whose version is below control.version_floor is empty whatever its references say: FLUSHALL and a start move the
 * floor instead of walking the table.  What lies there is given back by purge().
 *
 * Plain loads in program order suffice on x86-64, the only architecture Marrow loads on today; another one would have to
 * take the snapshot under the lock as well.
 */
#ifndef MARROW_TABLE_H
#define MARROW_TABLE_H

#include "hash.h"
#include "heap.h"

enum attempt {                      /* how a step of a transaction ended */
	ATTEMPT_OK = 0,
	ATTEMPT_AGAIN = 64,         /* somebody else was first: start over; other values are enum status */
};

/* The rule, under the lock.  The mutants are built for tests only, which must turn red with them. */
#ifdef MUTANT_NO_REVALIDATION
#define HOME_UNCHANGED(home, snapshot) ((void)(snapshot), 1)
#else
#define HOME_UNCHANGED(home, snapshot) (READ_ONCE((home)->version) == (snapshot))
#endif

/* Set in a home's version from its change's first store to its last, which is the new version: nobody takes it for a snapshot. */
#define VERSION_CHANGING (1ull << 63)

/* With the lock held, before anything below the home is touched. */
INLINE void begin_change(struct bucket *home, u64 snapshot)
{
#ifndef MUTANT_NO_CHANGE_MARK
	WRITE_ONCE(home->version, snapshot | VERSION_CHANGING);
	asm volatile("" ::: "memory");
#endif
}

/* For tests, which cannot wait for somebody to read in the middle of a change of a few nanoseconds. */
INLINE void linger(struct bucket *home)
{
#if defined(MUTANT_SLOW_CHANGE) || defined(MUTANT_NO_CHANGE_MARK)
	asm volatile("" ::: "memory");
	for (u32 i = 0; i < 4000; i++)
		(void)READ_ONCE(home->removal_position);
#endif
}

/* With the lock held, after everything below the home. */
INLINE void end_change(struct bucket *home, u64 version)
{
	asm volatile("" ::: "memory");
	WRITE_ONCE(home->version, version);
}

INLINE struct bucket *bucket_at(u32 index)
{
	return bpf_map_lookup_elem(&buckets, &index);
}

/* Is this record the transaction's key?  Leaves its header in transaction.old. */
GLOBAL int record_matches(struct io *io, u64 ref)
{
	if (!io)
		return 0;
	struct transaction *t = &io->t;
	u32 length = t->key_length;
	if (length > KEY_BYTES_MAX)
		return 0;
	if (record_read(io->probe, RECORD_HEADER_BYTES + length, ref, 0))
		return 0;
	t->old = *(struct record *)io->probe;
	if (t->old.key_length != length || t->old.value_length > VALUE_BYTES_MAX)
		return 0;
	u32 offset = t->key_offset, rest = length & 7;
	u64 difference = 0;
	for (u32 i = 0; i < KEY_BYTES_MAX; i += 8) {
		if (i + 8 > length)
			break;
		difference |= *(u64 *)(io->probe + RECORD_HEADER_BYTES + i) ^ in_word(io, offset + i);
	}
	u32 last = length & (2 * KEY_BYTES_MAX - 8);
	if (last > KEY_BYTES_MAX)
		return 0;
	difference |= (*(u64 *)(io->probe + RECORD_HEADER_BYTES + last) ^ in_word(io, offset + last)) & ((1ull << (rest * 8)) - 1);
	return !difference;
}

/* The same for keys that fit the window, without a copy: 1, or 0 when only record_matches() can tell. */
INLINE int window_matches(struct io *io, u64 ref)
{
	struct transaction *t = &io->t;
	u32 length = t->key_length, offset = t->key_offset;
	u8 *window = length <= WINDOW_KEY_BYTES ? record_window(ref) : 0;
	if (!window)
		return 0;
	t->old = *(struct record *)window;
	if (t->old.key_length != length || t->old.value_length > VALUE_BYTES_MAX)
		return 0;
	u64 difference = 0;
	for (u32 i = 0; i < WINDOW_KEY_BYTES; i += 8) {
		if (i + 8 > length) {
			u32 rest = length - i;
			u64 last = *(u64 *)(window + RECORD_HEADER_BYTES + i) ^ in_word(io, offset + i);
			if (rest)
				difference |= last & ((1ull << (rest * 8)) - 1);
			break;
		}
		difference |= *(u64 *)(window + RECORD_HEADER_BYTES + i) ^ in_word(io, offset + i);
	}
	return !difference;
}

/* Finds the key: transaction.found with where, slot, reference and old; or where and slot to insert at. */
GLOBAL int locate_anywhere(struct io *io)
{
	if (!io)
		return STATUS_INTERNAL;
	struct transaction *t = &io->t;
	struct control *c = the_control();
	struct bucket *b = bucket_at(t->home);
	if (!b || !c)
		return STATUS_INTERNAL;

	/* in this order: a floor that moves in between is seen, and the purge behind it moves the version */
	u64 version = READ_ONCE(b->version);
	u64 floor = READ_ONCE(c->version_floor);
	t->found = 0;
	t->reference = 0;
	t->where = t->home;
	t->slot = 0;
	t->chain_full = 0;
	t->removal_position = READ_ONCE(b->removal_position);
	t->snapshot = version;
	t->version_next = (version < floor ? floor : version) + 1;
	if (version < floor) {
		if (READ_ONCE(b->refs[0]))
			return ATTEMPT_AGAIN;       /* stale: the caller purges */
		t->removal_position = READ_ONCE(c->flush_position);
		return ATTEMPT_OK;
	}
	u64 flushed = READ_ONCE(c->flush_position);
	if (flushed > t->removal_position)
		t->removal_position = flushed;

	u64 tag = t->hash >> 48;
	for (u32 depth = 0; depth <= OVERFLOW_CHAIN_MAX; depth++) {
		for (u32 s = 0; s < REFS_PER_BUCKET; s++) {
			u64 ref = READ_ONCE(b->refs[s]);
			if (!ref) {
				t->slot = s;
				return ATTEMPT_OK;
			}
			if (ref >> REF_TAG_SHIFT == tag && record_matches(io, ref)) {
				t->found = 1;
				t->slot = s;
				t->reference = ref;
				return ATTEMPT_OK;
			}
		}
		u32 next = READ_ONCE(b->next);
		if (!next) {
			t->slot = REFS_PER_BUCKET;
			t->chain_full = depth == OVERFLOW_CHAIN_MAX;
			return ATTEMPT_OK;
		}
		b = bucket_at(next);
		if (!b)
			return ATTEMPT_AGAIN;       /* a link that was being reused */
		t->where = next;
	}
	return ATTEMPT_AGAIN;               /* no chain is this long (extend refuses): links read while they were reused */
}

/* locate_anywhere() for the common case: the key is in its home bucket, or the home has room. */
INLINE int locate(struct io *io, struct control *c)
{
	struct transaction *t = &io->t;
	u32 home = t->home;
	struct bucket *b = bucket_at(home);
	if (!b)
		return STATUS_INTERNAL;
	/* An array's elements begin eight bytes before a cache line: the lock is in another line than the rest of its bucket.  The link
	 * beside it, read now, brings that line along instead of after everything else. */
	u32 next = READ_ONCE(b->next);
	/* in this order, see locate_anywhere() */
	u64 version = READ_ONCE(b->version);
	u64 floor = READ_ONCE(c->version_floor);
	if (version < floor)
		return locate_anywhere(io);
	u64 removal_position = READ_ONCE(b->removal_position), flushed = READ_ONCE(c->flush_position);
	t->found = 0;
	t->reference = 0;
	t->where = home;
	t->chain_full = 0;
	t->removal_position = flushed > removal_position ? flushed : removal_position;
	t->snapshot = version;
	t->version_next = version + 1;
	u64 tag = t->hash >> 48;
#pragma clang loop unroll(full)
	for (u32 s = 0; s < REFS_PER_BUCKET; s++) {
		u64 ref = READ_ONCE(b->refs[s]);
		if (!ref) {
			t->slot = s;
			return ATTEMPT_OK;
		}
		if (ref >> REF_TAG_SHIFT == tag) {
			if (!window_matches(io, ref))
				return locate_anywhere(io);
			t->found = 1;
			t->slot = s;
			t->reference = ref;
			return ATTEMPT_OK;
		}
	}
	if (next)
		return locate_anywhere(io);
	t->slot = REFS_PER_BUCKET;
	return ATTEMPT_OK;
}

/* ---- overflow buckets: a stack of freed ones, then those never used ---- */

GLOBAL u32 overflow_take(struct io *io)
{
	struct control *c = the_control();
	if (!io || !c)
		return 0;
	for (u32 i = 0; i < CAS_ATTEMPTS_MAX; i++) {
		u64 head = READ_ONCE(c->overflow_free);
		u32 index = (u32)head;
		if (!index)
			break;
		struct bucket *b = bucket_at(index);
		if (!b)
			return 0;
		u64 next = READ_ONCE(b->next);
		u64 tag = (head >> 32) + 1;
		if (__sync_val_compare_and_swap(&c->overflow_free, head, next | tag << 32) == head)
			return index;
	}
	for (u32 i = 0; i < CAS_ATTEMPTS_MAX; i++) {
		u64 fresh = READ_ONCE(c->overflow_next);
		if (fresh >= config.overflow_count)
			return 0;
		if (__sync_val_compare_and_swap(&c->overflow_next, fresh, fresh + 1) == fresh)
			return config.bucket_count + fresh;
	}
	return 0;
}

GLOBAL int overflow_give(struct io *io, u32 index)
{
	struct control *c = the_control();
	struct bucket *b = bucket_at(index);
	if (!io || !c || !b)
		return -1;
	for (u32 i = 0; i < GIVE_ATTEMPTS_MAX; i++) {
		u64 head = READ_ONCE(c->overflow_free);
		WRITE_ONCE(b->next, (u32)head);
		u64 tag = (head >> 32) + 1;
		if (__sync_val_compare_and_swap(&c->overflow_free, head, index | tag << 32) == head)
			return 0;
	}
	return -1;
}

/*
 * Gives back what a home held before the floor moved past it.  Bucket by bucket from the home outwards, one lock hold
 * each: first the home's references, its link replaced by the successor's, until the chain is gone.
 */
GLOBAL int purge(struct io *io, u32 home)
{
	struct control *c = the_control();
	struct bucket *h = bucket_at(home);
	if (!io || !c || !h)
		return -1;
	u64 floor = READ_ONCE(c->version_floor);

	for (u32 round = 0; round <= OVERFLOW_CHAIN_MAX + 1; round++) {
		u64 refs[REFS_PER_BUCKET];
		u64 version = READ_ONCE(h->version);
		u32 next = READ_ONCE(h->next);
		if (version >= floor || (!READ_ONCE(h->refs[0]) && !next))
			return 0;
		u64 next_refs[REFS_PER_BUCKET] = {};
		u32 next_next = 0;
		if (next) {
			struct bucket *n = bucket_at(next);
			if (!n)
				return 0;
			for (u32 s = 0; s < REFS_PER_BUCKET; s++)
				next_refs[s] = READ_ONCE(n->refs[s]);
			next_next = READ_ONCE(n->next);
		}
		bpf_spin_lock(&h->lock);
		int mine = h->version == version && h->version < floor;
		if (mine) {
			begin_change(h, version);
			for (u32 s = 0; s < REFS_PER_BUCKET; s++) {
				refs[s] = h->refs[s];
				h->refs[s] = next_refs[s];
			}
			h->next = next_next;
			end_change(h, version + 1);
		}
		bpf_spin_unlock(&h->lock);
		if (!mine)
			return 0;
		s64 gone = 0;
		for (u32 s = 0; s < REFS_PER_BUCKET; s++)
			if (refs[s]) {
				heap_give(io, refs[s]);
				gone++;
			}
		if (next)
			overflow_give(io, next);
		struct counters *n = my_counters(io);
		if (n) {
			__sync_fetch_and_add(&n->keys, -gone);
			__sync_fetch_and_add(&n->purged, 1);
		}
	}
	return 0;
}

#endif
