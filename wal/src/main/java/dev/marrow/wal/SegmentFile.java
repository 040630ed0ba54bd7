package dev.marrow.wal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A file of batches as the tools see it.
 *
 * @param name   path within the data directory
 * @param opener maps it and checks its header
 */
record SegmentFile(String name, Opener opener) {

    /** Opens a file to be read. */
    @FunctionalInterface
    interface Opener {
        MappedSegment open() throws IOException;
    }

    /** Every file that the tools show, in the order in which they show it: the base, then the log. */
    static List<SegmentFile> all(LogDirectory directory) throws IOException {
        BaseFiles base = directory.manifest().base();
        Stream<SegmentFile> bases = LongStream.range(base.firstSegment(), base.end())
                .mapToObj(sequence -> of(directory, SegmentKind.BASE, sequence));
        return Stream.concat(bases, directory.segments().stream().map(sequence -> of(directory, SegmentKind.LOG, sequence))).toList();
    }

    private static SegmentFile of(LogDirectory directory, SegmentKind kind, long sequence) {
        String name = directory.path().relativize(directory.path(kind, sequence)).toString();
        return new SegmentFile(name, () -> MappedSegment.open(directory, kind, sequence));
    }

    void visit(SegmentVisitor visitor) throws IOException {
        try (MappedSegment segment = opener.open()) {
            visitor.segment(this, segment);
            visit(segment, visitor);
        } catch (LogDamagedException damage) {
            visitor.damaged(damage);
        } catch (InternalError unreadable) {
            throw MappedSegment.unreadable(Path.of(name), unreadable);
        }
    }

    private static void visit(MappedSegment segment, SegmentVisitor visitor) throws IOException {
        BatchCursor cursor = segment.cursor();
        long offset = SegmentDescriptor.HEADER_BYTES;
        long size = segment.bytes().byteSize();
        for (long found = cursor.find(offset, size); found >= 0; found = cursor.find(offset, size)) {
            if (found != offset) {
                visitor.hole(offset, found - offset);
            }
            visitor.batch(segment, found);
            offset = cursor.end;
        }
        visitor.end(offset, cursor.dataEnd(offset) - offset);
    }

    /**
     * The redo records of the valid batch at {@code offset}, which the segment's cursor stands on.
     *
     * @throws LogDamagedException when its payload is no sequence of redo records, although its checksum holds
     */
    static void records(MappedSegment segment, long offset, RecordVisitor visitor) throws LogDamagedException {
        long payload = offset + BatchDescriptor.HEADER_BYTES;
        try {
            RedoRecords.forEach(segment.bytes(), payload, segment.cursor().payloadLength, visitor);
        } catch (IllegalStateException | IndexOutOfBoundsException malformed) {
            throw new LogDamagedException(segment.path(), payload, "redo records", String.valueOf(malformed.getMessage()));
        }
    }
}
