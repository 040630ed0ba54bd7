/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The run's time, Unix ms: CLOCK_BOOTTIME moved to CLOCK_REALTIME, never before a time that was already used.  Read when the run first asks
 * for it, once: most commands have nothing to do with time.
 */
#ifndef MARROW_CLOCK_H
#define MARROW_CLOCK_H

#include "maps.h"

INLINE u64 clock_ms(struct control *c)
{
	u64 fixed = READ_ONCE(c->clock_fixed_ms);
	if (fixed)
		return fixed;
	u64 now = (bpf_ktime_get_boot_ns() + READ_ONCE(c->clock_offset_ns)) / 1000000;
	u64 floor = READ_ONCE(c->clock_floor_ms);
	if (now <= floor)
		return floor;
	__sync_val_compare_and_swap(&c->clock_floor_ms, floor, now);
	return now;
}

GLOBAL int read_clock(struct io *io)
{
	struct control *c = the_control();
	if (!io || !c)
		return 0;
	io->t.now_ms = clock_ms(c);
	return 0;
}

INLINE u64 now_ms(struct io *io)
{
	if (!io->t.now_ms)
		read_clock(io);
	return io->t.now_ms;
}

#endif
