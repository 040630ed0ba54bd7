/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For tests, which cannot wait for somebody to come between two steps of a program: programs that take their time there.  Only those that are built
 * with such a mutant have any of it.  Under a lock, where bpf_loop is not allowed, it is linger() in table.h.
 */
#ifndef MARROW_LINGER_H
#define MARROW_LINGER_H

#include "maps.h"

__attribute__((unused)) static long linger_step(u32 i, void *nothing)
{
	return 0;
}

/* Without a lock; a step takes some nanoseconds. */
#define LINGER(steps) bpf_loop(steps, linger_step, 0, 0)

/* Between a record's header and the rest of it: some 50 microseconds, or a few. */
#if defined(MUTANT_SLOW_SCAN) || defined(MUTANT_NO_SCAN_CHECK)
#define SCAN_LINGER() LINGER(1 << 14)
#elif defined(MUTANT_SLOW_SCAN_KEYS) || defined(MUTANT_SCAN_KEYS_FORWARDS)
#define SCAN_LINGER() LINGER(1 << 10)
#else
#define SCAN_LINGER() ((void)0)
#endif

/* Between two keys of an MGET. */
#if defined(MUTANT_SLOW_MGET) || defined(MUTANT_NO_MGET_CHECK) || defined(MUTANT_NO_MGET_FLOOR)
#define MGET_LINGER() LINGER(1 << 9)
#else
#define MGET_LINGER() ((void)0)
#endif

/* Between two keys of a transaction that becomes true. */
#if defined(MUTANT_SLOW_COMMIT) || defined(MUTANT_NO_MARKS)
#define COMMIT_LINGER() LINGER(1 << 9)
#else
#define COMMIT_LINGER() ((void)0)
#endif

#endif
