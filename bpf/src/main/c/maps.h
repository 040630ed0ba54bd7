/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map: what it holds, who writes it, who reads it, which lock.
 * Sizes that depend on configuration are set by KernelStore.java before loading.  Maps with a pin outlive the server (I8).
 */
#ifndef MARROW_MAPS_H
#define MARROW_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "marrow_abi.h"

#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))

#define INLINE static __always_inline
/* A global function: the verifier checks it once, on its own, for any slot, and not again at every call. */
#define GLOBAL __attribute__((noinline))

/* Fixed for the life of a store; the loader writes it before the program is verified, which then sees constants. */
struct config {
	u64 hash_seed[2];
	u32 bucket_count;
	u32 overflow_count;
	u32 shard_count;
	u32 pad;
};
const volatile struct config config SEC(".rodata.config");

/* Home buckets [0, bucket_count) and overflow buckets behind them.  A home's lock guards its own counters and references and
 * those of every overflow bucket in its chain; an overflow bucket's own lock, version and removal_position are not used. */
struct bucket {
	struct bpf_spin_lock lock;
	u32 next;                   /* overflow bucket behind this one, 0: none; link while on the free stack */
	u64 version;                /* of the last change below this home (I4) */
	u64 removal_position;       /* log position of the last removal: absence is durable behind it (I3) */
	u64 refs[REFS_PER_BUCKET];  /* used ones first; a bucket with a successor is full */
};
_Static_assert(sizeof(struct bucket) == BUCKET_BYTES, "one cache line");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct bucket);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} buckets SEC(".maps");

/* Records.  Each slab is an array of blocks; user space adds slabs, programs cut blocks into records.  A record is written
 * while no bucket refers to it and never changed while one does; readers copy first and find out under the lock. */
struct slab {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BLOCKS_PER_SLAB);
	__uint(key_size, sizeof(u32));
	__uint(value_size, BLOCK_BYTES);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__array(values, struct slab);
} heap SEC(".maps");

/* Where free records of a class come from: a stack of freed ones (compare-and-swap), then the rest of a chunk or block (lock). */
struct allocator {
	struct bpf_spin_lock lock;  /* guards block, next and end */
	u32 pad0;
	u64 block;                  /* index + 1 of the block being cut, 0: none */
	u32 next;                   /* the piece of it that is left, in words of eight bytes */
	u32 end;
	u64 free;                   /* tag << FREE_TAG_SHIFT | location, 0 below the tag: empty */
	u64 pad[4];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SIZE_CLASS_COUNT * SHARDS_MAX);
	__type(key, u32);
	__type(value, struct allocator);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} allocators SEC(".maps");

/* Redo records on their way to the log.  Programs produce, the log writer consumes. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} ring SEC(".maps");

/* Identity, floors, clock, heap limits, durable mark.  Written field by field, atomically; see the struct for who writes what. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct control);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SHARDS_MAX);
	__type(key, u32);
	__type(value, struct counters);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} counters SEC(".maps");

/* Pages between a door and the programs: one user at a time each, nothing in them outlives a run, so no pin. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct io);
} slots SEC(".maps");

#ifdef WITH_STAGING
/* A transaction in the making.  Java lets one thread at a time at it; nothing in it outlives a transaction, so no pin. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct staging);
} staging SEC(".maps");

INLINE struct staging *the_staging(void)
{
	u32 zero = 0;
	return bpf_map_lookup_elem(&staging, &zero);
}
#endif

INLINE struct control *the_control(void)
{
	u32 zero = 0;
	return bpf_map_lookup_elem(&control, &zero);
}

INLINE struct counters *my_counters(struct io *io)
{
	u32 shard = io->shard;
	return bpf_map_lookup_elem(&counters, &shard);
}

#endif
