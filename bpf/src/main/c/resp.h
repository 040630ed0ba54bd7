/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * RESP, both ways: cutting a command into arguments, and writing replies.
 *
 * Only the form that client libraries send is read here: an array of bulk strings.  Whatever else arrives, inline commands and
 * protocol errors included, is left where it is for Java, which knows Redis's answer to it.
 */
#ifndef MARROW_RESP_H
#define MARROW_RESP_H

#include "hash.h"

#define OUT_MASK (OUT_BYTES - 1)
/* A reply begins with room for its longest fixed text; a value behind it runs into the buffer's tail, never around its end. */
#ifdef MUTANT_NO_OUT_MARGIN
#define OUT_MARGIN 1
#else
#define OUT_MARGIN REPLY_TEXT_BYTES_MAX
#endif
#define LENGTH_DIGITS_MAX 6

enum parse { PARSE_OK, PARSE_INCOMPLETE, PARSE_COLD };

/* "<digits>\r\n" at `from`: its value, and the offset behind it. */
INLINE int parse_length(struct io *io, u32 from, u32 end, u32 *value, u32 *behind)
{
	u32 v = 0;
	for (u32 i = 0; i <= LENGTH_DIGITS_MAX; i++) {
		if (from + i >= end)
			return PARSE_INCOMPLETE;
		u32 c = io->in[(from + i) & IN_MASK];
		if (c == '\r') {
			if (!i)
				return PARSE_COLD;
			if (from + i + 2 > end)
				return PARSE_INCOMPLETE;
			*value = v;
			*behind = from + i + 2;
			return PARSE_OK;
		}
		c -= '0';
		if (c > 9 || (i && !v))
			return PARSE_COLD;      /* no number, or a leading zero */
		v = v * 10 + c;
	}
	return PARSE_COLD;
}

/* The command at io.position: arguments and next_offset of the transaction.  Of one with more than ARGUMENTS_MAX only their number and its name. */
GLOBAL int parse_command(struct io *io, u32 end)
{
	if (!io)
		return PARSE_COLD;
	struct transaction *t = &io->t;
	u32 at = io->position, count = 0, length = 0;

	if (at >= end)
		return PARSE_INCOMPLETE;
	if (io->in[at & IN_MASK] != '*')
		return PARSE_COLD;
	int result = parse_length(io, at + 1, end, &count, &at);
	if (result)
		return result;
	if (!count)
		return PARSE_COLD;
	t->argument_count = count;
	u32 cut = count > ARGUMENTS_MAX ? 1 : count;
	for (u32 i = 0; i < ARGUMENTS_MAX; i++) {
		if (i >= cut)
			break;
		if (at >= end)
			return PARSE_INCOMPLETE;
		if (io->in[at & IN_MASK] != '$')
			return PARSE_COLD;
		result = parse_length(io, at + 1, end, &length, &at);
		if (result)
			return result;
		if (length > VALUE_BYTES_MAX)
			return PARSE_COLD;
		t->argument_offset[i] = at;
		t->argument_length[i] = length;
		at += length + 2;
		if (at > end)
			return PARSE_INCOMPLETE;
	}
	t->next_offset = at;
	return PARSE_OK;
}

/* A decimal number as Redis's string2ll takes it: no sign but '-', no leading zero, no spaces, 64 bits.
 * `from` is an offset in io.in, or in io.scratch when `in_scratch`.  1 and io.t.parsed, or 0. */
GLOBAL int parse_number(struct io *io, u32 from, u32 length, u32 in_scratch)
{
	if (!io || !length || length > 20)
		return 0;
	u32 i = 0, negative = 0;
	u64 v = 0;

	for (u32 n = 0; n < 20; n++) {
		if (n >= length)
			break;
		u32 c = in_scratch ? io->scratch[n & 63] : io->in[(from + n) & IN_MASK];
		if (!n && c == '-' && length > 1) {
			negative = 1;
			continue;
		}
		c -= '0';
		if (c > 9)
			return 0;
		if (n == negative && !c && length > 1)
			return 0;               /* "01", "-0", "-01" */
		if (v > (~0ull - c) / 10)
			return 0;
		v = v * 10 + c;
		i++;
	}
	if (!i || v > (1ull << 63) - 1 + negative)
		return 0;
	io->t.parsed = negative ? (s64)(0 - v) : (s64)v;
	return 1;
}

/* The number's digits at io.scratch[0…), how many. */
GLOBAL u32 print_number(struct io *io, s64 number)
{
	if (!io)
		return 0;
	u64 v = number < 0 ? 0 - (u64)number : number;
	u32 n = number < 0, digits = 1;
	u64 rest = v;
	for (u32 i = 0; i < 20; i++) {
		if (rest < 10)
			break;
		rest /= 10;
		digits++;
	}
	n += digits;
	if (number < 0)
		io->scratch[0] = '-';
	for (u32 i = 0; i < 20; i++) {
		if (i >= digits)
			break;
		io->scratch[(n - 1 - i) & 63] = '0' + v % 10;
		v /= 10;
	}
	return n;
}

INLINE u8 *reply_at(struct io *io)
{
	return io->out + (io->out_position & OUT_MASK);
}

/* A constant text, stored as words. */
#define REPLY(io, text) do { \
	__builtin_memcpy(reply_at(io), text, sizeof(text) - 1); \
	(io)->out_position += sizeof(text) - 1; \
} while (0)

/* Prefix, number, CRLF. */
GLOBAL int reply_number(struct io *io, u32 prefix, s64 number)
{
	if (!io)
		return 0;
	u8 *out = reply_at(io);
	out[0] = prefix;
	if (number >= 0 && number < 10) {
		out[1] = '0' + number;
		out[2] = '\r';
		out[3] = '\n';
		io->out_position += 4;
		return 0;
	}
	u32 digits = print_number(io, number);
	out[1] = io->scratch[0];
	*(u64 *)(out + 2) = *(u64 *)(io->scratch + 1);
	*(u64 *)(out + 10) = *(u64 *)(io->scratch + 9);
	*(u32 *)(out + 18) = *(u32 *)(io->scratch + 17);
	u8 *end = out + 1 + (digits & 31);
	end[0] = '\r';
	end[1] = '\n';
	io->out_position += digits + 3;
	return 0;
}

/* "$<length>\r\n" */
INLINE void reply_bulk_length(struct io *io, u32 length)
{
	if (length < 10 || length > 99) {
		reply_number(io, '$', length);
		return;
	}
	u8 *out = reply_at(io);
	u32 tens = length / 10;
	*(u32 *)out = '$' | ('0' + tens) << 8 | ('0' + (length - tens * 10)) << 16 | '\r' << 24;
	out[4] = '\n';
	io->out_position += 5;
}

GLOBAL int reply_nil(struct io *io, u32 resp3)
{
	if (!io)
		return 0;
	if (resp3)
		REPLY(io, "_\r\n");
	else
		REPLY(io, "$-1\r\n");
	return 0;
}

/* Bytes of io.in as they are, cut at `most`. */
INLINE void reply_in(struct io *io, u32 offset, u32 length, u32 most)
{
	if (length > most)
		length = most;
	if (length > VALUE_BYTES_MAX)
		return;
	bpf_probe_read_kernel(reply_at(io), length, io->in + (offset & IN_MASK));
	io->out_position += length;
}

#endif
