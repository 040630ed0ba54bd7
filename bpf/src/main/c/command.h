/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a command means before any key is looked at: its name, its number of arguments, its options.
 * Redis's texts throughout (7.0); the one that differs names Marrow's limit of a key.
 */
#ifndef MARROW_COMMAND_H
#define MARROW_COMMAND_H

#include "resp.h"

enum op {
	OP_NONE,
	OP_GET, OP_STRLEN, OP_EXISTS, OP_TTL,
	OP_SET, OP_APPEND, OP_ADD, OP_EXPIRE, OP_PERSIST, OP_DELETE, OP_GETDEL,
	OP_PING, OP_ECHO, OP_MGET,
	/* not commands: what other operations do with one key */
	OP_LOAD, OP_REMOVE_EXPIRED, OP_REMOVE_TOMBSTONE, OP_STAGE, OP_COMMIT,
};

enum option_flag {
	OPTION_NX = 1, OPTION_XX = 2, OPTION_GET = 4, OPTION_KEEPTTL = 8, OPTION_GT = 16, OPTION_LT = 32,
	OPTION_REPLY_NUMBER = 64,   /* SETNX: 1 or 0 */
	OPTION_MILLISECONDS = 128,  /* time is given or asked for in ms */
	OPTION_ABSOLUTE = 256,      /* time is a Unix time */
	OPTION_TIMED = 512,         /* SET has a time option */
	OPTION_SUBTRACT = 1024,     /* DECR, DECRBY */
};

enum prepared { PREPARED_TRANSACTION, PREPARED_ANSWERED, PREPARED_COLD, PREPARED_MGET };

/* Up to eight letters as one word, upper case. */
#define WORD(a, b, c, d, e, f, g, h) \
	((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 | (u64)(e) << 32 | (u64)(f) << 40 | (u64)(g) << 48 | (u64)(h) << 56)
#define WORD2(a, b) WORD(a, b, 0, 0, 0, 0, 0, 0)
#define WORD3(a, b, c) WORD(a, b, c, 0, 0, 0, 0, 0)
#define WORD4(a, b, c, d) WORD(a, b, c, d, 0, 0, 0, 0)
#define WORD5(a, b, c, d, e) WORD(a, b, c, d, e, 0, 0, 0)
#define WORD6(a, b, c, d, e, f) WORD(a, b, c, d, e, f, 0, 0)
#define WORD7(a, b, c, d, e, f, g) WORD(a, b, c, d, e, f, g, 0)
#define UPPER 0xdfdfdfdfdfdfdfdfull /* a letter and its other case are the only two bytes that this makes equal to it */

INLINE u64 argument_word(struct io *io, u32 i)
{
	u32 length = io->t.argument_length[i & ARGUMENT_MASK];
	u64 word = in_word(io, io->t.argument_offset[i & ARGUMENT_MASK]) & UPPER;
	if (length >= 8)
		return word;
	return word & ((1ull << (length * 8)) - 1);
}

INLINE int set_op(struct transaction *t, u32 op, u32 flags, u32 value_argument)
{
	t->op = op;
	t->flags = flags;
	t->value_argument = value_argument;
	return 0;
}

/* Name to operation; the rest of the dispatch is by op and flags. -1: not a command that runs here. */
INLINE int recognise(struct io *io)
{
	struct transaction *t = &io->t;
	u32 length = t->argument_length[0];
	u64 name = argument_word(io, 0);

	switch (length) {
	case 3:
		if (name == WORD3('G', 'E', 'T'))
			return set_op(t, OP_GET, 0, 0);
		if (name == WORD3('S', 'E', 'T'))
			return set_op(t, OP_SET, 0, 2);
		if (name == WORD3('D', 'E', 'L'))
			return set_op(t, OP_DELETE, 0, 0);
		if (name == WORD3('T', 'T', 'L'))
			return set_op(t, OP_TTL, 0, 0);
		break;
	case 4:
		if (name == WORD4('I', 'N', 'C', 'R'))
			return set_op(t, OP_ADD, 0, 0);
		if (name == WORD4('D', 'E', 'C', 'R'))
			return set_op(t, OP_ADD, OPTION_SUBTRACT, 0);
		if (name == WORD4('M', 'G', 'E', 'T'))
			return set_op(t, OP_MGET, 0, 0);
		if (name == WORD4('P', 'I', 'N', 'G'))
			return set_op(t, OP_PING, 0, 0);
		if (name == WORD4('E', 'C', 'H', 'O'))
			return set_op(t, OP_ECHO, 0, 0);
		if (name == WORD4('P', 'T', 'T', 'L'))
			return set_op(t, OP_TTL, OPTION_MILLISECONDS, 0);
		break;
	case 5:
		if (name == WORD5('S', 'E', 'T', 'N', 'X'))
			return set_op(t, OP_SET, OPTION_NX | OPTION_REPLY_NUMBER, 2);
		if (name == WORD5('S', 'E', 'T', 'E', 'X'))
			return set_op(t, OP_SET, OPTION_TIMED, 3);
		break;
	case 6:
		if (name == WORD6('I', 'N', 'C', 'R', 'B', 'Y'))
			return set_op(t, OP_ADD, 0, 2);
		if (name == WORD6('D', 'E', 'C', 'R', 'B', 'Y'))
			return set_op(t, OP_ADD, OPTION_SUBTRACT, 2);
		if (name == WORD6('E', 'X', 'I', 'S', 'T', 'S'))
			return set_op(t, OP_EXISTS, 0, 0);
		if (name == WORD6('S', 'T', 'R', 'L', 'E', 'N'))
			return set_op(t, OP_STRLEN, 0, 0);
		if (name == WORD6('A', 'P', 'P', 'E', 'N', 'D'))
			return set_op(t, OP_APPEND, 0, 2);
		if (name == WORD6('E', 'X', 'P', 'I', 'R', 'E'))
			return set_op(t, OP_EXPIRE, 0, 2);
		if (name == WORD6('G', 'E', 'T', 'S', 'E', 'T'))
			return set_op(t, OP_SET, OPTION_GET, 2);
		if (name == WORD6('G', 'E', 'T', 'D', 'E', 'L'))
			return set_op(t, OP_GETDEL, 0, 0);
		if (name == WORD6('P', 'S', 'E', 'T', 'E', 'X'))
			return set_op(t, OP_SET, OPTION_TIMED | OPTION_MILLISECONDS, 3);
		break;
	case 7:
		if (name == WORD7('P', 'E', 'X', 'P', 'I', 'R', 'E'))
			return set_op(t, OP_EXPIRE, OPTION_MILLISECONDS, 2);
		if (name == WORD7('P', 'E', 'R', 'S', 'I', 'S', 'T'))
			return set_op(t, OP_PERSIST, 0, 0);
		break;
	case 8:
		if (name == WORD('E', 'X', 'P', 'I', 'R', 'E', 'A', 'T'))
			return set_op(t, OP_EXPIRE, OPTION_ABSOLUTE, 2);
		break;
	case 9:
		if (name == WORD('P', 'E', 'X', 'P', 'I', 'R', 'E', 'A')
		    && (io->in[(t->argument_offset[0] + 8) & IN_MASK] & 0xdf) == 'T')
			return set_op(t, OP_EXPIRE, OPTION_ABSOLUTE | OPTION_MILLISECONDS, 2);
		break;
	}
	return -1;
}

/* The command's name in lower case, as Redis quotes it. */
INLINE void reply_name(struct io *io)
{
	u32 length = io->t.argument_length[0];
	u8 *out = reply_at(io);
	for (u32 i = 0; i < 9; i++) {
		if (i >= length)
			break;
		out[i] = io->in[(io->t.argument_offset[0] + i) & IN_MASK] | 0x20;
	}
	io->out_position += length < 9 ? length : 9;
}

GLOBAL int reply_wrong_arity(struct io *io)
{
	if (!io)
		return 0;
	REPLY(io, "-ERR wrong number of arguments for '");
	reply_name(io);
	REPLY(io, "' command\r\n");
	return 0;
}

GLOBAL int reply_invalid_expire(struct io *io)
{
	if (!io)
		return 0;
	REPLY(io, "-ERR invalid expire time in '");
	reply_name(io);
	REPLY(io, "' command\r\n");
	return 0;
}

#define TEXT_NOT_INTEGER "-ERR value is not an integer or out of range\r\n"
#define TEXT_SYNTAX "-ERR syntax error\r\n"
#define ANSWER(io, text) do { REPLY(io, text); return PREPARED_ANSWERED; } while (0)

/* The number in argument i, checked as a time and made an absolute deadline in ms. */
GLOBAL int prepare_deadline(struct io *io, u32 i, u32 positive)
{
	if (!io)
		return PREPARED_COLD;
	struct transaction *t = &io->t;
	if (!parse_number(io, t->argument_offset[i & ARGUMENT_MASK], t->argument_length[i & ARGUMENT_MASK], 0))
		ANSWER(io, TEXT_NOT_INTEGER);
	s64 time = t->parsed, most = (s64)(~0ull >> 1);
	int fits = !positive || time > 0;
	if (!(t->flags & OPTION_MILLISECONDS)) {
		if (time > most / 1000 || time < -(most / 1000))
			fits = 0;
		time *= 1000;
	}
	if (!(t->flags & OPTION_ABSOLUTE)) {
		if (time > most - (s64)now_ms(io))
			fits = 0;
		time += now_ms(io);
	}
	if (!fits) {
		reply_invalid_expire(io);
		return PREPARED_ANSWERED;
	}
	/* 0 means "never" in a record; a deadline in 1970 or before is past in any case */
	t->deadline_ms = time > 0 ? time : 1;
	return PREPARED_TRANSACTION;
}

/* Option i of SET: how many arguments it takes, 0: a syntax error.  A function of its own keeps the verifier from following
 * every sequence of options. */
GLOBAL int set_option(struct io *io, u32 i)
{
	if (!io)
		return 0;
	struct transaction *t = &io->t;
	u32 flags = t->flags, timed = flags & OPTION_TIMED;
	u64 word = argument_word(io, i);
	u32 length = t->argument_length[i & ARGUMENT_MASK];     /* compared too: a space is a zero in the word, as an end is */

	if (length == 2 && word == WORD2('N', 'X') && !(flags & OPTION_XX))
		return t->flags |= OPTION_NX, 1;
	if (length == 2 && word == WORD2('X', 'X') && !(flags & OPTION_NX))
		return t->flags |= OPTION_XX, 1;
	if (length == 3 && word == WORD3('G', 'E', 'T'))
		return t->flags |= OPTION_GET, 1;
	if (length == 7 && word == WORD7('K', 'E', 'E', 'P', 'T', 'T', 'L') && !timed)
		return t->flags |= OPTION_KEEPTTL, 1;

	u32 unit;
	if (length == 2 && word == WORD2('E', 'X'))
		unit = OPTION_TIMED;
	else if (length == 2 && word == WORD2('P', 'X'))
		unit = OPTION_TIMED | OPTION_MILLISECONDS;
	else if (length == 4 && word == WORD4('E', 'X', 'A', 'T'))
		unit = OPTION_TIMED | OPTION_ABSOLUTE;
	else if (length == 4 && word == WORD4('P', 'X', 'A', 'T'))
		unit = OPTION_TIMED | OPTION_ABSOLUTE | OPTION_MILLISECONDS;
	else
		return 0;
	u32 before = flags & (OPTION_TIMED | OPTION_ABSOLUTE | OPTION_MILLISECONDS);
	if ((flags & OPTION_KEEPTTL) || (before && before != unit) || i + 1 >= t->argument_count)
		return 0;
	t->flags |= unit;
	t->time_argument = i + 1;
	return 2;
}

/* Whether option i of SET compares the old value: that is Java's. */
INLINE int is_comparison(struct io *io, u32 i)
{
	u64 word = argument_word(io, i);
	return io->t.argument_length[i & ARGUMENT_MASK] == 4 && (word == WORD4('I', 'F', 'E', 'Q') || word == WORD4('I', 'F', 'N', 'E'));
}

/* SET key value [NX|XX] [GET] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL], in any order */
GLOBAL int prepare_set(struct io *io)
{
	if (!io)
		return PREPARED_COLD;
	struct transaction *t = &io->t;
	u32 at = 3;

	for (u32 i = 3; i < ARGUMENTS_MAX; i++) {
		if (at >= t->argument_count)
			break;
		int taken = set_option(io, at);
		if (!taken && is_comparison(io, at))
			return PREPARED_COLD;
		if (!taken)
			ANSWER(io, TEXT_SYNTAX);
		at += taken;
	}
	return t->flags & OPTION_TIMED ? prepare_deadline(io, t->time_argument, 1) : PREPARED_TRANSACTION;
}

/* Argument i within the line of an error: as Redis does, up to a NUL, without line ends that would look like the end of the reply.
 * At most QUOTED_BYTES_MAX bytes. */
#define QUOTED_BYTES_MAX 128
GLOBAL int reply_quoted(struct io *io, u32 i)
{
	if (!io)
		return 0;
	u32 offset = io->t.argument_offset[i & ARGUMENT_MASK], length = io->t.argument_length[i & ARGUMENT_MASK], written = 0;
	u8 *out = reply_at(io);
	for (u32 n = 0; n < QUOTED_BYTES_MAX; n++) {
		if (n >= length)
			break;
		u8 c = io->in[(offset + n) & IN_MASK];
		if (!c)
			break;
		if (c == '\r' || c == '\n')
			c = ' ';
		else
			written = n + 1;
		out[n] = c;
	}
	io->out_position += written;
	return 0;
}

/* Option i of EXPIRE: its flag, 0: it has no such.  A function of its own, as set_option(). */
GLOBAL u32 expire_option(struct io *io, u32 i)
{
	if (!io || io->t.argument_length[i & ARGUMENT_MASK] != 2)
		return 0;
	u64 word = argument_word(io, i);
	if (word == WORD2('N', 'X'))
		return OPTION_NX;
	if (word == WORD2('X', 'X'))
		return OPTION_XX;
	if (word == WORD2('G', 'T'))
		return OPTION_GT;
	return word == WORD2('L', 'T') ? OPTION_LT : 0;
}

/* EXPIRE key time [NX | XX | GT | LT], and its siblings */
GLOBAL int prepare_expire(struct io *io)
{
	if (!io)
		return PREPARED_COLD;
	struct transaction *t = &io->t;
	u32 count = t->argument_count, flags = 0;

	for (u32 i = 3; i < ARGUMENTS_MAX; i++) {
		if (i >= count)
			break;
		u32 flag = expire_option(io, i);
		if (!flag) {
			REPLY(io, "-ERR Unsupported option ");
			reply_quoted(io, i);
			ANSWER(io, "\r\n");
		}
		flags |= flag;
	}
	if ((flags & OPTION_NX) && (flags & (OPTION_XX | OPTION_GT | OPTION_LT)))
		ANSWER(io, "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n");
	if ((flags & OPTION_GT) && (flags & OPTION_LT))
		ANSWER(io, "-ERR GT and LT options at the same time are not compatible\r\n");
	t->flags |= flags;
	return prepare_deadline(io, 2, 0);
}

INLINE void arity(u32 op, u32 value_argument, u32 *least, u32 *most)
{
	*least = *most = 2;
	switch (op) {
	case OP_PING:
		*least = 1;
		break;
	case OP_SET:
	case OP_APPEND:
	case OP_ADD:
		*least = *most = value_argument ? value_argument + 1 : 2;
		break;
	case OP_EXPIRE:
		*least = 3;
		*most = ARGUMENTS_MAX;
		break;
	case OP_DELETE:
	case OP_EXISTS:
		*most = ARGUMENTS_MAX;
		break;
	case OP_MGET:
		*most = ~0u;
		break;
	}
}

/* Everything about the command that can be said without its key; errors are answered here. */
GLOBAL int prepare(struct io *io)
{
	if (!io)
		return PREPARED_COLD;
	struct transaction *t = &io->t;
	if (recognise(io))
		return PREPARED_COLD;

	u32 count = t->argument_count, op = t->op, least, most;
	if (count > ARGUMENTS_MAX && op != OP_MGET)
		return PREPARED_COLD;
	arity(op, t->value_argument, &least, &most);
	if (op == OP_SET && !t->flags && t->argument_length[0] == 3)
		most = ARGUMENTS_MAX;
	if (count < least || count > most) {
		reply_wrong_arity(io);
		return PREPARED_ANSWERED;
	}
	if (op == OP_PING && count == 1)
		ANSWER(io, "+PONG\r\n");
	if (op == OP_PING || op == OP_ECHO) {
		reply_number(io, '$', t->argument_length[1]);
		u32 length = t->argument_length[1];
		u8 *out = reply_at(io);
		if (length > VALUE_BYTES_MAX)
			return PREPARED_COLD;
		bpf_probe_read_kernel(out, length, io->in + (t->argument_offset[1] & IN_MASK));
		out[length] = '\r';
		out[length + 1] = '\n';
		io->out_position += length + 2;
		return PREPARED_ANSWERED;
	}
	if ((op == OP_DELETE || op == OP_EXISTS) && count > 2)
		return PREPARED_COLD;
	if (op == OP_MGET)
		return io->staged ? PREPARED_COLD : PREPARED_MGET;

	t->key_offset = t->argument_offset[1];
	t->key_length = t->argument_length[1];
	if (!t->key_length || t->key_length > KEY_BYTES_MAX) {
		REPLY(io, "-ERR key is ");
		u32 digits = print_number(io, t->key_length);
		__builtin_memcpy(reply_at(io), io->scratch, 8);
		io->out_position += digits & 7;
		ANSWER(io, " bytes; keys are 1 to 512 bytes\r\n");
	}

	t->deadline_ms = 0;
	if (op == OP_SET) {
		if (most > least && count > 3)
			return prepare_set(io);
		if (t->flags & OPTION_TIMED)
			return prepare_deadline(io, 2, 1);
	} else if (op == OP_EXPIRE) {
		return prepare_expire(io);
	} else if (op == OP_ADD) {
		s64 by = 1;
		if (t->value_argument) {
			if (!parse_number(io, t->argument_offset[2], t->argument_length[2], 0))
				ANSWER(io, TEXT_NOT_INTEGER);
			by = t->parsed;
		}
		if (t->flags & OPTION_SUBTRACT) {
			if (by == (s64)(1ull << 63))
				ANSWER(io, "-ERR decrement would overflow\r\n");
			by = -by;
		}
		t->increment = by;
	}
	return PREPARED_TRANSACTION;
}

#endif
