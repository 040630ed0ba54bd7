package dev.marrow.wal;

/**
 * Counters of a writer since it was made; a snapshot that is consistent enough for people.
 *
 * @param segment            sequence number being written
 * @param segmentOffset      next file offset in it
 * @param oldestBusyNanos    age of the record that holds up the log: reserved, not yet submitted; 0 for none
 * @param syncNanosTotal     time spent in fdatasync
 */
public record LogStats(Durability durability, boolean failed, long batches, long records, long bytes, long syncs, long syncNanosTotal,
        long syncNanosLast, long syncNanosMax, long segments, long segment, long segmentOffset, long writtenPosition,
        long durablePosition, long oldestBusyNanos) {}
