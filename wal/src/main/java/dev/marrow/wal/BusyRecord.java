package dev.marrow.wal;

import java.util.function.LongSupplier;

/** The record that holds up the log: reserved by a producer and not yet submitted. Noted by who drains the ring, read by anyone. */
final class BusyRecord {

    private static final long NONE = -1;

    private final LongSupplier clockNanos;
    private volatile long position = NONE;
    private volatile long sinceNanos;

    BusyRecord(LongSupplier clockNanos) {
        this.clockNanos = clockNanos;
    }

    void note(long ringPosition) {
        if (position != ringPosition) {
            sinceNanos = clockNanos.getAsLong();
            position = ringPosition;
        }
    }

    void clear() {
        position = NONE;
    }

    boolean present() {
        return position != NONE;
    }

    /** How long it has been seen, 0 when there is none. */
    long ageNanos() {
        long since = sinceNanos;
        return position == NONE ? 0 : Math.max(0, clockNanos.getAsLong() - since);
    }
}
