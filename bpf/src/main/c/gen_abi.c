/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes Abi.java, the Java view of marrow_abi.h: constants, sizes and field offsets as the compiler sees them. */
#include <stddef.h>
#include <stdio.h>
#include "marrow_abi.h"

#define INT(name) printf("    public static final int " #name " = %d;\n", (int)(name));
#define LONG(name) printf("    public static final long " #name " = %lldL;\n", (long long)(name));
#define SIZE(type) printf("    public static final int SIZEOF_" #type " = %zu;\n", sizeof(struct type));
#define FIELD(type, field) printf("    public static final int " #type "_" #field " = %zu;\n", offsetof(struct type, field));

int main(void)
{
	puts("package dev.marrow.bpf;\n\n"
	     "/** Layouts and codes shared with the eBPF programs; generated from marrow_abi.h. Offsets and sizes in bytes. */\n"
	     "public final class Abi {\n    private Abi() {}\n");

	INT(ABI_VERSION)
	INT(KEY_BYTES_MAX) INT(VALUE_BYTES_MAX) INT(ARGUMENTS_MAX) INT(REQUESTS_MAX) INT(COMMANDS_PER_RUN_MAX) INT(SHARDS_MAX)
	INT(RECORD_HEADER_BYTES) INT(RECORD_BYTES_MAX) INT(REDO_HEADER_BYTES)
	INT(REDO_PUT) INT(REDO_DELETE) INT(REDO_FLUSH)
	INT(BLOCK_BYTES) INT(BLOCKS_PER_SLAB) INT(SLABS_MAX) INT(SIZE_CLASS_COUNT)
	INT(REFS_PER_BUCKET) INT(BUCKET_BYTES) INT(KEYS_PER_BUCKET_X10) INT(OVERFLOW_SHARE_X100) INT(OVERFLOW_EXTRA)
	INT(IN_BYTES) INT(OUT_BYTES) INT(REPLY_BYTES_MAX)
	INT(RUN_SERVE) INT(RUN_LOAD) INT(RUN_SWEEP) INT(RUN_FLUSH) INT(RUN_BENCH) INT(RUN_OK)
	INT(REQUEST_RESP3) INT(REQUEST_FAIL_STALLED) INT(REQUEST_PASS_ALL)
	INT(STATUS_DONE) INT(STATUS_COLD) INT(STATUS_OUT_FULL) INT(STATUS_RING_FULL) INT(STATUS_GROWING) INT(STATUS_BUSY)
	INT(STATUS_RUN_LIMIT) INT(STATUS_MEMORY_FULL) INT(STATUS_TABLE_FULL) INT(STATUS_INTERNAL) INT(STATUS_COUNT)
	INT(STATE_BUILDING) INT(STATE_LOADING) INT(STATE_SERVING) INT(STATE_FAILED)
	LONG(VERSION_STEP)

	SIZE(record) FIELD(record, log_position) FIELD(record, version) FIELD(record, expire_ms) FIELD(record, value_length)
	FIELD(record, key_length) FIELD(record, type) FIELD(record, flags)

	SIZE(request) FIELD(request, in_offset) FIELD(request, in_end) FIELD(request, flags) FIELD(request, status)
	FIELD(request, out_offset) FIELD(request, out_end) FIELD(request, commands) FIELD(request, writes)
	FIELD(request, wait_position) FIELD(request, write_position)

	SIZE(io) FIELD(io, request_count) FIELD(io, batch_count) FIELD(io, batch_status) FIELD(io, batch_cursor)
	FIELD(io, batch_result) FIELD(io, batch_extra) FIELD(io, requests) FIELD(io, in) FIELD(io, out)

	SIZE(control) FIELD(control, abi_version) FIELD(control, state) FIELD(control, instance) FIELD(control, hash_seed)
	FIELD(control, capacity) FIELD(control, memory_bytes) FIELD(control, ring_bytes)
	FIELD(control, directory_device) FIELD(control, directory_inode) FIELD(control, shard_count)
	FIELD(control, version_floor) FIELD(control, flush_position) FIELD(control, clock_offset_ns)
	FIELD(control, clock_fixed_ms) FIELD(control, heap_block_count) FIELD(control, heap_final)
	FIELD(control, clock_floor_ms) FIELD(control, heap_next_block) FIELD(control, overflow_next)
	FIELD(control, version_high) FIELD(control, durable)

	SIZE(counters) FIELD(counters, keys) FIELD(counters, commands) FIELD(counters, writes) FIELD(counters, attempts_lost)
	FIELD(counters, purged) FIELD(counters, expired) FIELD(counters, statuses)

	printf("\n    private static final int[] SIZE_CLASSES = {");
#define X(i, bytes) printf("%s%d", i ? ", " : "", bytes);
	SIZE_CLASSES(X)
#undef X
	puts("};\n\n    /** Record sizes in bytes by class, ascending. */\n"
	     "    public static int[] sizeClasses() {\n        return SIZE_CLASSES.clone();\n    }\n}");
	return 0;
}
