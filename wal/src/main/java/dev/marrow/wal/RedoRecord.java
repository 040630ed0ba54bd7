package dev.marrow.wal;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.Stub;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;

/**
 * A redo record, copied out.
 *
 * @param type         one of {@link Abi#REDO_PUT}, {@link Abi#REDO_DELETE}, {@link Abi#REDO_FLUSH}, {@link Abi#REDO_CHUNK}
 * @param expireMillis Unix time in milliseconds, 0 for never
 * @param key          empty for a FLUSH; of a CHUNK which value's, and which piece
 * @param value        empty for anything but a PUT or a CHUNK
 * @param stub         of a PUT whose value is in the CHUNKs before it
 */
public record RedoRecord(int type, long version, long expireMillis, byte[] key, byte[] value, Optional<Stub> stub) {

    /** The record at {@code offset}, as a {@link RecordVisitor} is shown it. */
    public static RedoRecord read(MemorySegment payload, long offset) {
        int keyLength = RedoRecords.keyLength(payload, offset);
        long key = offset + Abi.REDO_HEADER_BYTES;
        return new RedoRecord(RedoRecords.type(payload, offset), RedoRecords.version(payload, offset),
                RedoRecords.expireMillis(payload, offset), bytes(payload, key, keyLength),
                bytes(payload, key + keyLength, RedoRecords.valueLength(payload, offset)),
                RedoRecords.isStub(payload, offset) ? Optional.of(Stub.read(payload, key + keyLength)) : Optional.empty());
    }

    private static byte[] bytes(MemorySegment payload, long offset, int length) {
        return payload.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    String typeName() {
        return switch (type) {
            case Abi.REDO_PUT -> "PUT";
            case Abi.REDO_DELETE -> "DELETE";
            case Abi.REDO_CHUNK -> "CHUNK";
            default -> "FLUSH";
        };
    }

    public boolean isPut() {
        return type == Abi.REDO_PUT;
    }

    boolean hasKey() {
        return type == Abi.REDO_PUT || type == Abi.REDO_DELETE;
    }

    /** Which piece of which large value a CHUNK is. */
    public Chunk chunk() {
        MemorySegment memory = MemorySegment.ofArray(key);
        return new Chunk(memory.get(ValueLayout.JAVA_LONG_UNALIGNED, Abi.chunk_key_id), memory.get(ValueLayout.JAVA_INT_UNALIGNED, Abi.chunk_key_index));
    }

    boolean isChunk() {
        return type == Abi.REDO_CHUNK;
    }

    /** {@code struct chunk_key}. */
    public record Chunk(long id, int index) {}

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
