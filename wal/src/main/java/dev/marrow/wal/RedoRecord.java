package dev.marrow.wal;

import dev.marrow.bpf.Abi;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A redo record, copied out.
 *
 * @param type         one of {@link Abi#REDO_PUT}, {@link Abi#REDO_DELETE}, {@link Abi#REDO_FLUSH}
 * @param expireMillis Unix time in milliseconds, 0 for never
 * @param key          empty for a FLUSH
 * @param value        empty for anything but a PUT
 */
public record RedoRecord(int type, long version, long expireMillis, byte[] key, byte[] value) {

    /** The record at {@code offset}, as a {@link RecordVisitor} is shown it. */
    public static RedoRecord read(MemorySegment payload, long offset) {
        int keyLength = RedoRecords.keyLength(payload, offset);
        long key = offset + Abi.REDO_HEADER_BYTES;
        return new RedoRecord(RedoRecords.type(payload, offset), RedoRecords.version(payload, offset),
                RedoRecords.expireMillis(payload, offset), bytes(payload, key, keyLength),
                bytes(payload, key + keyLength, RedoRecords.valueLength(payload, offset)));
    }

    private static byte[] bytes(MemorySegment payload, long offset, int length) {
        return payload.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    String typeName() {
        return switch (type) {
            case Abi.REDO_PUT -> "PUT";
            case Abi.REDO_DELETE -> "DELETE";
            default -> "FLUSH";
        };
    }

    public boolean isPut() {
        return type == Abi.REDO_PUT;
    }

    boolean hasKey() {
        return type != Abi.REDO_FLUSH;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RedoRecord that && type == that.type && version == that.version && expireMillis == that.expireMillis
                && Arrays.equals(key, that.key) && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(version) ^ Arrays.hashCode(key);
    }
}
