/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A run over a slot: the commands of every request in it, one after the other, until each request has none left or needs
 * Java.  Knows nothing of the door that filled the slot.
 */
#ifndef MARROW_SERVE_H
#define MARROW_SERVE_H

#include "mget.h"

INLINE void begin_run(struct io *io)
{
	io->shard = bpf_get_smp_processor_id() % config.shard_count;
	io->t.now_ms = 0;
	io->t.redo_type = 0;
	io->request = 0;
	io->staged = 0;
	io->commands = 0;
	io->out_position = 0;
	io->out_limit = ~0u;
	io->position = 0;
	io->batch_result = 0;
	io->batch_status = 0;
}

INLINE void count_status(struct io *io, u32 status)
{
	struct counters *n = my_counters(io);
	if (n)
		__sync_fetch_and_add(&n->statuses[status & 15], 1);
}

INLINE void end_request(struct io *io, struct request *q, u32 status)
{
	q->status = status;
	q->out_end = io->out_position;
	io->request++;
	struct counters *n = my_counters(io);
	if (n) {
		__sync_fetch_and_add(&n->commands, q->commands);
		__sync_fetch_and_add(&n->writes, q->writes);
	}
	count_status(io, status);
}

INLINE void begin_request(struct io *io, struct request *q)
{
	q->out_offset = io->out_position;
	q->commands = 0;
	q->writes = 0;
	q->wait_position = 0;
	q->write_position = 0;
	io->position = q->in_offset;
	io->ahead = 0;
	io->staged = q->flags & REQUEST_STAGED ? 1 + (q->flags >> REQUEST_STAGED_SHIFT) : 0;
	if (IS_STAGED(io))
		staged_time(io);
}

/* Before each command of a pipeline but the first: most requests are one command, and it has nothing to share its misses with. */
INLINE void go_on(struct io *io, struct request *q)
{
	if (!io->ahead)
		touch_ahead(io, q->in_end);
	if (io->ahead)
		io->ahead--;
}

INLINE int is_write(u32 op)
{
	return op >= OP_SET && op <= OP_GETDEL;
}

/* The transaction that prepare() has made ready, and its reply.  0 when it was answered, else why not: status + 1. */
INLINE int execute_command(struct io *io, struct request *q)
{
	struct transaction *t = &io->t;
	int result = transact(io);

	switch (result) {
	case 0:
		write_reply(io, q->flags & REQUEST_RESP3);
		u64 position = observed_position(t);
		if (position > q->wait_position)
			q->wait_position = position;
		if (t->log_position) {
			q->writes++;
			if (t->log_position > q->write_position)
				q->write_position = t->log_position;
		}
		break;
	case STATUS_MEMORY_FULL:
		if (q->flags & REQUEST_NO_STORE_ERRORS)
			return 1 + result;
		REPLY(io, "-OOM the memory budget (--memory) is used up\r\n");
		count_status(io, result);
		break;
	case STATUS_TABLE_FULL:
		if (q->flags & REQUEST_NO_STORE_ERRORS)
			return 1 + result;
		REPLY(io, "-OOM the table is full (--capacity)\r\n");
		count_status(io, result);
		break;
	case STATUS_RING_FULL:
		if (!(q->flags & REQUEST_FAIL_STALLED))
			return 1 + result;
		REPLY(io, "-ERR the log did not take the write in time (--stall-timeout); nothing was changed\r\n");
		break;
	case STATUS_GROWING:
		if (!(q->flags & REQUEST_FAIL_STALLED))
			return 1 + result;
		REPLY(io, "-ERR memory did not grow in time (--stall-timeout); nothing was changed\r\n");
		break;
	default:
		return 1 + result;
	}
	return 0;
}

/* The command has been answered from io.out[out_start] on: the request stands behind it.  0, or status + 1 when there is no room for that. */
INLINE int end_command(struct io *io, struct request *q, u32 out_start)
{
	if (io->out_position > io->out_limit) {
		/* a text that was not reckoned with, so it says that nothing was changed */
		io->out_position = out_start;
		return 1 + STATUS_OUT_FULL;
	}
	io->commands++;
	q->commands++;
	io->position = io->t.next_offset;
	q->in_offset = io->t.next_offset;
	return 0;
}

/* One command of the request.  0 when it was answered, else why the request's share ends here: status + 1. */
INLINE int serve_command(struct io *io)
{
	struct request *q = &io->requests[io->request % REQUESTS_MAX];

	if (q->flags & REQUEST_PASS_ALL)
		return 1 + (q->in_offset < q->in_end ? STATUS_COLD : STATUS_DONE);
	int parsed = parse_command(io, q->in_end);
	if (parsed != PARSE_OK)
		return 1 + (parsed == PARSE_COLD ? STATUS_COLD : STATUS_DONE);
	if (io->out_position > OUT_BYTES - OUT_MARGIN)
		return 1 + STATUS_OUT_FULL;
	if (io->commands >= COMMANDS_PER_RUN_MAX)
		return 1 + STATUS_RUN_LIMIT;

	u32 out_start = io->out_position;
	int prepared = prepare(io);
	if (prepared == PREPARED_COLD)
		return 1 + STATUS_COLD;
	if (prepared == PREPARED_TRANSACTION) {
		if ((q->flags & REQUEST_READS_ONLY) && is_write(io->t.op))
			return 1 + STATUS_WRITE;
		int ended = execute_command(io, q);
		if (ended)
			return ended;
	} else if (prepared == PREPARED_MGET) {
		int ended = serve_mget(io);
		if (ended)
			return ended;
	}
	return end_command(io, q, out_start);
}

struct run {
	struct io *io;
};

static long serve_step(u32 i, struct run *run)
{
	struct io *io = run->io;
	if (io->request >= io->request_count || io->request >= REQUESTS_MAX)
		return 1;
	struct request *q = &io->requests[io->request % REQUESTS_MAX];
	if (q->commands)
		go_on(io, q);
	int ended = serve_command(io);
	if (ended) {
		end_request(io, q, ended - 1);
		if (io->request < io->request_count)
			begin_request(io, &io->requests[io->request % REQUESTS_MAX]);
	}
	return 0;
}

INLINE int serve_slot(struct io *io)
{
	begin_request(io, &io->requests[0]);
	struct run run = { .io = io };
	bpf_loop(COMMANDS_PER_RUN_MAX + 2 * REQUESTS_MAX, serve_step, &run, 0);
	return RUN_OK;
}

#endif
