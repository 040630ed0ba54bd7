/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SipHash-1-3 (Aumasson and Bernstein, 2012) of a key, seeded per store so that nobody can aim keys at one bucket. */
#ifndef MARROW_HASH_H
#define MARROW_HASH_H

#include "clock.h"

#define IN_MASK (IN_BYTES - 1)

INLINE u64 in_word(struct io *io, u32 offset)
{
	return *(u64 *)(io->in + (offset & IN_MASK));
}

#define ROTATE(x, bits) (((x) << (bits)) | ((x) >> (64 - (bits))))
#define SIP_ROUND(a, b, c, d) do { \
	a += b; b = ROTATE(b, 13); b ^= a; a = ROTATE(a, 32); \
	c += d; d = ROTATE(d, 16); d ^= c; \
	a += d; d = ROTATE(d, 21); d ^= a; \
	c += b; b = ROTATE(b, 17); b ^= c; c = ROTATE(c, 32); \
} while (0)

/* Fills transaction.hash and .home from the key. */
INLINE void hash_key(struct io *io)
{
	struct transaction *t = &io->t;
	u32 offset = t->key_offset, length = t->key_length;
	u64 a = config.hash_seed[0] ^ 0x736f6d6570736575ull, b = config.hash_seed[1] ^ 0x646f72616e646f6dull;
	u64 c = config.hash_seed[0] ^ 0x6c7967656e657261ull, d = config.hash_seed[1] ^ 0x7465646279746573ull;

	for (u32 i = 0; i < KEY_BYTES_MAX / 8; i++) {
		if (i * 8 + 8 > length)
			break;
		u64 word = in_word(io, offset + i * 8);
		d ^= word;
		SIP_ROUND(a, b, c, d);
		a ^= word;
	}
	u32 rest = length & 7;
	u64 word = in_word(io, offset + (length & ~7u)) & ((1ull << (rest * 8)) - 1);
	word |= (u64)length << 56;
	d ^= word;
	SIP_ROUND(a, b, c, d);
	a ^= word;
	c ^= 0xff;
	SIP_ROUND(a, b, c, d);
	SIP_ROUND(a, b, c, d);
	SIP_ROUND(a, b, c, d);

	u64 hash = a ^ b ^ c ^ d;
	t->hash = hash;
	t->home = (u32)(((hash & 0xffffffff) * config.bucket_count) >> 32);
}

/* The same where a call does not count: the verifier goes through it once. */
GLOBAL int hash_aside(struct io *io)
{
	if (io)
		hash_key(io);
	return 0;
}

#endif
