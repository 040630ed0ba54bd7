package dev.marrow.bpf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code struct counters}, summed over its shards. A sum taken while programs run is a moment's approximation. */
public final class StoreCounters {
    private final MemorySegment pages;

    StoreCounters(MemorySegment pages) {
        this.pages = pages;
    }

    private long sum(int offset) {
        long sum = 0;
        for (int shard = 0; shard < Abi.SHARDS_MAX; shard++) {
            sum += pages.get(ValueLayout.JAVA_LONG, (long) shard * Abi.SIZEOF_counters + offset);
        }
        return sum;
    }

    public long keys() {
        // an insert and a delete on two shards may be summed up the wrong way round
        return Math.max(0, sum(Abi.counters_keys));
    }

    public long commands() {
        return sum(Abi.counters_commands);
    }

    public long writes() {
        return sum(Abi.counters_writes);
    }

    public long attemptsLost() {
        return sum(Abi.counters_attempts_lost);
    }

    /** Keys removed because their time had come. */
    public long expired() {
        return sum(Abi.counters_expired);
    }

    /** How often a request's share of a run, or a command, ended with this {@code Abi.STATUS_*}. */
    public long status(int status) {
        return sum(Abi.counters_statuses + 8 * status);
    }
}
