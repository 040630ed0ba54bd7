package dev.marrow.wal;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.LongSupplier;

/** Puts runs of ring records into segments as batches, numbered without a gap. Used by who drains the ring; its counters by anyone. */
final class BatchAppender {

    private final LongSupplier clockMillis;
    private final RecordVisitor versionTracker = this::trackVersion;
    private Segment segment;
    private long lsn;
    private long versionMax;
    private long timeMillis;

    private volatile long batches;
    private volatile long records;
    private volatile long bytes;
    private volatile long segments = 1;

    BatchAppender(Segment segment, LogPosition start, LongSupplier clockMillis) {
        this.segment = segment;
        this.lsn = start.lsn();
        this.versionMax = start.versionMax();
        this.timeMillis = start.timeMaxMillis();
        this.clockMillis = clockMillis;
    }

    Segment segment() {
        return segment;
    }

    /**
     * Appends a run of finished records; one in which all were discarded leaves no batch.
     *
     * @throws IllegalStateException when the run is not made of finished, well-formed records
     */
    void append(MemorySegment run, SyncedPosition synced, long ringEnd) throws IOException {
        int count = RedoRecords.forEach(run, 0, run.byteSize(), versionTracker);
        if (count == 0) {
            return;
        }
        segment.append(BatchDescriptor.MAGIC_DATA, run.asByteBuffer(), count, lsn++, synced, now(), ringEnd, versionMax);
        batches = batches + 1;
        records = records + count;
        bytes = bytes + run.byteSize();
    }

    void seal(int magic, SyncedPosition synced, long ringEnd) throws IOException {
        segment.seal(magic, lsn++, synced, now(), ringEnd, versionMax);
    }

    /** Number of the next batch. */
    long lsnNext() {
        return lsn;
    }

    /** Where the current segment begins, when nothing is in it yet. */
    LogPosition position() {
        return new LogPosition(segment.sequence(), lsn, versionMax, timeMillis);
    }

    /** Goes on in {@code next}; closes the old segment, which must be sealed and synced. */
    void moveTo(Segment next) throws IOException {
        segment.close();
        segment = next;
        segments = segments + 1;
    }

    private void trackVersion(MemorySegment payload, long offset, int length) {
        versionMax = Math.max(versionMax, RedoRecords.version(payload, offset));
    }

    /** Never back: what recovery takes for the time must not be before what the log has already seen. */
    private long now() {
        timeMillis = Math.max(timeMillis, clockMillis.getAsLong());
        return timeMillis;
    }

    long batches() {
        return batches;
    }

    long records() {
        return records;
    }

    long bytes() {
        return bytes;
    }

    long segments() {
        return segments;
    }
}
