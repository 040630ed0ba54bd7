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
	INT(KEY_BYTES_MAX) INT(VALUE_BYTES_MAX) INT(ARGUMENTS_MAX) INT(MGET_KEYS_MAX) INT(REQUESTS_MAX) INT(COMMANDS_PER_RUN_MAX) INT(SHARDS_MAX)
	INT(RECORD_HEADER_BYTES) INT(RECORD_BYTES_MAX) INT(RECORD_CLASS_BYTES_MAX) INT(REDO_HEADER_BYTES)
	INT(REDO_PUT) INT(REDO_DELETE) INT(REDO_FLUSH) INT(REDO_TRANSACTION) INT(REDO_CHUNK) INT(RECORD_STUB)
	INT(BLOCK_BYTES) INT(BLOCKS_PER_SLAB) INT(SLABS_MAX) INT(SIZE_CLASS_COUNT)
	INT(REFS_PER_BUCKET) INT(BUCKET_BYTES) INT(KEYS_PER_BUCKET_X10) INT(OVERFLOW_SHARE_X100) INT(OVERFLOW_EXTRA)
	INT(IN_BYTES) INT(OUT_BYTES) INT(REPLY_BYTES_MAX)
	INT(RUN_SERVE) INT(RUN_LOAD) INT(RUN_SWEEP) INT(RUN_FLUSH) INT(RUN_BENCH) INT(RUN_SCAN) INT(RUN_STAGE) INT(RUN_COMMIT) INT(RUN_APPEND) INT(RUN_OK)
	INT(REQUEST_RESP3) INT(REQUEST_FAIL_STALLED) INT(REQUEST_PASS_ALL) INT(REQUEST_READS_ONLY) INT(REQUEST_STAGED) INT(REQUEST_STAGED_SHIFT)
	INT(STATUS_DONE) INT(STATUS_COLD) INT(STATUS_OUT_FULL) INT(STATUS_RING_FULL) INT(STATUS_GROWING) INT(STATUS_BUSY)
	INT(STATUS_RUN_LIMIT) INT(STATUS_MEMORY_FULL) INT(STATUS_TABLE_FULL) INT(STATUS_INTERNAL) INT(STATUS_WRITE) INT(STATUS_CHANGED) INT(STATUS_COUNT)
	INT(STATE_BUILDING) INT(STATE_LOADING) INT(STATE_SERVING) INT(STATE_FAILED)
	LONG(VERSION_STEP)

	SIZE(record) FIELD(record, log_position) FIELD(record, version) FIELD(record, expire_ms) FIELD(record, value_length)
	FIELD(record, key_length) FIELD(record, type) FIELD(record, flags)

	SIZE(stub) FIELD(stub, id) FIELD(stub, length)
	SIZE(chunk_key) FIELD(chunk_key, id) FIELD(chunk_key, index)
	SIZE(request) FIELD(request, in_offset) FIELD(request, in_end) FIELD(request, flags) FIELD(request, status)
	FIELD(request, out_offset) FIELD(request, out_end) FIELD(request, commands) FIELD(request, writes)
	FIELD(request, wait_position) FIELD(request, write_position)

	SIZE(io) FIELD(io, request_count) FIELD(io, batch_count) FIELD(io, batch_status) FIELD(io, batch_cursor)
	FIELD(io, batch_result) FIELD(io, batch_extra) FIELD(io, scanned_count) FIELD(io, scan_version) FIELD(io, requests) FIELD(io, in) FIELD(io, out)

	INT(STAGED_KEYS_MAX) INT(STAGING_BYTES) INT(TRANSACTION_BYTES_MAX) INT(STAGED_RECORD_BYTES_MAX)
	INT(STAGED_UNCHANGED) INT(STAGED_PUT) INT(STAGED_DELETE)
	SIZE(staged_key) FIELD(staged_key, key_offset) FIELD(staged_key, key_length) FIELD(staged_key, with_value) FIELD(staged_key, home)
	FIELD(staged_key, snapshot) FIELD(staged_key, log_position) FIELD(staged_key, found) FIELD(staged_key, change)
	FIELD(staged_key, offset) FIELD(staged_key, room) FIELD(staged_key, redo_offset) FIELD(staged_key, record_bytes)
	SIZE(staging) FIELD(staging, count) FIELD(staging, used) FIELD(staging, redo_bytes) FIELD(staging, floor) FIELD(staging, log_position)
	FIELD(staging, now_ms)	FIELD(staging, order) FIELD(staging, keys) FIELD(staging, records) FIELD(staging, redo)

	SIZE(control) FIELD(control, abi_version) FIELD(control, state) FIELD(control, instance) FIELD(control, hash_seed)
	FIELD(control, capacity) FIELD(control, memory_bytes) FIELD(control, ring_bytes)
	FIELD(control, directory_device) FIELD(control, directory_inode) FIELD(control, shard_count) FIELD(control, tables_id)
	FIELD(control, version_floor) FIELD(control, flush_position) FIELD(control, clock_offset_ns)
	FIELD(control, clock_fixed_ms) FIELD(control, heap_block_count) FIELD(control, heap_final)
	FIELD(control, clock_floor_ms) FIELD(control, heap_next_block) FIELD(control, overflow_next)
	FIELD(control, version_high) FIELD(control, flush_version) FIELD(control, durable) FIELD(control, log_lsn) FIELD(control, large_next)

	SIZE(counters) FIELD(counters, keys) FIELD(counters, commands) FIELD(counters, writes) FIELD(counters, attempts_lost)
	FIELD(counters, purged) FIELD(counters, expired) FIELD(counters, statuses)

	INT(ONHOST_CONNECTIONS_MAX) INT(ONHOST_LISTENERS_MAX) INT(ONHOST_BUFFERS_PER_GROUP) INT(ONHOST_GROUPS_MAX)
	INT(ONHOST_LOG_LATE_MS) INT(ONHOST_UNREAD_MESSAGES_MAX) INT(ONHOST_UNREAD_BYTES_MAX) INT(ONHOST_REPLY_BYTES_MAX)
	INT(ONHOST_OPEN) INT(ONHOST_WRITES) INT(ONHOST_AUTHENTICATE)
	INT(ONHOST_RESP3) INT(ONHOST_AUTHENTICATED) INT(ONHOST_PASS)
	INT(ONHOST_PASS_CLOSED) INT(ONHOST_PASS_STATE) INT(ONHOST_PASS_UNKNOWN) INT(ONHOST_PASS_AUTHORITY)
	INT(ONHOST_PASS_COMMANDS) INT(ONHOST_PASS_REPLIES) INT(ONHOST_PASS_UNREAD) INT(ONHOST_PASS_BUFFERS) INT(ONHOST_PASS_SIZE)
	INT(ONHOST_PASS_COLD) INT(ONHOST_PASS_DURABILITY) INT(ONHOST_PASS_STORE) INT(ONHOST_PASS_KERNEL) INT(ONHOST_PASS_COUNT)

	SIZE(onhost_page) FIELD(onhost_page, mode) FIELD(onhost_page, log_alive_ns) FIELD(onhost_page, claims)
	SIZE(onhost_connection) FIELD(onhost_connection, head) FIELD(onhost_connection, progress)
	FIELD(onhost_connection, messages) FIELD(onhost_connection, write_position)
	SIZE(onhost_link) FIELD(onhost_link, connection) FIELD(onhost_link, generation)
	SIZE(onhost_counters) FIELD(onhost_counters, commands) FIELD(onhost_counters, messages) FIELD(onhost_counters, split)
	FIELD(onhost_counters, lost) FIELD(onhost_counters, passed)

	printf("\n    private static final int[] SIZE_CLASSES = {");
#define X(i, bytes) printf("%s%d", i ? ", " : "", bytes);
	SIZE_CLASSES(X)
#undef X
	puts("};\n\n    /** Record sizes in bytes by class, ascending. */\n"
	     "    public static int[] sizeClasses() {\n        return SIZE_CLASSES.clone();\n    }\n}");
	return 0;
}
