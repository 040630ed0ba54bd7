package dev.marrow.wal;

/** A place in the log's files, ordered by segment, then offset; everything below it is synced. */
record SyncedPosition(long segment, long offset) implements Comparable<SyncedPosition> {

    static final SyncedPosition NONE = new SyncedPosition(0, 0);

    @Override
    public int compareTo(SyncedPosition other) {
        int bySegment = Long.compare(segment, other.segment);
        return bySegment != 0 ? bySegment : Long.compare(offset, other.offset);
    }
}
