/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A client's message becomes its reply.  Nothing may fail once a command has changed something, so:
 *
 *   reads            are executed as they come: until the reply is given they can be forgotten again
 *   at a write       look ahead: every command whole and hot?  how long can the replies be at most?
 *                    make room for them in the message: in place of the commands where that suffices, else fresh memory in front
 *                    then execute the rest, and write the replies into the room
 *   at the end       cut off what is left of the commands and the room, and redirect
 *
 * A message is served whole or left whole to the server.  One thing cannot be looked for: that the ring, the memory or a value's size
 * changes while we execute.  Then the message is split before the command that met it, which has changed nothing: the replies so far are
 * given, and the kernel calls us again for the rest, which is served or left to the server like a message of its own.
 */
#ifndef MARROW_ONHOST_SERVE_H
#define MARROW_ONHOST_SERVE_H

#include "onhost_order.h"
#include "serve.h"

#define SHORT_REPLY_BYTES_MAX 24        /* of a command that changes something and returns no value: OK, nil, a number */
#define VALUE_GROWTH_BYTES 64           /* what a value may grow by between look and execution */
#define BLOCK_COPY_BYTES 256
#define SHORT_COPY_BYTES 128
#define RING_RESERVE_SHARE 4            /* of the ring, left to everybody else */
#define REDO_OVERHEAD_BYTES 48          /* of a redo record in the ring: its header there, its own, its alignment */

/* ---- the message's bytes ---- */

INLINE u32 linear_bytes(struct sk_msg_md *msg)
{
	return (u32)((long)msg->data_end - (long)msg->data);
}

/* Copies the message to io.in.  0, or why it stays. */
GLOBAL int read_request(struct sk_msg_md *msg, struct io *io, u32 length)
{
	if (!io)
		return ONHOST_PASS_KERNEL;
	if (linear_bytes(msg) != length && bpf_msg_pull_data(msg, 0, length, 0))
		return ONHOST_PASS_KERNEL;
	if (length > ONHOST_REQUEST_BYTES_MAX)
		return ONHOST_PASS_SIZE;
	u8 *data = (u8 *)(long)msg->data, *end = (u8 *)(long)msg->data_end;
	if (length > SHORT_COPY_BYTES)
		return bpf_probe_read_kernel(io->in, length, data) ? ONHOST_PASS_KERNEL : 0;
	/* short ones without the helper, which costs more than they do */
	u8 *to = io->in;
	for (u32 k = 0; k < SHORT_COPY_BYTES / 8; k++) {
		if (data + 8 > end)
			break;
		*(u64 *)to = *(u64 *)data;
		data += 8;
		to += 8;
	}
	for (u32 k = 0; k < 7; k++) {
		if (data + 1 > end)
			break;
		*to++ = *data++;
	}
	return 0;
}

struct copy {
	struct sk_msg_md *msg;
	struct io *io;
	u32 bytes;                      /* of replies */
	u32 room;                       /* of the message that may be overwritten, at least as many */
};

/* Block i of the replies into the message.  Whole words where they do not go beyond the room, then single bytes. */
INLINE long copy_block(u32 i, struct copy *copy)
{
	u8 *data = (u8 *)(long)copy->msg->data, *end = (u8 *)(long)copy->msg->data_end;
	u32 at = i * BLOCK_COPY_BYTES, bytes = copy->bytes, room = copy->room;
	if (at >= bytes || at > ONHOST_REPLY_BYTES_MAX - BLOCK_COPY_BYTES)
		return 1;
	u8 *from = copy->io->out + at, *to = data + at;
	if (bytes - at >= BLOCK_COPY_BYTES && to + BLOCK_COPY_BYTES <= end) {
#pragma clang loop unroll(full)
		for (u32 k = 0; k < BLOCK_COPY_BYTES; k += 8)
			*(u64 *)(to + k) = *(u64 *)(from + k);
		return 0;
	}
	for (u32 k = 0; k < BLOCK_COPY_BYTES; k += 8) {
		if (at + k >= bytes || at + k + 8 > room || to + 8 > end)
			break;
		*(u64 *)to = *(u64 *)from;
		to += 8;
		from += 8;
	}
	for (u32 k = 0; k < 7; k++) {
		if (to >= data + bytes || to + 1 > end)
			break;
		*to++ = *from++;
	}
	return 1;
}

static long copy_step(u32 i, struct copy *copy)
{
	return copy_block(i + 1, copy);
}

GLOBAL int write_replies(struct sk_msg_md *msg, struct io *io, u32 bytes, u32 room)
{
	if (!io)
		return 0;
	struct copy copy = { msg, io, bytes, room };
	if (!copy_block(0, &copy))
		bpf_loop(ONHOST_REPLY_BYTES_MAX / BLOCK_COPY_BYTES, copy_step, &copy, 0);
	return 0;
}

/* Room for `bytes` in front of the message: one piece of memory, so one element in the client's queue.  Its size, 0: there is no memory,
 * and the message is as it was. */
INLINE u32 make_room(struct sk_msg_md *msg, u32 bytes)
{
	u32 room = (bytes + BLOCK_COPY_BYTES - 1) & ~(BLOCK_COPY_BYTES - 1);
#if defined(MUTANT_ONHOST_NO_MEMORY) || defined(MUTANT_ONHOST_EXECUTE_FIRST)
	return 0;
#endif
	return bpf_msg_push_data(msg, 0, room, 0) ? 0 : room;
}

/* ---- commands ---- */

/* The next command of the message, with the room that it may use.  As serve_command(). */
INLINE int serve_next(struct io *io)
{
	struct request *q = &io->requests[0];
	if (io->position >= q->in_end)
		return 1 + STATUS_DONE;
	if (io->commands_left)
		io->commands_left--;
	io->out_limit = io->reply_bound - SHORT_REPLY_BYTES_MAX * io->commands_left;
	return serve_command(io);
}

static long serve_next_step(u32 i, struct run *run)
{
	go_on(run->io, &run->io->requests[0]);
	int ended = serve_next(run->io);
	if (!ended)
		return 0;
	run->io->batch_status = ended - 1;
	return 1;
}

/* Commands until the end or a reason to stop (enum status). */
GLOBAL int serve_commands(struct io *io)
{
	if (!io)
		return STATUS_INTERNAL;
	/* most messages are one command: without the loop's cost */
	int ended = serve_next(io);
	if (ended)
		return ended - 1;
	if (io->position >= io->requests[0].in_end)
		return STATUS_DONE;
	struct run run = { .io = io };
	io->batch_status = STATUS_RUN_LIMIT;
	bpf_loop(COMMANDS_PER_RUN_MAX, serve_next_step, &run, 0);
	return io->batch_status;
}

INLINE int returns_value(struct transaction *t)
{
	return t->op == OP_GET || t->op == OP_GETDEL || (t->op == OP_SET && (t->flags & OPTION_GET));
}

/* Room for the reply of the command that was prepared; 0: cannot be told now. */
INLINE u32 reply_room(struct io *io)
{
	struct transaction *t = &io->t;
	if (!returns_value(t))
		return SHORT_REPLY_BYTES_MAX;
	u32 op = t->op;
	t->op = OP_STRLEN;
	int failed = transact(io);
	t->op = op;
	if (failed || t->number < 0 || t->number > VALUE_BYTES_MAX)
		return 0;
	return (u32)t->number + BULK_FRAME_BYTES_MAX + VALUE_GROWTH_BYTES;
}

/* 0 and the bounds so far, or 1 when the message is not for us or cannot be told. */
INLINE int look_at(struct io *io)
{
	struct request *q = &io->requests[0];
	if (parse_command(io, q->in_end) != PARSE_OK)
		return 1;
	u32 out_start = io->out_position, room;
	if (out_start > OUT_BYTES - OUT_MARGIN)
		return 1;
	switch (prepare(io)) {
	case PREPARED_COLD:
	case PREPARED_MGET:
		return 1;
	case PREPARED_ANSWERED:
		room = io->out_position - out_start;
		io->out_position = out_start;
		break;
	default:
		if (io->ahead < AHEAD_MAX)
			note_ahead(io);
		room = reply_room(io);
		if (!room)
			return 1;
	}
	if (room < SHORT_REPLY_BYTES_MAX)
		room = SHORT_REPLY_BYTES_MAX;
	io->reply_bound += room;
	io->commands_left++;
	io->position = io->t.next_offset;
	if (room != SHORT_REPLY_BYTES_MAX || io->reply_bound > io->position)
		io->fits_in_place = 0;
	return 0;
}

static long look_step(u32 i, struct run *run)
{
	struct io *io = run->io;
	if (io->position >= io->requests[0].in_end)
		return 1;
	if (!look_at(io) && io->reply_bound <= ONHOST_REPLY_BYTES_MAX)
		return 0;
	io->batch_status = 1;
	return 1;
}

/* A message's last command has been prepared: what look_ahead() would say of it. */
GLOBAL int look_at_last(struct io *io)
{
	if (!io)
		return ONHOST_PASS_COLD;
	u32 room = reply_room(io);
	if (!room)
		return ONHOST_PASS_STORE;
	io->reply_bound = io->out_position + room;
	io->commands_left = 0;
	io->fits_in_place = room == SHORT_REPLY_BYTES_MAX && io->reply_bound <= io->t.next_offset;
	return io->reply_bound > ONHOST_REPLY_BYTES_MAX ? ONHOST_PASS_SIZE : 0;
}

/* Executes what has been prepared; an enum status. */
GLOBAL int serve_last(struct io *io)
{
	if (!io)
		return STATUS_INTERNAL;
	struct request *q = &io->requests[0];
	u32 out_start = io->out_position;
	io->out_limit = io->reply_bound;
	int ended = execute_command(io, q);
	if (!ended)
		ended = end_command(io, q, out_start);
	return ended ? ended - 1 : STATUS_DONE;
}

/* Whether the rest of the message, `bytes` long, will most probably find room: a ring that is filling up is the server's to wait for. */
INLINE int store_has_room(struct io *io, struct control *c, u32 bytes)
{
#ifdef MUTANT_ONHOST_NO_ROOM_CHECK
	return 1;
#endif
	u64 size = bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE), used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	u64 wanted = bytes + (u64)io->commands_left * REDO_OVERHEAD_BYTES;
	if (used + wanted + size / RING_RESERVE_SHARE > size)
		return 0;
	return READ_ONCE(c->heap_final) || READ_ONCE(c->heap_next_block) < READ_ONCE(c->heap_block_count);
}

/* Looks at the commands from io.position on, executing none; afterwards io is as before, with their bounds.  0: all can be served. */
GLOBAL int look_ahead(struct io *io)
{
	if (!io)
		return ONHOST_PASS_COLD;
	u32 position = io->position;
	io->reply_bound = io->out_position;
	io->commands_left = 0;
	io->fits_in_place = 1;
	io->batch_status = 0;
	io->ahead = 0;
	if (look_at(io))
		return ONHOST_PASS_COLD;
	if (io->position < io->requests[0].in_end) {
		struct run run = { .io = io };
		bpf_loop(COMMANDS_PER_RUN_MAX, look_step, &run, 0);
	}
	u32 whole = !io->batch_status && io->position == io->requests[0].in_end;
	io->position = position;
	if (io->reply_bound > ONHOST_REPLY_BYTES_MAX)
		return ONHOST_PASS_SIZE;
	if (whole)
		touch_noted(io);
	return whole ? 0 : ONHOST_PASS_COLD;
}

INLINE int not_whole(u32 status)
{
	switch (status) {
	case STATUS_OUT_FULL:
		return ONHOST_PASS_SIZE;
	case STATUS_DONE:
	case STATUS_COLD:
	case STATUS_RUN_LIMIT:
		return ONHOST_PASS_COLD;
	}
	return ONHOST_PASS_STORE;
}

/* ---- the whole ---- */

#ifdef MUTANT_ONHOST_NO_DURABILITY
#define IS_DURABLE(mode, position, c) 1
#else
#define IS_DURABLE(mode, position, c) (((mode) & ONHOST_WRITES) || (position) <= READ_ONCE((c)->durable))
#endif

/* The writes of a message, and what follows them.  `room`: what was made in front of the message. */
INLINE int serve_writes(struct sk_msg_md *msg, struct io *io, struct control *c, u32 length, u32 *room)
{
	struct request *q = &io->requests[0];
	u32 last = io->t.next_offset == length;
	int result = last ? look_at_last(io) : look_ahead(io);
	if (result)
		return result;
	/* a single write finds out by itself */
	if (!last && !store_has_room(io, c, length))
		return ONHOST_PASS_STORE;
#ifndef MUTANT_ONHOST_EXECUTE_FIRST
	if (!io->fits_in_place) {
		*room = make_room(msg, io->reply_bound);
		if (!*room)
			return ONHOST_PASS_KERNEL;
		io->reply_bound = *room;
	}
#endif
	q->flags &= ~REQUEST_READS_ONLY;
	u32 status = last ? serve_last(io) : serve_commands(io);
	if (!q->writes && (status != STATUS_DONE || q->in_offset != length)) {
		if (*room && bpf_msg_pop_data(msg, 0, *room, 0))
			return ONHOST_LOST;
		*room = 0;
		return status == STATUS_OUT_FULL ? ONHOST_PASS_SIZE : ONHOST_PASS_STORE;
	}
	return 0;
}

/* I2: `everysec` is a promise of the log writer's; nothing is acknowledged while nobody says that it keeps it. */
INLINE int log_is_late(struct onhost_page *page)
{
#ifdef MUTANT_ONHOST_NO_LATE
	return 0;
#endif
	return bpf_ktime_get_coarse_ns() > READ_ONCE(page->log_alive_ns) + ONHOST_LOG_LATE_MS * 1000000ull;
}

/* 0: the message is the reply now, `replied` bytes in memory of `held` bytes; else why it is as it was (enum onhost_pass), or
 * ONHOST_LOST: it was executed, and there is no reply. */
INLINE int serve_message(struct sk_msg_md *msg, struct io *io, struct control *c, struct onhost_page *page, u32 mode, u32 resp3,
			 u32 *replied, u32 *held)
{
	u32 length = msg->size, room = 0;
	if (!length || length > ONHOST_REQUEST_BYTES_MAX)
		return ONHOST_PASS_SIZE;
	int result = read_request(msg, io, length);
	if (result)
		return result;

	struct request *q = &io->requests[0];
	q->in_offset = 0;
	q->in_end = length;
	q->flags = REQUEST_READS_ONLY | REQUEST_NO_STORE_ERRORS | (resp3 ? REQUEST_RESP3 : 0);
	io->commands_left = 0;
	io->reply_bound = ONHOST_REPLY_BYTES_MAX;
	begin_request(io, q);
	u32 status = serve_commands(io);
	if (status == STATUS_WRITE) {
		if (!(mode & ONHOST_WRITES) || log_is_late(page))
			return ONHOST_PASS_DURABILITY;
		result = serve_writes(msg, io, c, length, &room);
		if (result)
			return result;
	} else if (status != STATUS_DONE || q->in_offset != length) {
		return not_whole(status);
	}
	/* I3: what a power cut could still take back is the server's to hold */
	if (!IS_DURABLE(mode, q->wait_position, c))
		return ONHOST_PASS_DURABILITY;

	u32 bytes = io->out_position, consumed = q->in_offset;
	if (!bytes || bytes > ONHOST_REPLY_BYTES_MAX)
		return ONHOST_PASS_SIZE;
	if (!room && bytes > consumed) {
		room = make_room(msg, bytes);
		if (!room)
			return q->writes ? ONHOST_LOST : ONHOST_PASS_KERNEL;
	}
	write_replies(msg, io, bytes, room ? room : consumed);
	u32 cut = room + consumed - bytes;
	if (cut && bpf_msg_pop_data(msg, bytes, cut, 0))
		return ONHOST_LOST;
	*replied = bytes;
	*held = room ? room : length;     /* what was popped is still there: it is the same memory */
	return 0;
}

#endif
