/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Cache misses of a pipeline, at the same time instead of one after the other.
 *
 * A command's two misses, bucket and record, depend on each other and are most of what it costs in a large table.  Those of the next
 * commands do not: so before a pipeline goes on, the keys of its next commands are hashed, then all their buckets are touched in one
 * tight loop, then all their records.  The processor has them under way together, and the commands find them in the cache.
 *
 * Nothing that is read here is used: the commands look again.  BPF has no prefetch instruction; a volatile load that nobody waits for is one.
 */
#ifndef MARROW_AHEAD_H
#define MARROW_AHEAD_H

#include "resp.h"
#include "table.h"

/* The key at transaction.key_offset will be needed. */
GLOBAL int note_ahead(struct io *io)
{
	if (!io)
		return 0;
	u32 i = io->ahead & (AHEAD_MAX - 1);
	hash_aside(io);
	io->ahead_home[i] = io->t.home;
	io->ahead_tag[i] = io->t.hash >> 48;
	io->ahead++;
	return 0;
}

/* So will the next command's, whatever it is.  0: there is none. */
GLOBAL int note_command(struct io *io, u32 end)
{
	if (!io || parse_command(io, end) != PARSE_OK)
		return 0;
	struct transaction *t = &io->t;
	if (t->argument_count > ARGUMENTS_MAX)
		return 0;
	io->position = t->next_offset;
	t->key_offset = t->argument_offset[1];
	t->key_length = t->argument_count > 1 && t->argument_length[1] <= KEY_BYTES_MAX ? t->argument_length[1] : 0;
	note_ahead(io);
	return 1;
}

GLOBAL int touch_bucket(struct io *io, u32 i)
{
	if (!io)
		return 0;
	struct bucket *b = bucket_at(io->ahead_home[i & (AHEAD_MAX - 1)]);
	if (!b)
		return 0;
	(void)READ_ONCE(b->next);       /* the lock's line, see locate() */
	(void)READ_ONCE(b->version);
	return 0;
}

GLOBAL int touch_record(struct io *io, u32 i)
{
	if (!io)
		return 0;
	struct bucket *b = bucket_at(io->ahead_home[i & (AHEAD_MAX - 1)]);
	u64 tag = io->ahead_tag[i & (AHEAD_MAX - 1)];
	if (!b)
		return 0;
#pragma clang loop unroll(full)
	for (u32 s = 0; s < REFS_PER_BUCKET; s++) {
		u64 ref = READ_ONCE(b->refs[s]);
		if (ref >> REF_TAG_SHIFT == tag) {
			u64 *record = record_word(ref);
			if (record)
				(void)READ_ONCE(*record);
			return 0;
		}
	}
	return 0;
}

/* Touches what was noted; io.ahead is how much that is, of which the first AHEAD_MAX count. */
GLOBAL int touch_noted(struct io *io)
{
	if (!io)
		return 0;
	u32 count = io->ahead;
	for (u32 i = 0; i < AHEAD_MAX; i++) {
		if (i >= count)
			break;
		touch_bucket(io, i);
	}
	for (u32 i = 0; i < AHEAD_MAX; i++) {
		if (i >= count)
			break;
		touch_record(io, i);
	}
	return 0;
}

/* Notes and touches what the commands from io.position on will need. */
GLOBAL int touch_ahead(struct io *io, u32 end)
{
	if (!io)
		return 0;
	u32 position = io->position;

	io->ahead = 0;
	for (u32 i = 0; i < AHEAD_MAX; i++)
		if (!note_command(io, end))
			break;
	io->position = position;
	touch_noted(io);
	return 0;
}

#endif
