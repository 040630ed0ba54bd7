package dev.marrow.wal;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Hands out the batches of a base or of a log, one by one and in order, to any number of threads. Only headers are looked at here: whoever takes a
 * batch of a base verifies its payload ({@link Batch#verify}); a log has been verified before.
 */
public final class BatchReader implements Closeable {

    /**
     * A batch that was handed out; readable until the reader is closed.
     *
     * @param offset  of its header in the file
     * @param records redo records in it
     */
    public record Batch(Path path, MemorySegment file, long offset, int length, int records, long lsn, SegmentDescriptor segment) {

        /** File offset of its first record. */
        public long payload() {
            return offset + BatchDescriptor.HEADER_BYTES;
        }

        /**
         * Looks at the checksum and at every record.
         *
         * @throws LogDamagedException when it is not what was written
         * @throws IOException when it cannot be read
         */
        public void verify() throws IOException {
            BatchCursor cursor = new BatchCursor(file, segment);
            try {
                if (!cursor.read(offset, true)) {
                    throw new LogDamagedException(path, offset, cursor.expected, cursor.actual);
                }
                int count = RedoRecords.forEach(file, payload(), length, (bytes, record, bytesLength) -> { });
                if (count != records) {
                    throw new LogDamagedException(path, offset, records + " records", count + " records");
                }
            } catch (IllegalStateException | IndexOutOfBoundsException malformed) {
                throw new LogDamagedException(path, payload(), "redo records", String.valueOf(malformed.getMessage()));
            } catch (InternalError unreadable) {
                throw MappedSegment.unreadable(path, unreadable);
            }
        }
    }

    private final LogDirectory directory;
    private final SegmentKind kind;
    private final long segmentEnd;
    /** Where the last segment ends; no bound for a base, whose segments end with a seal. */
    private final long lastOffset;
    private final List<MappedSegment> opened = new ArrayList<>();
    private long sequence;
    private long offset;
    private long lsn;
    private long records;
    private long bytes;
    private boolean done;
    /** What ended the reading. */
    private Optional<IOException> failure = Optional.empty();

    private BatchReader(LogDirectory directory, SegmentKind kind, long segmentFirst, long segmentEnd, long lastOffset, long lsn) {
        this.directory = directory;
        this.kind = kind;
        this.sequence = segmentFirst - 1;
        this.segmentEnd = segmentEnd;
        this.lastOffset = lastOffset;
        this.lsn = lsn;
    }

    /** Of the directory's base, none of which has been looked at. */
    public static BatchReader base(LogDirectory directory) {
        BaseFiles base = directory.manifest().base();
        return new BatchReader(directory, SegmentKind.BASE, base.firstSegment(), base.end(), Long.MAX_VALUE, 1);
    }

    /**
     * Reads a directory's base whole.
     *
     * @throws LogDamagedException when it is not what was written
     */
    static void verifyBase(LogDirectory directory) throws IOException {
        try (BatchReader reader = base(directory)) {
            for (Optional<Batch> batch = reader.next(); batch.isPresent(); batch = reader.next()) {
                batch.get().verify();
            }
        }
    }

    /** Of the directory's log up to its tail. @param scan of this directory, with nothing written since */
    public static BatchReader log(LogDirectory directory, LogScan scan) {
        return new BatchReader(directory, SegmentKind.LOG, directory.firstSegment(), scan.tail().segment() + 1, scan.tail().offset(),
                directory.manifest().logLsn());
    }

    /**
     * The next batch, empty at the end. A failure is final: who asks afterwards hears of the same one, and does not go on behind it.
     *
     * @throws LogDamagedException when it is not where it should be; at the end, when a base is not what the manifest says
     */
    public synchronized Optional<Batch> next() throws IOException {
        if (failure.isPresent()) {
            throw failure.get();
        }
        try {
            return advance();
        } catch (IOException e) {
            failure = Optional.of(e);
            throw e;
        }
    }

    private Optional<Batch> advance() throws IOException {
        while (!done && (opened.isEmpty() || atEnd(opened.getLast()))) {
            done = sequence + 1 >= segmentEnd;
            if (done) {
                checkTotals();
            } else {
                openNext();
            }
        }
        if (done) {
            return Optional.empty();
        }
        MappedSegment segment = opened.getLast();
        BatchCursor cursor = segment.cursor();
        Batch batch = new Batch(segment.path(), segment.bytes(), offset, cursor.payloadLength, cursor.records, cursor.lsn, segment.descriptor());
        offset = cursor.end;
        records += batch.records;
        bytes += batch.length;
        return Optional.of(batch);
    }

    private void openNext() throws IOException {
        sequence++;
        Path path = directory.path(kind, sequence);
        if (!directory.storage().exists(path)) {
            throw new LogDamagedException(path, 0, "segment " + sequence, "no file");
        }
        opened.add(MappedSegment.open(directory, kind, sequence));
        offset = SegmentDescriptor.HEADER_BYTES;
    }

    /** Reads the header at {@link #offset}: of the next batch, or of the seal. */
    private boolean atEnd(MappedSegment segment) throws IOException {
        if (kind == SegmentKind.LOG && sequence == segmentEnd - 1 && offset >= lastOffset) {
            return true;
        }
        BatchCursor cursor = segment.cursor();
        try {
            if (!cursor.readHeader(offset)) {
                throw new LogDamagedException(segment.path(), offset, cursor.expected, cursor.actual);
            }
        } catch (InternalError unreadable) {
            throw MappedSegment.unreadable(segment.path(), unreadable);
        }
        if (cursor.lsn != lsn) {
            throw new LogDamagedException(segment.path(), offset, "batch " + lsn, "batch " + cursor.lsn);
        }
        lsn++;
        if (!cursor.isSeal()) {
            return false;
        }
        checkSeal(segment, cursor);
        return true;
    }

    private void checkSeal(MappedSegment segment, BatchCursor cursor) throws IOException {
        if (kind == SegmentKind.LOG) {
            return;
        }
        try {
            if (!cursor.read(offset, true)) {
                throw new LogDamagedException(segment.path(), offset, cursor.expected, cursor.actual);
            }
        } catch (InternalError unreadable) {
            throw MappedSegment.unreadable(segment.path(), unreadable);
        }
        int expected = sequence == segmentEnd - 1 ? BatchDescriptor.MAGIC_SEAL_CLEAN : BatchDescriptor.MAGIC_SEAL_ROLLED;
        if (cursor.magic != expected) {
            throw new LogDamagedException(segment.path(), offset, BatchDescriptor.name(expected), BatchDescriptor.name(cursor.magic));
        }
        if (cursor.end != segment.bytes().byteSize()) {
            throw new LogDamagedException(segment.path(), cursor.end, "end of file", segment.bytes().byteSize() - cursor.end + " bytes more");
        }
    }

    private void checkTotals() throws LogDamagedException {
        BaseFiles base = directory.manifest().base();
        if (kind == SegmentKind.BASE && (records != base.records() || bytes != base.bytes())) {
            throw new LogDamagedException(directory.path().resolve(Manifest.FILE_NAME), 0,
                    base.records() + " records of " + base.bytes() + " bytes in the base", records + " records of " + bytes + " bytes");
        }
    }

    /** No batch may be in use any more. */
    @Override
    public void close() {
        opened.forEach(MappedSegment::close);
    }
}
