package dev.marrow.wal;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Walks the redo records in a stretch of ring bytes, in the ring or in a batch. */
public final class RedoRecords {

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int LENGTH_MASK = ~(RedoRing.BUSY_BIT | RedoRing.DISCARD_BIT);

    private RedoRecords() {}

    /**
     * Calls {@code visitor} for each record that counts; discarded ones are passed over. A transaction's records are visited one by one: they lie in it
     * as in the ring.
     *
     * @return how many that were
     * @throws IllegalStateException when the bytes are no such stretch: a record is busy, overruns it, or contradicts itself
     */
    public static int forEach(MemorySegment bytes, long offset, long length, RecordVisitor visitor) {
        return forEach(bytes, offset, length, false, visitor);
    }

    private static int forEach(MemorySegment bytes, long offset, long length, boolean insideTransaction, RecordVisitor visitor) {
        long end = offset + length;
        int count = 0;
        for (long position = offset; position < end;) {
            require(end - position >= RedoRing.HEADER_BYTES, position, "a ring header");
            int word = bytes.get(INT, position);
            int payload = word & LENGTH_MASK;
            long next = position + RedoRing.HEADER_BYTES + ((payload + 7L) & ~7L);
            require((word & RedoRing.BUSY_BIT) == 0, position, "a finished record");
            require(next <= end, position, "a record that ends inside the batch");
            if ((word & RedoRing.DISCARD_BIT) == 0) {
                long record = position + RedoRing.HEADER_BYTES;
                require(payload >= Abi.REDO_HEADER_BYTES, position, "a redo record");
                if (type(bytes, record) == Abi.REDO_TRANSACTION && !insideTransaction) {
                    count += forEach(bytes, record + Abi.REDO_HEADER_BYTES, payload - (long) Abi.REDO_HEADER_BYTES, true, visitor);
                    position = next;
                    continue;
                }
                require(payload >= Abi.REDO_HEADER_BYTES + keyLength(bytes, record) + (long) valueLength(bytes, record), position,
                        "a redo record that holds its key and value");
                require(isKnown(type(bytes, record)), position, "a known record type");
                require(!isStub(bytes, record) || valueLength(bytes, record) == Abi.SIZEOF_stub, position, "a stub of " + Abi.SIZEOF_stub + " bytes");
                require(type(bytes, record) != Abi.REDO_CHUNK || keyLength(bytes, record) == Abi.SIZEOF_chunk_key, position,
                        "a chunk's key of " + Abi.SIZEOF_chunk_key + " bytes");
                visitor.record(bytes, record, payload);
                count++;
            }
            position = next;
        }
        return count;
    }

    private static boolean isKnown(int type) {
        return type == Abi.REDO_PUT || type == Abi.REDO_DELETE || type == Abi.REDO_FLUSH || type == Abi.REDO_CHUNK;
    }

    public static long version(MemorySegment bytes, long record) {
        return bytes.get(LONG, record);
    }

    /** Unix time in milliseconds, 0 for never. */
    public static long expireMillis(MemorySegment bytes, long record) {
        return bytes.get(LONG, record + 8);
    }

    public static int valueLength(MemorySegment bytes, long record) {
        int length = bytes.get(INT, record + 16);
        require(length >= 0 && length <= Abi.VALUE_BYTES_MAX, record, "a value length up to " + Abi.VALUE_BYTES_MAX);
        return length;
    }

    public static int keyLength(MemorySegment bytes, long record) {
        int length = Short.toUnsignedInt(bytes.get(SHORT, record + 20));
        require(length <= Abi.KEY_BYTES_MAX, record, "a key length up to " + Abi.KEY_BYTES_MAX);
        return length;
    }

    /** Whether a PUT's value is a {@link dev.marrow.bpf.Stub}. */
    public static boolean isStub(MemorySegment bytes, long record) {
        return (bytes.get(ValueLayout.JAVA_BYTE, record + 23) & Abi.RECORD_STUB) != 0;
    }

    /** One of {@link Abi#REDO_PUT}, {@link Abi#REDO_DELETE}, {@link Abi#REDO_FLUSH}, {@link Abi#REDO_CHUNK}. */
    public static int type(MemorySegment bytes, long record) {
        return bytes.get(ValueLayout.JAVA_BYTE, record + 22);
    }

    private static void require(boolean holds, long position, String expected) {
        if (!holds) {
            throw new IllegalStateException("expected " + expected + " at " + position);
        }
    }
}
