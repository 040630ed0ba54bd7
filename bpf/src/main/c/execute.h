/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One single-key transaction: find the key, decide, commit or confirm, and start over while others are faster.
 *
 * Every arm of decide() names what the attempt wants; nothing it reads counts before commit or unchanged() has said so
 * under the lock.  A reply that carries a value is written behind io.out_position meanwhile and only becomes part of the
 * output when the attempt holds.
 */
#ifndef MARROW_EXECUTE_H
#define MARROW_EXECUTE_H

#include "command.h"
#include "transaction.h"

enum reply { REPLY_NONE, REPLY_OK, REPLY_NIL, REPLY_NUMBER, REPLY_WRITTEN, REPLY_NOT_INTEGER, REPLY_OVERFLOW };

#define BULK_FRAME_BYTES_MAX 10     /* "$65536\r\n" and "\r\n" */

/* The found value as a bulk reply behind out_position: 0 and reply_bytes, or why the transaction ends here (enum outcome). */
INLINE int write_old_value(struct io *io)
{
	struct transaction *t = &io->t;
	u32 start = io->out_position, length = t->old.value_length;

	if (length > VALUE_BYTES_MAX)
		return OUTCOME_AGAIN;
	/* before anything is committed: a door that has little room must not lose the reply of a change */
	if (start + length + BULK_FRAME_BYTES_MAX > io->out_limit)
		return OUTCOME_OUT_FULL;
	reply_bulk_length(io, length);
	u8 *out = reply_at(io);
	u8 *value = length <= WINDOW_VALUE_BYTES ? record_window(t->reference) : 0;
	/* read, checked and added at once: 6.1's verifier does not know the range of a number that clang spilled before its check */
	u64 key_length = READ_ONCE(t->key_length);
	asm volatile("" : "+r"(key_length));
	if (value && key_length <= WINDOW_KEY_BYTES) {
		value += RECORD_HEADER_BYTES + key_length;
		asm volatile("" : "+r"(value));
		COPY_WORDS(out, value, length, WINDOW_VALUE_BYTES);
	} else if (IS_STAGED(io) ? staged_value(io, STAGED_TO_OUT, io->out_position)
		   : record_read(out, length, t->reference, RECORD_HEADER_BYTES + (t->key_length & 1023)))
		length = 0;                 /* the reference is stale: the attempt will not hold */
	out[length] = '\r';
	out[length + 1] = '\n';
	t->reply_bytes = io->out_position + length + 2 - start;
	io->out_position = start;
	t->reply = REPLY_WRITTEN;
	return 0;
}

INLINE int reply_number_later(struct transaction *t, s64 number, int outcome)
{
	t->reply = REPLY_NUMBER;
	t->number = number;
	return outcome;
}

INLINE int decide_set(struct io *io, u32 live)
{
	struct transaction *t = &io->t;
	u32 flags = t->flags;

	t->reply = REPLY_OK;
	if (flags & OPTION_GET) {
		int refused = 0;
		if (!live)
			t->reply = REPLY_NIL;
		else
			refused = write_old_value(io);
		if (refused)
			return refused;
	}
	if (((flags & OPTION_NX) && live) || ((flags & OPTION_XX) && !live)) {
		if (flags & OPTION_REPLY_NUMBER)
			return reply_number_later(t, 0, OUTCOME_READ);
		if (!(flags & OPTION_GET))
			t->reply = REPLY_NIL;
		return OUTCOME_READ;
	}
	t->piece_new_offset = t->argument_offset[t->value_argument & ARGUMENT_MASK];
	t->piece_new_length = t->argument_length[t->value_argument & ARGUMENT_MASK];
	t->expire_ms = (flags & OPTION_KEEPTTL) && live ? t->old.expire_ms : t->deadline_ms;
	if (flags & OPTION_REPLY_NUMBER)
		return reply_number_later(t, 1, OUTCOME_PUT);
	return OUTCOME_PUT;
}

INLINE int decide_append(struct io *io, u32 live)
{
	struct transaction *t = &io->t;
	u32 kept = live ? t->old.value_length : 0, added = t->argument_length[2];

	if (kept + added > VALUE_BYTES_MAX)
		return OUTCOME_COLD;        /* tier two's */
	t->piece_old = kept;
	t->piece_new_offset = t->argument_offset[2];
	t->piece_new_length = added;
	t->expire_ms = live ? t->old.expire_ms : 0;
	return reply_number_later(t, kept + added, OUTCOME_PUT);
}

INLINE int decide_add(struct io *io, u32 live)
{
	struct transaction *t = &io->t;
	s64 before = 0, by = t->increment, after;

	if (live) {
		u32 length = t->old.value_length;
		t->reply = REPLY_NOT_INTEGER;
		if (!length || length > 20)
			return OUTCOME_READ;
		if (IS_STAGED(io) ? staged_value(io, STAGED_TO_SCRATCH, 0)
		    : record_read(io->scratch, length, t->reference, RECORD_HEADER_BYTES + (t->key_length & 1023)))
			return OUTCOME_AGAIN;
		if (!parse_number(io, 0, length, 1))
			return OUTCOME_READ;
		before = t->parsed;
	}
	after = (s64)((u64)before + (u64)by);
	if ((by < 0 && after > before) || (by > 0 && after < before)) {
		t->reply = REPLY_OVERFLOW;
		return OUTCOME_READ;
	}
	t->piece_from_scratch = 1;
	t->piece_new_length = print_number(io, after) & 31;
	t->expire_ms = live ? t->old.expire_ms : 0;
	return reply_number_later(t, after, OUTCOME_PUT);
}

INLINE int decide_expire(struct io *io, u32 live)
{
	struct transaction *t = &io->t;
	u64 now = t->old.expire_ms, then = t->deadline_ms;
	u32 flags = t->flags;

	if (!live
	    || ((flags & OPTION_NX) && now)
	    || ((flags & OPTION_XX) && !now)
	    || ((flags & OPTION_GT) && (!now || then <= now))    /* no deadline is the latest one */
	    || ((flags & OPTION_LT) && now && then >= now))
		return reply_number_later(t, 0, OUTCOME_READ);
	if (then <= now_ms(io))
		return reply_number_later(t, 1, OUTCOME_DELETE);
	t->piece_old = t->old.value_length;
	t->expire_ms = then;
	return reply_number_later(t, 1, OUTCOME_PUT);
}

INLINE s64 time_to_live(struct io *io, u32 live)
{
	struct transaction *t = &io->t;

	if (!live)
		return -2;
	if (!t->old.expire_ms)
		return -1;
	s64 left = t->old.expire_ms - now_ms(io);
	return t->flags & OPTION_MILLISECONDS ? left : (s64)(((u64)left + 500) / 1000);
}

/* A redo record of the log: the highest version of a key wins, in whatever order they come (I5).  A delete stays
 * as a tombstone until the records that were loaded with it are. */
INLINE int decide_load(struct transaction *t)
{
#ifndef MUTANT_REPLAY_IN_RING_ORDER
	if (t->found && t->old.version >= t->redo_version)
		return OUTCOME_READ;
#endif
	t->piece_new_offset = t->argument_offset[0];
	t->piece_new_length = t->argument_length[0];
	t->expire_ms = t->deadline_ms;
	t->value_flags = t->given_flags;
	return OUTCOME_PUT;
}

/* Whether the command looks at the value or replaces it, and that is Java's because the value is not here. */
INLINE int needs_large_value(struct transaction *t)
{
	u32 op = t->op;
	return (t->old.flags & RECORD_STUB) && op <= OP_GETDEL && op != OP_EXISTS && op != OP_TTL;
}

/* Whether the key was found, and is not past its deadline. */
INLINE u32 is_live(struct io *io)
{
	struct transaction *t = &io->t;
	return t->found && !(t->old.expire_ms && t->old.expire_ms < now_ms(io));
}

INLINE int decide(struct io *io)
{
	struct transaction *t = &io->t;
	u32 found = t->found;
	u32 live = is_live(io);
	int refused;

	if (found && needs_large_value(t))
		return OUTCOME_COLD;
	t->value_flags = 0;
	t->piece_old = 0;
	t->piece_new_length = 0;
	t->piece_from_scratch = 0;
	t->expire_ms = 0;
	t->reply = REPLY_NONE;
	switch (t->op) {
	case OP_GET:
		t->reply = REPLY_NIL;
		refused = live ? write_old_value(io) : 0;
		return refused ? refused : OUTCOME_READ;
	case OP_SET:
		return decide_set(io, live);
	case OP_ADD:
		return decide_add(io, live);
	case OP_EXISTS:
		return reply_number_later(t, live, OUTCOME_READ);
	case OP_STRLEN:
		return reply_number_later(t, live ? t->old.value_length : 0, OUTCOME_READ);
	case OP_TTL:
		return reply_number_later(t, time_to_live(io, live), OUTCOME_READ);
	case OP_APPEND:
		return decide_append(io, live);
	case OP_EXPIRE:
		return decide_expire(io, live);
	case OP_PERSIST:
		if (!live || !t->old.expire_ms)
			return reply_number_later(t, 0, OUTCOME_READ);
		t->piece_old = t->old.value_length;
		return reply_number_later(t, 1, OUTCOME_PUT);
	case OP_DELETE:
		return reply_number_later(t, live, live ? OUTCOME_DELETE : OUTCOME_READ);
	case OP_GETDEL:
		t->reply = REPLY_NIL;
		if (!live)
			return OUTCOME_READ;
		refused = write_old_value(io);
		return refused ? refused : OUTCOME_DELETE;
	case OP_LOAD:
		return decide_load(t);
	case OP_REMOVE_EXPIRED:
		return found && !live ? OUTCOME_DELETE : OUTCOME_READ;
	case OP_REMOVE_TOMBSTONE:
		return found && t->old.type == REDO_DELETE ? OUTCOME_DELETE : OUTCOME_READ;
	case OP_STAGE:
		return decide_stage(io);
	case OP_COMMIT:
		return decide_commit(io);
	}
	return OUTCOME_AGAIN;
}

/* `first`: most attempts are, and most of them hold. */
INLINE int attempt_once(struct io *io, int first)
{
	struct transaction *t = &io->t;
	struct control *c = the_control();
	if (!c)
		return STATUS_INTERNAL;

	t->log_position = 0;
	u32 staged = !first && IS_STAGED(io);
	int result = staged ? locate_staged(io) : locate(io, c);
	if (result) {
		if (!staged)
			purge(io, t->home);
		return result;
	}
	if (t->snapshot & VERSION_CHANGING)
		return ATTEMPT_AGAIN;       /* a transaction over several keys is about to change this home (commit.h) */
	switch (decide(io)) {
	case OUTCOME_READ:
		if (staged)
			return ATTEMPT_OK;
		return first ? unchanged_now(io) : unchanged(io);
	case OUTCOME_PUT:
		return staged ? put_staged(io) : commit_put(io);
	case OUTCOME_DELETE:
		return staged ? delete_staged(io) : commit_delete(io);
	case OUTCOME_OUT_FULL:
		return STATUS_OUT_FULL;
	case OUTCOME_CHANGED:
		return STATUS_CHANGED;
	case OUTCOME_COLD:
		return STATUS_COLD;
	}
	return ATTEMPT_AGAIN;
}

GLOBAL int attempt(struct io *io)
{
	return io ? attempt_once(io, 0) : STATUS_INTERNAL;
}

INLINE int attempt_again(struct io *io)
{
	for (u32 i = 1; i < ATTEMPTS_MAX; i++) {
		struct counters *n = my_counters(io);
		if (n)
			__sync_fetch_and_add(&n->attempts_lost, 1);
		int result = attempt(io);
		if (result != ATTEMPT_AGAIN)
			return result;
	}
	return STATUS_BUSY;
}

/* 0, or an enum status; nothing has changed when it is not 0. */
GLOBAL int transact(struct io *io)
{
	if (!io)
		return STATUS_INTERNAL;
	io->t.larger = 0;
	if (IS_STAGED(io))
		return attempt(io);
	hash_key(io);
	int result = attempt_once(io, 1);
	return result == ATTEMPT_AGAIN ? attempt_again(io) : result;
}

/* The log position that the reply depends on (I3): what this transaction wrote, else what it saw. */
INLINE u64 observed_position(struct transaction *t)
{
	if (t->log_position)
		return t->log_position;
	return t->found ? t->old.log_position : t->removal_position;
}

INLINE int write_reply(struct io *io, u32 resp3)
{
	struct transaction *t = &io->t;
	switch (t->reply) {
	case REPLY_OK:
		REPLY(io, "+OK\r\n");
		break;
	case REPLY_WRITTEN:
		io->out_position += t->reply_bytes;
		break;
	case REPLY_NIL:
		return reply_nil(io, resp3);
	case REPLY_NUMBER:
		return reply_number(io, ':', t->number);
	case REPLY_NOT_INTEGER:
		REPLY(io, TEXT_NOT_INTEGER);
		break;
	case REPLY_OVERFLOW:
		REPLY(io, "-ERR increment or decrement would overflow\r\n");
		break;
	}
	return 0;
}

#endif
