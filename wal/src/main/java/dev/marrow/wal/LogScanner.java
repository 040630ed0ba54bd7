package dev.marrow.wal;

import java.io.IOException;

/** Verifies a whole log, then hands out what is in it. Reads through mappings: payloads are not copied. */
public final class LogScanner {

    private LogScanner() {}

    /**
     * Verifies the log without reading further.
     *
     * @throws LogDamagedException when something known to have been synced is not what was written (I6)
     * @throws LogTooNewException  when a later release wrote it
     * @throws LogTooOldException  when this release no longer reads it
     */
    public static LogScan verify(LogDirectory directory) throws IOException {
        return new LogWalk(directory).all();
    }

    /**
     * Verifies the log as {@link #verify}, tells the visitor the totals, and then shows it every batch before the tail. The visitor
     * sees nothing of a damaged log.
     */
    public static LogScan scan(LogDirectory directory, BatchVisitor visitor) throws IOException {
        LogScan scan = verify(directory);
        visitor.verified(scan);
        for (long sequence = directory.firstSegment(); sequence <= scan.tail().segment(); sequence++) {
            try (MappedSegment segment = MappedSegment.open(directory, sequence)) {
                visit(segment, sequence == scan.tail().segment() ? scan.tail().offset() : Long.MAX_VALUE, visitor);
            } catch (InternalError unreadable) {
                throw MappedSegment.unreadable(directory.segmentPath(sequence), unreadable);
            }
        }
        return scan;
    }

    private static void visit(MappedSegment segment, long end, BatchVisitor visitor) throws IOException {
        BatchCursor cursor = segment.cursor();
        // Verified a moment ago, and the directory is locked: the checksums need no second look.
        for (long offset = SegmentDescriptor.HEADER_BYTES; offset < end && cursor.read(offset, false); offset = cursor.end) {
            if (cursor.isSeal()) {
                return;
            }
            visitor.batch(cursor.lsn, segment.bytes(), offset + BatchDescriptor.HEADER_BYTES, cursor.payloadLength);
        }
    }
}
