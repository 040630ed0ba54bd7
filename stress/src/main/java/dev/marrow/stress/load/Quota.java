package dev.marrow.stress.load;

import java.util.concurrent.atomic.AtomicLong;

/** How many operations all connections together may begin, and the numbers that they get. Thread-safe. */
final class Quota {
    private final long limit;
    private final AtomicLong taken = new AtomicLong();

    /** @param limit {@link Long#MAX_VALUE}: as many as there is time for */
    Quota(long limit) {
        this.limit = limit;
    }

    /** Takes so many; those with a number below {@link #limit} may begin. Returns the number of the first. */
    long take(int count) {
        return taken.getAndAdd(count);
    }

    long limit() {
        return limit;
    }

    boolean usedUp() {
        return taken.get() >= limit;
    }
}
