/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Marrow's kernel side.  The life of a command, in the order of the files:
 *
 *   serve.h        a slot's requests, command by command
 *   resp.h         bytes to arguments
 *   command.h      arguments to an operation
 *   execute.h      the transaction: find, decide, commit or confirm
 *   table.h        buckets, and the rule that makes what was found hold
 *   heap.h         records
 *   transaction.h  the lock holds, and the redo record
 *   admin.h        what start, FLUSHALL and expiry do with the table
 *
 * The programs are XDP programs that user space runs through BPF_PROG_TEST_RUN, not attached to any device: the
 * one type that may take a bpf_spin_lock on every kernel since 6.1.  Their packet carries the slot's number.
 */
#include "serve.h"
#include "admin.h"

INLINE struct io *slot_of(struct xdp_md *ctx)
{
	u32 *packet = (u32 *)(long)ctx->data;
	if ((void *)(packet + 1) > (void *)(long)ctx->data_end)
		return 0;
	u32 slot = *packet;
	return bpf_map_lookup_elem(&slots, &slot);
}

#define PROGRAM(name, body) \
	SEC("xdp") int name(struct xdp_md *ctx) \
	{ \
		struct io *io = slot_of(ctx); \
		struct control *c = the_control(); \
		if (!io || !c) \
			return 1; \
		return body(io, c); \
	}

PROGRAM(serve, serve_slot)
PROGRAM(load, load_slot)
PROGRAM(sweep, sweep_slot)
PROGRAM(flush, flush_table)
PROGRAM(bench, bench_slot)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
