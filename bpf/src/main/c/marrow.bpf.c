/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Marrow's kernel side.  The life of a command, in the order of the files:
 *
 *   serve.h        a slot's requests, command by command
 *   ahead.h        a pipeline's cache misses, taken together
 *   resp.h         bytes to arguments
 *   command.h      arguments to an operation
 *   execute.h      the transaction: find, decide, commit or confirm
 *   mget.h         several keys, read at one moment
 *   table.h        buckets, and the rule that makes what was found hold
 *   heap.h         records
 *   transaction.h  the lock holds, and the redo record
 *   stage_keys.h   keys of a transaction over several commands, copied out
 *   stage.h        what commands do with them, unseen
 *   commit.h       all of them at once into the table
 *   admin.h        what start, FLUSHALL and expiry do with the table
 *   scan.h         copies of everything, for a checkpoint
 *
 * It is one XDP program that user space runs through BPF_PROG_TEST_RUN, not attached to any device: the one type that may take a
 * bpf_spin_lock on every kernel since 6.1.  One, because the verifier would go through the core again for each.  Its packet
 * carries the slot's number and what to do with it.
 */
#define WITH_STAGING
#include "serve.h"
#include "admin.h"
#include "scan.h"
#include "commit.h"

SEC("xdp")
int marrow(struct xdp_md *ctx)
{
	u32 *packet = (u32 *)(long)ctx->data;
	if ((void *)(packet + 2) > (void *)(long)ctx->data_end)
		return RUN_REFUSED;
	u32 slot = packet[0], operation = packet[1];
	struct io *io = bpf_map_lookup_elem(&slots, &slot);
	struct control *c = the_control();
	if (!io || !c)
		return RUN_REFUSED;

	begin_run(io);
	switch (operation) {
	case RUN_SERVE:
		return serve_slot(io);
	case RUN_LOAD:
		return load_slot(io);
	case RUN_SWEEP:
		return sweep_slot(io);
	case RUN_FLUSH:
		return flush_table(io, c);
	case RUN_BENCH:
		return bench_slot(io);
	case RUN_SCAN:
		return scan_slot(io);
	case RUN_STAGE:
		return stage_slot(io, c);
	case RUN_COMMIT:
		return commit_slot(io, c);
	case RUN_APPEND:
		return append_record(io);
	}
	return RUN_REFUSED;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
