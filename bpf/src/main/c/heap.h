/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records: finding, copying, taking and giving back.
 *
 * Readers hold no reference: they copy a record that may be freed and reused under them, and the transaction's
 * revalidation throws the copy away (table.h).  So a record's memory is never unmapped while programs run, and nothing that is
 * read from one is believed before a bound is checked.
 */
#ifndef MARROW_HEAP_H
#define MARROW_HEAP_H

#include "maps.h"

#define FREE_LOCATION_MASK ((1ull << REF_CLASS_SHIFT) - 1)   /* class is known from the stack it lies on */
#define FREE_TAG_SHIFT REF_CLASS_SHIFT
#define REF_VALID (1ull << REF_VALID_SHIFT)

/* Padded to a power of two with a size no record has, so that a search needs no end condition. */
static const u32 class_bytes[64] = {
#define X(i, bytes) [i] = bytes,
	SIZE_CLASSES(X)
#undef X
	[60] = ~0u, [61] = ~0u, [62] = ~0u, [63] = ~0u,
};

INLINE u32 class_of(u32 bytes)
{
	u32 c = 0;
#pragma clang loop unroll(full)
	for (u32 step = 32; step; step >>= 1)
		if (class_bytes[(c + step - 1) & 63] < bytes)
			c += step;
	return c & 63;
}

INLINE u32 ref_class(u64 ref)
{
	return (ref >> REF_CLASS_SHIFT) & ((1 << REF_CLASS_BITS) - 1);
}

INLINE void *block_of(u64 ref)
{
	u32 block = (ref >> REF_BLOCK_SHIFT) & ((1u << REF_BLOCK_BITS) - 1);
	u32 slab = block / BLOCKS_PER_SLAB, index = block % BLOCKS_PER_SLAB;
	void *blocks = bpf_map_lookup_elem(&heap, &slab);
	if (!blocks)
		return 0;
	return bpf_map_lookup_elem(blocks, &index);
}

INLINE u32 offset_of(u64 ref)
{
	return (u32)(ref & ((1 << REF_OFFSET_BITS) - 1)) * 8;
}

/* Copies `bytes` of the record, from `from` on.  0, or -1 when the reference makes no sense any more. */
INLINE int record_read(void *to, u32 bytes, u64 ref, u32 from)
{
	u8 *block = block_of(ref);
	u32 offset = offset_of(ref);
	asm volatile("" : "+r"(bytes));     /* callers have checked it, but the verifier forgets the range of what clang has spilled since */
	if (!block || offset > BLOCK_BYTES - RECORD_CLASS_BYTES_MIN || bytes > RECORD_BYTES_MAX)
		return -1;
	return bpf_probe_read_kernel(to, bytes, block + offset + from);
}

/*
 * A record's first WINDOW_BYTES in place, for copies of a few words without a helper call; 0 for one that lies at the very end
 * of its block, or makes no sense any more.  Keys and values that the window does not hold take the helpers.
 */
#define WINDOW_BYTES 256
#define WINDOW_KEY_BYTES 64
#define WINDOW_VALUE_BYTES 128
_Static_assert(RECORD_HEADER_BYTES + WINDOW_KEY_BYTES + WINDOW_VALUE_BYTES + 8 <= WINDOW_BYTES, "words may overlap the end");

INLINE u8 *record_window(u64 ref)
{
	u8 *block = block_of(ref);
	u32 offset = offset_of(ref);
	if (!block || offset > BLOCK_BYTES - WINDOW_BYTES)
		return 0;
	return block + offset;
}

/* Whole words, so up to seven bytes more than asked.  The loop has its own number of them: 6.1's verifier also goes where `copied` has
 * passed a number that cannot be that small, and believes nothing of that register any more. */
#define COPY_WORDS(to, from, bytes, most) do { \
	u32 to_copy = (bytes); \
	asm volatile("" : "+w"(to_copy)); \
	for (u32 copied = 0; copied < (most); copied += 8) { \
		if (copied >= to_copy) \
			break; \
		*(u64 *)((to) + copied) = *(u64 *)((from) + copied); \
	} \
} while (0)

/* The first word of a record: log position, or link while it is free. */
INLINE u64 *record_word(u64 ref)
{
	u8 *block = block_of(ref);
	u32 offset = offset_of(ref);
	if (!block || offset > BLOCK_BYTES - RECORD_CLASS_BYTES_MIN)
		return 0;
	return (u64 *)(block + offset);
}

/* Copies `bytes` of io.image into the record.  The verifier wants a constant bound for offset plus size and cannot relate two
 * variables, hence one arm per class; the asm keeps clang from merging the arms again. */
GLOBAL int record_store_large(struct io *io, u64 ref, u32 bytes)
{
	if (!io)
		return -1;
	u32 class = ref_class(ref);
	u8 *block = block_of(ref);
	u32 offset = offset_of(ref);
	if (!block)
		return -1;
	switch (class) {
#define X(i, class_size) \
	case i: \
		if (offset > BLOCK_BYTES - class_size || bytes > class_size) \
			return -1; \
		bpf_probe_read_kernel(block + offset, bytes, io->image); \
		asm volatile("" ::"i"(class_size)); \
		return 0;
	SIZE_CLASSES(X)
#undef X
	}
	return -1;
}

/* Copies `bytes` of io.image into the record, which nobody refers to yet. */
INLINE int record_store(struct io *io, u64 ref, u32 bytes)
{
	u8 *window = bytes <= WINDOW_BYTES - 8 ? record_window(ref) : 0;
	if (!window)
		return record_store_large(io, ref, bytes);
	/* may write past `bytes`, never past the record: sizes of classes are whole words */
	COPY_WORDS(window, io->image, bytes, WINDOW_BYTES);
	return 0;
}

INLINE struct allocator *allocator_of(u32 class, u32 shard)
{
	u32 i = class * SHARDS_MAX + shard;
	return bpf_map_lookup_elem(&allocators, &i);
}

/* A location from the stack of freed records, or 0.  The tag in the head makes a head that was popped and pushed
 * again in between fail the swap, so the link that was read belongs to the head that is replaced. */
INLINE u64 pop_free(struct allocator *a, u32 class)
{
	for (u32 i = 0; i < POP_ATTEMPTS_MAX; i++) {
		u64 head = READ_ONCE(a->free);
		u64 location = head & FREE_LOCATION_MASK;
		if (!location)
			return 0;
		location--;
		u64 *link = record_word(location);
		if (!link)
			return 0;
		u64 next = READ_ONCE(*link) & FREE_LOCATION_MASK;
		u64 tag = (head >> FREE_TAG_SHIFT) + 1;
		if (__sync_val_compare_and_swap(&a->free, head, next | tag << FREE_TAG_SHIFT) == head)
			return location | REF_VALID;
	}
	return 0;
}

/* A whole block nobody has; 0: none left, else its index + 1. */
INLINE u64 take_block(struct control *c)
{
	for (u32 i = 0; i < TAKE_ATTEMPTS_MAX; i++) {
		u64 block = READ_ONCE(c->heap_next_block);
		if (block >= READ_ONCE(c->heap_block_count))
			return 0;
		if (__sync_val_compare_and_swap(&c->heap_next_block, block, block + 1) == block)
			return block + 1;
	}
	return 0;
}

/* A piece nobody has, for records of a small class: a chunk of the block that all small classes share.  0: none left. */
#define PIECE_FOUND (1ull << 63)
#define PIECE_WHOLE_BLOCK (1ull << 62)
INLINE u64 take_chunk(struct control *c)
{
	for (u32 i = 0; i < TAKE_ATTEMPTS_MAX; i++) {
		u64 cursor = READ_ONCE(c->chunk_cursor);
		if (cursor && (cursor & 15) < CHUNKS_PER_BLOCK) {
			if (__sync_val_compare_and_swap(&c->chunk_cursor, cursor, cursor + 1) == cursor)
				return cursor | PIECE_FOUND;
			continue;
		}
		u64 block = take_block(c);
		if (!block)
			return 0;
		u64 first = (block - 1) << 4;
		if (__sync_val_compare_and_swap(&c->chunk_cursor, cursor, first | 1) == cursor)
			return first | PIECE_FOUND;
		return first | PIECE_FOUND | PIECE_WHOLE_BLOCK;     /* another one shares its block already: ours is all ours */
	}
	return 0;
}

/* A location from the piece that this allocator is cutting, taking a fresh one when it is used up; or 0. */
INLINE u64 cut_piece(struct allocator *a, struct control *c, u32 class)
{
	u32 words = class_bytes[class & 63] / 8;
	u64 found = 0;

	bpf_spin_lock(&a->lock);
	if (!a->block || a->next + words > a->end) {
		u64 piece = 0;
		if (class < SMALL_CLASS_COUNT) {
			piece = take_chunk(c);
		} else {
			u64 block = take_block(c);
			if (block)
				piece = (block - 1) << 4 | PIECE_FOUND | PIECE_WHOLE_BLOCK;
		}
		if (piece) {
			a->block = ((piece & (PIECE_WHOLE_BLOCK - 1)) >> 4) + 1;
			a->next = (piece & 15) * (CHUNK_BYTES / 8);
			a->end = piece & PIECE_WHOLE_BLOCK ? BLOCK_BYTES / 8 : a->next + CHUNK_BYTES / 8;
		} else {
			words = 0;
		}
	}
	if (words) {
		found = ((a->block - 1) << REF_BLOCK_SHIFT | a->next) | REF_VALID;
		a->next += words;
	}
	bpf_spin_unlock(&a->lock);
	return found;
}

GLOBAL u64 heap_take_anywhere(struct io *io, u32 class)
{
	struct control *c = the_control();
	if (!io || !c || class >= SIZE_CLASS_COUNT)
		return 0;
	u32 mine = io->shard;
	for (u32 i = 0; i < SHARDS_MAX; i++) {
		if (i >= config.shard_count)
			break;
		/* or clang computes what follows from the class before the loop and keeps it on the stack, of which there is none to spare: 6.1 counts
		 * a frame in steps of 32 bytes, and onhost's deepest path is at 512 */
		asm volatile("" : "+r"(class));
		u32 shard = mine + i;
		if (shard >= config.shard_count)
			shard -= config.shard_count;
		struct allocator *a = allocator_of(class, shard);
		if (!a)
			return 0;
		u64 found = pop_free(a, class);
		if (!found)
			found = cut_piece(a, c, class);
		if (found)
			return found | (u64)class << REF_CLASS_SHIFT;
	}
	return 0;
}

/* A free record of the class, as a reference without tag; 0: none now (see heap_exhausted). */
INLINE u64 heap_take(struct io *io, u32 class)
{
	struct allocator *a = allocator_of(class, io->shard);
	if (a) {
		u64 head = READ_ONCE(a->free), location = head & FREE_LOCATION_MASK;
		u64 *link = location ? record_word(location - 1) : 0;
		if (link) {
			u64 next = (READ_ONCE(*link) & FREE_LOCATION_MASK) | ((head >> FREE_TAG_SHIFT) + 1) << FREE_TAG_SHIFT;
			if (__sync_val_compare_and_swap(&a->free, head, next) == head)
				return (location - 1) | REF_VALID | (u64)class << REF_CLASS_SHIFT;
		}
	}
	return heap_take_anywhere(io, class);
}

/* Gives a record back.  Nobody may refer to it; readers that still copy from it will fail their revalidation. */
GLOBAL int heap_give(struct io *io, u64 ref)
{
	if (!io)
		return -1;
	u32 class = ref_class(ref);
	struct allocator *a = allocator_of(class, io->shard);
	u64 *link = record_word(ref);
	if (!a || !link)
		return -1;
	u64 location = (ref & FREE_LOCATION_MASK) + 1;
	for (u32 i = 0; i < GIVE_ATTEMPTS_MAX; i++) {
		u64 head = READ_ONCE(a->free);
		WRITE_ONCE(*link, head & FREE_LOCATION_MASK);
		u64 tag = (head >> FREE_TAG_SHIFT) + 1;
		if (__sync_val_compare_and_swap(&a->free, head, location | tag << FREE_TAG_SHIFT) == head)
			return 0;
	}
	return -1;
}

#endif
