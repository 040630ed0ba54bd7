package dev.marrow.wal;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * From a log as a crash left it to one that can be written. First verify, {@link LogScanner#scan} for a cold start or {@link #openTail}
 * for a warm one, then {@link #prepare}.
 */
public final class LogRecovery {

    private LogRecovery() {}

    /**
     * Verifies only the end of the log, where unsynced bytes can be: quick at any size, for a start that does not need the contents.
     *
     * @throws LogDamagedException as {@link LogScanner#verify}, for the segments it reads; a missing segment is always noticed
     */
    public static LogScan openTail(LogDirectory directory) throws IOException {
        return new LogWalk(directory).end();
    }

    /**
     * Cuts the tail, syncs what is left of the log, and makes the segment that the writer begins with. When this returns, everything
     * in the log is durable, also what a killed process had written and not synced. A crash inside leaves the same log to be
     * prepared again; a failed sync leaves the {@link FailedMarker}, and a directory with one is refused.
     *
     * @param scan of this directory, with nothing written since
     * @throws LogFailedException while the directory has a {@link FailedMarker}
     */
    public static LogPosition prepare(LogDirectory directory, LogScan scan, LogWriterOptions options) throws IOException {
        FailedMarker.refuse(directory);
        syncNames(directory);
        LogTail tail = scan.tail();
        boolean untouched = !tail.sealed() && tail.offset() == SegmentDescriptor.HEADER_BYTES && tail.cutBytes() == 0;
        // The one before too: its seal may have been written but not synced when the process was killed.
        if (tail.segment() > directory.firstSegment()) {
            forceOnly(directory, tail.segment() - 1);
        }
        if (untouched) {
            forceOnly(directory, tail.segment());
            deleteFrom(directory, tail.segment() + 1);
            return position(scan, tail.segment(), scan.lsnNext());
        }
        long next = tail.segment() + 1;
        long lsn = scan.lsnNext();
        if (tail.segment() >= directory.firstSegment()) {
            lsn += endSegment(directory, scan, options);
        } else {
            Segment.create(directory, next, options.segmentBytes(), options.clockMillis().getAsLong(), false).close();
        }
        return position(scan, next, lsn);
    }

    /**
     * A log without a past, for tables that are going to be written out whole: an empty segment behind all that there are, none of which is looked at.
     * Nothing refers to it before {@link LogDirectory#checkpoint} does.
     *
     * @param lsn        highest number that a batch may have
     * @param versionMax no version given so far is higher
     */
    public static LogPosition beginAnew(LogDirectory directory, long lsn, long versionMax, long timeMaxMillis, LogWriterOptions options)
            throws IOException {
        List<Long> existing = directory.segments();
        long next = existing.isEmpty() ? directory.firstSegment() : existing.getLast() + 1;
        Segment.create(directory, next, options.segmentBytes(), options.clockMillis().getAsLong(), false).close();
        // two more than the tables know of: the writer may have died before it told of its last batch and seal
        long lsnNext = Math.max(lsn + 3, directory.manifest().logLsn());
        return new LogPosition(next, lsnNext, versionMax, timeMaxMillis);
    }

    /** Leaves the tail's segment sealed and the one behind it empty; returns how many batches that took. */
    private static int endSegment(LogDirectory directory, LogScan scan, LogWriterOptions options) throws IOException {
        LogTail tail = scan.tail();
        try (Segment segment = Segment.open(directory, tail.segment(), tail.offset())) {
            // Zeros first, durable: whatever comes later, the cut bytes cannot be taken for a part of the log.
            segment.zero(tail.cutBytes());
            FailedMarker.syncOrFail(directory.path(), directory.storage(), segment::force);
            // Then the next segment, then the seal that promises it.
            ensureEmpty(directory, tail.segment() + 1, options);
            if (tail.sealed()) {
                return 0;
            }
            SyncedPosition synced = new SyncedPosition(tail.segment(), tail.offset());
            long timeMillis = Math.max(scan.timeMaxMillis(), options.clockMillis().getAsLong());
            segment.seal(BatchDescriptor.MAGIC_SEAL_CUT, scan.lsnNext(), synced, timeMillis, 0, scan.versionMax());
            FailedMarker.syncOrFail(directory.path(), directory.storage(), segment::force);
            segment.trim();
            return 1;
        }
    }

    private static void ensureEmpty(LogDirectory directory, long sequence, LogWriterOptions options) throws IOException {
        Optional<Boolean> empty = directory.segments().contains(sequence) ? Optional.of(isEmpty(directory, sequence)) : Optional.empty();
        deleteFrom(directory, empty.orElse(false) ? sequence + 1 : sequence);
        if (!empty.orElse(false)) {
            Segment.create(directory, sequence, options.segmentBytes(), options.clockMillis().getAsLong(), false).close();
        }
    }

    private static boolean isEmpty(LogDirectory directory, long sequence) throws IOException {
        try (MappedSegment segment = MappedSegment.open(directory, sequence)) {
            long size = segment.bytes().byteSize();
            return size == segment.descriptor().segmentBytes()
                    && segment.cursor().dataEnd(SegmentDescriptor.HEADER_BYTES) == SegmentDescriptor.HEADER_BYTES;
        }
    }

    /** Segments behind the tail hold no valid batch, or the tail would be damage. Last first, so that no gap is ever left. */
    private static void deleteFrom(LogDirectory directory, long first) throws IOException {
        List<Long> behind = directory.segments().stream().filter(sequence -> sequence >= first).toList();
        for (long sequence : behind.reversed()) {
            directory.storage().delete(directory.segmentPath(sequence));
            syncNames(directory);
        }
    }

    private static void syncNames(LogDirectory directory) throws IOException {
        FailedMarker.syncOrFail(directory.path(), directory.storage(), () -> directory.storage().syncDirectory(directory.walPath()));
    }

    private static void forceOnly(LogDirectory directory, long sequence) throws IOException {
        try (StorageFile file = directory.storage().open(directory.segmentPath(sequence))) {
            FailedMarker.syncOrFail(directory.path(), directory.storage(), file::force);
        }
    }

    private static LogPosition position(LogScan scan, long segment, long lsn) {
        return new LogPosition(segment, lsn, scan.versionMax(), scan.timeMaxMillis());
    }
}
