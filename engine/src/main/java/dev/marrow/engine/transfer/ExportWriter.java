package dev.marrow.engine.transfer;

import dev.marrow.recovery.tiertwo.LoggedValues;
import dev.marrow.wal.RecordVisitor;
import dev.marrow.wal.RedoRecord;
import dev.marrow.wal.RedoRecords;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes the records of a store to a stream, in one of two formats (docs/formats/export.md). Feed it each key's newest redo record,
 * then {@link #finish}: without that, a reader takes the file for cut off. Tombstones, flushes and what has expired are left out.
 *
 * <p>The stream is best buffered; it is flushed by {@link #finish} and never closed. Not thread-safe.
 */
public abstract sealed class ExportWriter implements RecordVisitor permits JsonExportWriter, RespExportWriter {

    private final long nowMillis;
    private long records;

    ExportWriter(long nowMillis) {
        this.nowMillis = nowMillis;
    }

    /**
     * JSON lines. Writes the header at once.
     *
     * @param source    where the records come from, for people
     * @param nowMillis Unix time of the export: what has expired by then is left out
     */
    public static ExportWriter json(OutputStream out, String source, long nowMillis) throws IOException {
        return new JsonExportWriter(out, source, nowMillis);
    }

    /**
     * Commands, {@code SET key value [PXAT ms]}, as Redis 6.2 and later take them. The format has no end of its own: that such a file
     * was cut off between two commands cannot be seen.
     *
     * @param nowMillis as for {@link #json}
     */
    public static ExportWriter resp(OutputStream out, long nowMillis) {
        return new RespExportWriter(out, nowMillis);
    }

    /**
     * Writes what is to be written of {@code length} bytes of ring records, ring headers included, as a batch or a table scan has them.
     *
     * @throws IllegalStateException when they are no such bytes, as {@link RedoRecords#forEach}
     */
    public final void records(MemorySegment bytes, long offset, long length) throws IOException {
        try {
            RedoRecords.forEach(bytes, offset, length, this);
        } catch (UncheckedIOException failure) {
            throw failure.getCause();
        }
    }

    /**
     * Writes one redo record, if it is to be written. Its value must be in it: for others there is {@link #large}.
     *
     * @throws UncheckedIOException when the stream fails
     */
    @Override
    public final void record(MemorySegment payload, long offset, int length) {
        RedoRecord record = RedoRecord.read(payload, offset);
        if (!record.isPut() || expired(record)) {
            return;
        }
        try {
            if (record.stub().isPresent()) {
                throw new IllegalStateException("what stands for a value is none: key length=" + record.key().length);
            }
            write(record);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        records++;
    }

    /**
     * Writes a record whose value is not in it, if it is to be written.
     *
     * @throws IOException when the stream fails
     */
    public final void large(RedoRecord record, LoggedValues.Value value) throws IOException {
        if (!expired(record)) {
            writeLarge(record, value);
            records++;
        }
    }

    private boolean expired(RedoRecord record) {
        return record.expireMillis() != 0 && record.expireMillis() < nowMillis;
    }

    /** Records written so far. */
    public final long records() {
        return records;
    }

    abstract void write(RedoRecord record) throws IOException;

    /** Piece by piece. */
    abstract void writeLarge(RedoRecord record, LoggedValues.Value value) throws IOException;

    static byte[] piece(LoggedValues.Value value, int index) {
        return value.piece(index).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Says that the export is complete, and flushes the stream. Call it once, last. */
    public abstract void finish() throws IOException;
}
