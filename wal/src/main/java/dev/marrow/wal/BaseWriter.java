package dev.marrow.wal;

import static dev.marrow.wal.BatchDescriptor.HEADER_BYTES;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Writes a base: the segments of a checkpoint, in the log's format. Nothing of it counts before the manifest names it
 * ({@link LogDirectory#checkpoint}); what a crash leaves of it is deleted by the next start.
 */
public final class BaseWriter implements Closeable {

    /** Room for a batch of any checkpoint, whatever the log's segments are like. */
    static final long SEGMENT_BYTES_MIN = 1 << 20;

    /** Written between two syncs: a large burst of dirty pages would hold up the log's own syncs. */
    private static final long BYTES_PER_SYNC = 8L << 20;

    private final LogDirectory directory;
    private final LogWriterOptions options;
    private final long segmentBytes;
    private final long firstSegment;
    private Optional<Segment> current = Optional.empty();
    private int segments;
    private long lsn = 1;
    private long records;
    private long bytes;
    private long unsynced;

    /** Behind the directory's present base. One at a time. */
    public BaseWriter(LogDirectory directory, LogWriterOptions options) {
        this.directory = directory;
        this.options = options;
        this.segmentBytes = Math.max(options.segmentBytes(), SEGMENT_BYTES_MIN);
        this.firstSegment = directory.manifest().base().end();
    }

    /**
     * Appends records as one batch.
     *
     * @param payload    ring records, none of them discarded, at most {@link BatchDescriptor#PAYLOAD_BYTES_MAX} bytes
     * @param versionMax highest version among them
     */
    public void append(ByteBuffer payload, int count, long versionMax) throws IOException {
        int length = payload.remaining();
        if (current.isPresent() && length > current.get().room()) {
            end(current.get(), BatchDescriptor.MAGIC_SEAL_ROLLED);
        }
        if (current.isEmpty()) {
            current = Optional.of(Segment.createGrowing(directory, SegmentKind.BASE, firstSegment + segments, segmentBytes, now()));
            segments++;
        }
        Segment segment = current.get();
        segment.append(BatchDescriptor.MAGIC_DATA, payload, count, lsn++, SyncedPosition.NONE, now(), 0, versionMax);
        records += count;
        bytes += length;
        unsynced += HEADER_BYTES + length;
        if (unsynced >= BYTES_PER_SYNC) {
            segment.force();
            unsynced = 0;
        }
    }

    /** Payload bytes so far. */
    public long bytes() {
        return bytes;
    }

    /** Records so far. */
    public long records() {
        return records;
    }

    /** Seals and syncs everything; returns what the manifest is to name. */
    public BaseFiles finish() throws IOException {
        if (current.isPresent()) {
            end(current.get(), BatchDescriptor.MAGIC_SEAL_CLEAN);
        }
        directory.storage().syncDirectory(directory.path(SegmentKind.BASE, firstSegment).getParent());
        return new BaseFiles(firstSegment, segments, records, bytes);
    }

    private void end(Segment segment, int seal) throws IOException {
        segment.seal(seal, lsn++, SyncedPosition.NONE, now(), 0, 0);
        segment.force();
        segment.close();
        current = Optional.empty();
        unsynced = 0;
    }

    private long now() {
        return options.clockMillis().getAsLong();
    }

    /** Without {@link #finish} before, what was written is no part of anything. */
    @Override
    public void close() throws IOException {
        if (current.isPresent()) {
            current.get().close();
        }
    }
}
