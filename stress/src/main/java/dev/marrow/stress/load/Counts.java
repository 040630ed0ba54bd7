package dev.marrow.stress.load;

import java.util.concurrent.atomic.LongAdder;

/** Replies of a run that are worth a number besides their latency. Thread-safe. */
final class Counts {
    private final LongAdder misses = new LongAdder();
    private final LongAdder conflicts = new LongAdder();

    /** A GET found nothing. */
    void missed() {
        misses.increment();
    }

    /** A read-modify-write did not write, because somebody else had. */
    void conflicted() {
        conflicts.increment();
    }

    long misses() {
        return misses.sum();
    }

    long conflicts() {
        return conflicts.sum();
    }
}
