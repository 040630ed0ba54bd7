/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is not a client's command: loading the log, sweeping buckets, FLUSHALL, chunks of large values, measuring the core.  Arguments and results
 * are the slot's batch_* fields.
 */
#ifndef MARROW_ADMIN_H
#define MARROW_ADMIN_H

#include "serve.h"

/* clang knows that a global function returns 0 or 1, the verifier does not: it wants to see the comparison. */
INLINE long to_bool(int value)
{
	asm volatile("" : "+r"(value));
	return value != 0;
}

/* ---- load: io.in holds batch_count bytes of ring records; batch_cursor is the next one's offset ---- */

#define RING_DISCARDED (1u << 30)

/* Notes and touches what the records from batch_cursor on will need (ahead.h). */
GLOBAL int touch_records(struct io *io)
{
	if (!io)
		return 0;
	u32 at = io->batch_cursor;
	io->ahead = 0;
	for (u32 i = 0; i < AHEAD_MAX; i++) {
		if (at + sizeof(u64) + REDO_HEADER_BYTES > io->batch_count)
			break;
		u32 body = at + sizeof(u64);
		u32 key_length = (in_word(io, body + 16) >> 32) & 0xffff;
		io->t.key_offset = body + REDO_HEADER_BYTES;
		io->t.key_length = key_length <= KEY_BYTES_MAX ? key_length : 0;
		note_ahead(io);
		at = body + ((((u32)in_word(io, at) & ~RING_DISCARDED) + 7) & ~7u);
	}
	return touch_noted(io);
}

/* batch_extra[0]: versions below it were flushed; batch_extra[1]: the keys come in no order, unlike a base's; batch_extra[3]: load nothing, drop the
 * tombstones that the deletes among the records have left.  1 at the end, else 0; batch_result counts what was looked at, batch_extra[2] the stubs among
 * them. */
GLOBAL int load_record(struct io *io)
{
	if (!io)
		return 1;
	if (!io->ahead && io->batch_extra[1])
		touch_records(io);
	if (io->ahead)
		io->ahead--;
	struct transaction *t = &io->t;
	u32 at = io->batch_cursor;
	if (at + sizeof(u64) + REDO_HEADER_BYTES > io->batch_count)
		return 1;
	u64 header = in_word(io, at);
	u32 length = (u32)header & ~RING_DISCARDED;
	u32 body = at + sizeof(u64);
	u32 next = body + ((length + 7) & ~7u);
	u64 lengths = in_word(io, body + 16);
	u32 type = (lengths >> 48) & 0xff, flags = lengths >> 56;
	u32 drop = io->batch_extra[3] != 0, wanted = drop ? type == REDO_DELETE : type != REDO_FLUSH && type != REDO_CHUNK;

	t->redo_version = in_word(io, body);
	if (!((u32)header & RING_DISCARDED) && wanted && t->redo_version >= io->batch_extra[0]) {
		t->redo_type = type;
		t->deadline_ms = in_word(io, body + 8);
		t->given_flags = flags;
		t->key_offset = body + REDO_HEADER_BYTES;
		t->key_length = (lengths >> 32) & 0xffff;
		t->argument_offset[0] = t->key_offset + t->key_length;
		t->argument_length[0] = (u32)lengths;
		t->op = drop ? OP_REMOVE_TOMBSTONE : OP_LOAD;
		int result = transact(io);
		if (result) {
			io->batch_status = result;
			return 1;
		}
		io->batch_result++;
		io->batch_extra[2] += flags & RECORD_STUB;
	}
	io->batch_cursor = next;
	return 0;
}

static long load_step(u32 i, struct run *run)
{
	return to_bool(load_record(run->io));
}

INLINE int load_slot(struct io *io)
{
	struct run run = { .io = io };
	io->ahead = 0;
	bpf_loop(COMMANDS_PER_RUN_MAX, load_step, &run, 0);
	return RUN_OK;
}

/* ---- sweep: batch_count home buckets from batch_cursor on; batch_extra[0]: whether what has expired goes, besides what a floor has left behind ---- */

#define SWEPT_STUBS_MAX (OUT_BYTES / sizeof(struct stub))   /* of one run */

/* An expired key's value was in tier two: its stub goes to io.out, batch_extra[3] of them, if the record that was removed is the one that was
 * looked at.  (If another one came between, its bytes are found without an owner when tier two is opened next.) */
INLINE void note_stub(struct io *io, struct stub *stub, u64 version)
{
	u64 n = io->batch_extra[3];
	if (!stub->id || io->t.old.version != version || n >= SWEPT_STUBS_MAX)
		return;
	*(struct stub *)(io->out + n * sizeof(*stub)) = *stub;
	io->batch_extra[3] = n + 1;
}

GLOBAL int collect_chain(struct io *io, u32 home)
{
	struct bucket *b = bucket_at(home);
	if (!io)
		return 0;
	u32 n = 0;
	for (u32 depth = 0; depth <= OVERFLOW_CHAIN_MAX; depth++) {
		if (!b)
			break;
		for (u32 s = 0; s < REFS_PER_BUCKET; s++) {
			u64 ref = READ_ONCE(b->refs[s]);
			if (!ref)
				return n;
			io->chain[n++ & 63] = ref;
		}
		u32 next = READ_ONCE(b->next);
		if (!next)
			break;
		b = bucket_at(next);
	}
	return n;
}

/* Looks at the record and, when it is due, removes its key by an ordinary transaction, which finds out under the lock
 * whether that is still so. */
GLOBAL int sweep_record(struct io *io, u64 ref)
{
	if (!io)
		return 0;
	struct transaction *t = &io->t;
	if (record_read(io->probe, RECORD_HEADER_BYTES, ref, 0))
		return 0;
	struct record *r = (struct record *)io->probe;
	u32 key_length = r->key_length;
	u32 expired = r->expire_ms && r->expire_ms < now_ms(io) && r->type == REDO_PUT, flags = r->flags;
	u64 version = r->version;
	struct stub stub = { 0, 0 };
	if (key_length > KEY_BYTES_MAX || !key_length || !expired)
		return 0;
	if (record_read(io->in, key_length, ref, RECORD_HEADER_BYTES))
		return 0;
	if ((flags & RECORD_STUB) && record_read(&stub, sizeof(stub), ref, RECORD_HEADER_BYTES + key_length))
		return 0;
	t->key_offset = 0;
	t->key_length = key_length;
	t->op = OP_REMOVE_EXPIRED;
	t->redo_type = 0;
	int result = transact(io);
	if (result)
		io->batch_status = result;
	else if (t->found && t->log_position) {
		struct counters *n = my_counters(io);
		if (n)
			__sync_fetch_and_add(&n->expired, 1);
		io->batch_result++;
		note_stub(io, &stub, version);
	}
	return result;
}

/* Inlined: eight frames are the kernel's limit, and the record's transaction needs the other seven. */
INLINE int sweep_bucket(struct io *io)
{
	struct control *c = the_control();
	if (!io || !c)
		return 1;
	u32 home = io->batch_cursor;
	if (home >= config.bucket_count || !io->batch_count)
		return 1;
	struct bucket *b = bucket_at(home);
	if (!b)
		return 1;
	if (READ_ONCE(b->version) < READ_ONCE(c->version_floor)) {
		if (READ_ONCE(b->refs[0]))
			purge(io, home);
	} else if (io->batch_extra[0]) {
		u32 n = collect_chain(io, home);
		for (u32 i = 0; i < REFS_PER_BUCKET * (OVERFLOW_CHAIN_MAX + 1); i++) {
			if (i >= n)
				break;
			if (sweep_record(io, io->chain[i & 63]))
				return 1;
		}
	}
	io->batch_cursor = home + 1;
	io->batch_count--;
	return 0;
}

static long sweep_step(u32 i, struct run *run)
{
	return to_bool(sweep_bucket(run->io));
}

#define SWEEP_BUCKETS_MAX 65536

INLINE int sweep_slot(struct io *io)
{
	struct run run = { .io = io };
	bpf_loop(SWEEP_BUCKETS_MAX, sweep_step, &run, 0);
	return 0;
}

/*
 * ---- FLUSHALL: one event ----
 *
 * The new floor is above every version there is (announce_version), so every bucket is empty at once.  A transaction that took
 * its snapshot before may still commit, below the floor, into a bucket nobody has touched since: it ran at the same time as
 * the flush and counts as having come first, for readers and in the log alike.
 * One caller at a time (Java holds a lock).  batch_result: the record's log position.
 */
INLINE int flush_table(struct io *io, struct control *c)
{
	u64 *redo = bpf_ringbuf_reserve(&ring, REDO_HEADER_BYTES, 0);
	if (!redo) {
		io->batch_status = STATUS_RING_FULL;
		return 0;
	}
	u64 position = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	u64 high = READ_ONCE(c->version_high), floor = READ_ONCE(c->version_floor);
	floor = (high > floor ? high : floor) + 2 * VERSION_STEP;
	redo[0] = floor;
	redo[1] = 0;
	redo[2] = (u64)REDO_FLUSH << 48;
	WRITE_ONCE(c->flush_position, position);
	WRITE_ONCE(c->flush_version, floor);
	WRITE_ONCE(c->version_high, floor);
	WRITE_ONCE(c->version_floor, floor);
	bpf_ringbuf_submit(redo, BPF_RB_NO_WAKEUP);
	io->batch_result = position;
	return 0;
}

/*
 * ---- append: io.in holds batch_count bytes of a redo record that changes no key ----
 *
 * A chunk goes through the ring as all else does, so it is in the log before the stub that is committed after it.  Large values leave half the ring
 * to everybody else.  batch_result: the record's log position.
 */
INLINE int append_record(struct io *io)
{
	struct bpf_dynptr redo;
	u32 bytes = io->batch_count;
	asm volatile("" : "+r"(bytes));
	if (bytes < REDO_HEADER_BYTES || bytes > REDO_HEADER_BYTES + KEY_BYTES_MAX + VALUE_BYTES_MAX)
		return RUN_REFUSED;
	if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) + bytes > bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE) / 2) {
		io->batch_status = STATUS_RING_FULL;
		return RUN_OK;
	}
	if (bpf_ringbuf_reserve_dynptr(&ring, bytes, 0, &redo)) {
		bpf_ringbuf_discard_dynptr(&redo, BPF_RB_NO_WAKEUP);
		io->batch_status = STATUS_RING_FULL;
		return RUN_OK;
	}
	io->batch_result = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	bpf_dynptr_write(&redo, 0, io->in, bytes, 0);
	bpf_ringbuf_submit_dynptr(&redo, BPF_RB_NO_WAKEUP);
	return RUN_OK;
}

/* ---- bench: batch_count transactions on random keys out of batch_extra[1]; batch_extra[0]: enum op, [2]: value bytes ---- */

#define BENCH_VALUE_OFFSET 1024

GLOBAL int bench_one(struct io *io)
{
	if (!io || !io->batch_count)
		return 1;
	struct transaction *t = &io->t;
	u64 state = io->batch_cursor * 6364136223846793005ull + 1442695040888963407ull;
	io->batch_cursor = state;
	u64 keys = io->batch_extra[1] | 1;
	u64 n = io->batch_extra[3] ? io->batch_extra[3]++ : (state >> 33) % keys;

	/* a 16-byte key: "key:" and eight hexadecimal digits, padded */
	u64 spread = n & 0xffffffff;
	spread = (spread | spread << 16) & 0x0000ffff0000ffffull;
	spread = (spread | spread << 8) & 0x00ff00ff00ff00ffull;
	spread = (spread | spread << 4) & 0x0f0f0f0f0f0f0f0full;
	*(u64 *)io->in = 0x3a79656b3a79656bull;
	*(u64 *)(io->in + 8) = spread + 0x4141414141414141ull;
	t->key_offset = 0;
	t->key_length = 16;
	t->op = io->batch_extra[0];
	t->flags = 0;
	t->deadline_ms = 0;
	t->value_argument = 2;
	t->argument_offset[2] = BENCH_VALUE_OFFSET;
	t->argument_length[2] = io->batch_extra[2];
	io->out_position = 0;
	int result = transact(io);
	if (result) {
		io->batch_status = result;
		return 1;
	}
	write_reply(io, 0);
	io->batch_result += t->found;
	io->batch_count--;
	return 0;
}

static long bench_step(u32 i, struct run *run)
{
	return to_bool(bench_one(run->io));
}

INLINE int bench_slot(struct io *io)
{
	struct run run = { .io = io };
	bpf_loop(1 << 20, bench_step, &run, 0);
	return 0;
}

#endif
