/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Copies of all records, as ring records, while others write: what a checkpoint or an export is made of.
 *
 * A key that is there throughout the scan is given at least once; one that changes meanwhile as it was at some moment, perhaps more than once, the
 * newest last.  The one exception: of a home that is written to more than SCAN_NEWER_MAX times while it is read, records that are newer than the scan's arrival
 * are passed over, or the scan would never end.  A checkpoint could do without them all: whatever changed since it began is in the log behind it,
 * with a higher version (I5).
 *
 * A home's references are read as a transaction reads them, under an unchanged version; a home that a commit has marked is read when the mark is
 * gone, so of a transaction whose redo record is in the log already nothing old is given.  Then record by record: copy, and look whether it was still
 * the home's.  The version need not have stood still for that (a home may be written to more often than a large record is copied):
 * a record is immutable while it is referred to, and a version is given once (I4), so the same reference with the same header behind it
 * is the same record.  Where that fails the home is read again; what was given already is known by its
 * reference and version.
 *
 * A scan for keys only (SCAN, KEYS) has no exception: see scan_keys().
 */
#ifndef MARROW_SCAN_H
#define MARROW_SCAN_H

#include "admin.h"
#include "linger.h"

#define RING_HEADER_BYTES 8
#define STILL_THERE_ATTEMPTS_MAX 8
#define SCAN_NEWER_MAX (64 - REFS_PER_BUCKET * (OVERFLOW_CHAIN_MAX + 1))    /* what io.scanned holds besides a whole chain */
#define KEYS_ONLY(io) ((io)->batch_extra[3])    /* how many keys are wanted; 0: whole records are */
#define STUBS_ONLY(io) ((io)->batch_extra[1])
#define SCAN_RECORD_BYTES_MAX (RING_HEADER_BYTES + RECORD_BYTES_MAX - RECORD_HEADER_BYTES + REDO_HEADER_BYTES + 8)
_Static_assert(SCAN_RECORD_BYTES_MAX <= 69632, "one record fits behind the output's end");

/* Each place in a chain is visited once. */
#define SCAN_HOME_KEYS_BYTES_MAX (REFS_PER_BUCKET * (OVERFLOW_CHAIN_MAX + 1) * (RING_HEADER_BYTES + REDO_HEADER_BYTES + KEY_BYTES_MAX))

enum scanned { SCAN_GIVEN = 0, SCAN_SKIPPED = 1, SCAN_CHANGED = 2, SCAN_FULL = 3 };

GLOBAL int was_scanned(struct io *io, u64 ref, u64 version)
{
	if (!io)
		return 0;
	u32 n = io->scanned_count;
	for (u32 i = 0; i < 64; i++) {
		if (i >= n)
			break;
		if (io->scanned[i] == ref && io->scanned_version[i] == version)
			return 1;
	}
	return 0;
}

GLOBAL int refers_to(u32 home, u64 ref)
{
	struct bucket *b = bucket_at(home);
	for (u32 depth = 0; depth <= OVERFLOW_CHAIN_MAX; depth++) {
		if (!b)
			return 0;
		for (u32 s = 0; s < REFS_PER_BUCKET; s++)
			if (READ_ONCE(b->refs[s]) == ref)
				return 1;
		u32 next = READ_ONCE(b->next);
		if (!next)
			return 0;
		b = bucket_at(next);
	}
	return 0;
}

/* Whether the home refers to `ref` at one moment, and the header behind it is then the one in io.probe. */
GLOBAL int still_there(struct io *io, u32 home, u64 ref)
{
	struct bucket *h = bucket_at(home);
	if (!io || !h)
		return 0;
	for (u32 attempt = 0; attempt < STILL_THERE_ATTEMPTS_MAX; attempt++) {
		u64 version = READ_ONCE(h->version);
		asm volatile("" ::: "memory");
		u64 *word = record_word(ref);
		if (!word || !refers_to(home, ref))
			return 0;
		int same = READ_ONCE(word[0]) == *(u64 *)io->probe && READ_ONCE(word[1]) == *(u64 *)(io->probe + 8) && READ_ONCE(word[3]) == *(u64 *)(io->probe + 24);
		asm volatile("" ::: "memory");
		if (READ_ONCE(h->version) == version && !(version & VERSION_CHANGING))
			return same;
	}
	return 0;
}

/* One record as a ring record behind io.out_position, if it is a live key's.  Its header stays in io.probe. */
GLOBAL int copy_record(struct io *io, u64 ref)
{
	if (!io || record_read(io->probe, RECORD_HEADER_BYTES, ref, 0))
		return SCAN_CHANGED;
	struct record *r = (struct record *)io->probe;
	u32 keys_only = KEYS_ONLY(io);
	u32 key_length = r->key_length, value_length = keys_only ? 0 : r->value_length;
	if (key_length > KEY_BYTES_MAX || value_length > VALUE_BYTES_MAX)
		return SCAN_CHANGED;
	if (!keys_only && r->version > io->scan_version && io->scanned_count >= SCAN_NEWER_MAX)
		return SCAN_SKIPPED;
	if (!keys_only && was_scanned(io, ref, r->version))
		return SCAN_SKIPPED;
	if (STUBS_ONLY(io) && !(r->flags & RECORD_STUB))
		return SCAN_SKIPPED;
	if (r->type != REDO_PUT || (r->expire_ms && r->expire_ms < now_ms(io)))
		return SCAN_SKIPPED;
	u32 length = REDO_HEADER_BYTES + key_length + value_length;
	u32 words = (length + 7) & ~7u;
	u32 at = io->out_position;
	if (at > OUT_BYTES - RING_HEADER_BYTES)
		return SCAN_CHANGED;
	u8 *out = io->out + at;
	*(u64 *)out = length;
	u32 last = RING_HEADER_BYTES + words - 8;
	/* checked in the register that is used: 6.1's verifier does not know the range of a number that clang has derived from it */
	asm volatile("" : "+r"(last), "+r"(length));
	if (last > SCAN_RECORD_BYTES_MAX || length > SCAN_RECORD_BYTES_MAX - RING_HEADER_BYTES)
		return SCAN_CHANGED;
	*(u64 *)(out + last) = 0;           /* nothing stale in the padding */
	SCAN_LINGER();
	if (record_read(out + RING_HEADER_BYTES, length, ref, RECORD_HEADER_BYTES - REDO_HEADER_BYTES))
		return SCAN_CHANGED;
	if (keys_only)
		*(u32 *)(out + RING_HEADER_BYTES + 16) = 0;     /* value_length: the record is one without a value */
	io->t.reply_bytes = RING_HEADER_BYTES + words;
	return SCAN_GIVEN;
}

/* The second look.  The mutant is built for a test, which must turn red with it. */
INLINE int scan_holds(struct io *io, u32 home, u64 ref, u64 snapshot)
{
#ifdef MUTANT_NO_SCAN_CHECK
	asm volatile("" : : "r"(io), "r"((u64)home), "r"(ref), "r"(snapshot));
	return 1;
#else
	struct bucket *h = bucket_at(home);
	return h && (READ_ONCE(h->version) == snapshot || still_there(io, home, ref));
#endif
}

/* The home's reference number i, read when its version was `snapshot`. */
GLOBAL int scan_record(struct io *io, u32 home, u32 i, u64 snapshot)
{
	if (!io)
		return SCAN_CHANGED;
	u64 ref = io->chain[i & 63];
	if (io->out_position >= io->batch_extra[0])
		return SCAN_FULL;
	int copied = copy_record(io, ref);
	asm volatile("" ::: "memory");
	if (!scan_holds(io, home, ref, snapshot))
		return SCAN_CHANGED;
	if (copied != SCAN_GIVEN)
		return copied;
	u64 version = *(u64 *)(io->probe + 8);
	if (version > io->batch_extra[2])
		io->batch_extra[2] = version;
	io->out_position += io->t.reply_bytes;
	io->batch_result++;
	u32 n = io->scanned_count++ & 63;
	io->scanned[n] = ref;
	io->scanned_version[n] = version;
	return SCAN_GIVEN;
}

/* The home's reference number i, when its key alone is wanted; the home's number is given with it. */
GLOBAL int scan_key(struct io *io, u32 home, u32 i, u64 snapshot)
{
	if (!io)
		return SCAN_CHANGED;
	u32 at = io->out_position;
	u64 ref = io->chain[i & 63];
	int copied = copy_record(io, ref);
	asm volatile("" ::: "memory");
	if (!scan_holds(io, home, ref, snapshot))
		return SCAN_CHANGED;
	if (copied != SCAN_GIVEN)
		return copied;
	if (at <= OUT_BYTES - RING_HEADER_BYTES)
		*(u32 *)(io->out + at + 4) = home;
	io->out_position += io->t.reply_bytes;
	io->batch_result++;
	return SCAN_GIVEN;
}

/* The mutant is built for a test, which must turn red with it. */
#ifdef MUTANT_SCAN_KEYS_FORWARDS
#define SCAN_KEYS_NEXT(n, left) ((n) - (left))
#else
#define SCAN_KEYS_NEXT(n, left) ((left) - 1)
#endif

/*
 * The keys of a home, of which io.chain has the n references of one moment, from the last to the first.  A change never moves a reference away from the home,
 * and only forward (a removal fills its hole with the last one; what is new goes to the end), so a key that stays is always met, however much is written
 * meanwhile, and the walk has an end.  It may be met twice, when it moves: whoever reads the keys of a home drops the second.
 * scanned_count is 1 + how many are still to be visited; 0: the home is not begun.  Returns 1 when the rest has to be collected again.
 */
GLOBAL int scan_keys(struct io *io, u32 home, u32 n, u64 snapshot)
{
	if (!io)
		return 1;
	u32 left = io->scanned_count ? io->scanned_count - 1 : n;
	if (left > n)
		left = n;
	for (u32 i = 0; i < REFS_PER_BUCKET * (OVERFLOW_CHAIN_MAX + 1); i++) {
		if (!left)
			break;
		if (scan_key(io, home, SCAN_KEYS_NEXT(n, left), snapshot) == SCAN_CHANGED)
			break;
		left--;
	}
	io->scanned_count = 1 + left;
	return left != 0;
}

/* 1: the run ends here. */
INLINE int scan_home(struct io *io)
{
	struct control *c = the_control();
	u32 home = io->batch_cursor;
	struct bucket *b = bucket_at(home);
	if (!c || !b || home >= config.bucket_count || !io->batch_count)
		return 1;
	u32 keys_only = to_bool(KEYS_ONLY(io) != 0);
	if (keys_only && !io->scanned_count && io->out_position >= io->batch_extra[0])
		return 1;
	u64 version = READ_ONCE(b->version);
	if (version >= READ_ONCE(c->version_floor)) {
		u32 n = collect_chain(io, home);
		asm volatile("" ::: "memory");
		if (READ_ONCE(b->version) != version || (version & VERSION_CHANGING))
			return 0;                   /* again */
		if (!io->scan_version)
			io->scan_version = version;
		if (keys_only && scan_keys(io, home, n, version))
			return 0;                   /* again, with what is left */
		if (keys_only)
			n = 0;
		for (u32 i = 0; i < REFS_PER_BUCKET * (OVERFLOW_CHAIN_MAX + 1); i++) {
			if (i >= n)
				break;
			int scanned = scan_record(io, home, i, version);
			if (scanned == SCAN_FULL)
				return 1;               /* the next run goes on with this home */
			if (scanned == SCAN_CHANGED)
				return 0;               /* again */
		}
	}
	io->scanned_count = 0;
	io->scan_version = 0;
	io->batch_cursor = home + 1;
	io->batch_count--;
	return keys_only && io->batch_result >= KEYS_ONLY(io);
}

static long scan_step(u32 i, struct run *run)
{
	return to_bool(scan_home(run->io));
}

#define SCAN_STEPS_MAX 16384

/*
 * From home bucket batch_cursor on: at most batch_count of them, and until batch_extra[0] bytes are there.  The cursor moves; batch_result is how
 * many records were given, batch_extra[1] their bytes, batch_extra[2] their highest version.  io.scanned_count and io.scan_version belong to the
 * cursor: 0 at the start of a scan, untouched between its runs.
 *
 * With batch_extra[1] at the beginning, only stubs of large values are given.
 *
 * With batch_extra[3], records come without their values, and with their home's number in the upper half of the ring record's header; the run ends behind the
 * home with which so many are there, and a home of which scanned_count says that it is begun goes on in the next run.
 */
INLINE int scan_slot(struct io *io)
{
	struct run run = { .io = io };
	if (io->batch_extra[0] > OUT_BYTES - RING_HEADER_BYTES)
		return RUN_REFUSED;
	if (KEYS_ONLY(io) && io->batch_extra[0] > OUT_BYTES - SCAN_HOME_KEYS_BYTES_MAX)
		return RUN_REFUSED;
	bpf_loop(SCAN_STEPS_MAX, scan_step, &run, 0);
	io->batch_extra[1] = io->out_position;
	return RUN_OK;
}

#endif
