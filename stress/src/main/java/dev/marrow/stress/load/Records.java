package dev.marrow.stress.load;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The records of one server: those that were there from the beginning, numbered from 0, and behind them those that were inserted. There are at most
 * as many of the latter as of the former; then an insert writes the oldest inserted record again, because a store's room is bounded. Thread-safe.
 */
final class Records {
    private final long base;
    private final AtomicLong inserts = new AtomicLong();

    /** @param base at least 1 */
    Records(long base) {
        this.base = base;
    }

    long base() {
        return base;
    }

    /** The number of a new record. */
    long insert() {
        return base + inserts.getAndIncrement() % base;
    }

    /** How many there are. */
    long count() {
        return base + Math.min(inserts.get(), base);
    }

    /** @param age how many records are newer; below {@link #count} */
    long latest(long age) {
        long inserted = inserts.get();
        long there = Math.min(inserted, base);
        return age < there ? base + (inserted - 1 - age) % base : base - 1 - (age - there);
    }
}
