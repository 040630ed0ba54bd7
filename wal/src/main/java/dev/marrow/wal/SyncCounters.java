package dev.marrow.wal;

/** What fdatasync costs. Written by the holder of the sync lock, read by anyone. */
final class SyncCounters {
    volatile long count;
    volatile long nanosTotal;
    volatile long nanosLast;
    volatile long nanosMax;

    void add(long nanos) {
        count = count + 1;
        nanosTotal = nanosTotal + nanos;
        nanosLast = nanos;
        nanosMax = Math.max(nanosMax, nanos);
    }
}
