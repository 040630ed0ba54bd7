package dev.marrow.bpf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct stub}: what the table keeps in place of a value longer than {@link Abi#VALUE_BYTES_MAX}, whose bytes are in tier two.
 *
 * @param id     of the bytes; never given twice in the life of a directory, never 0
 * @param length in bytes
 */
public record Stub(long id, long length) {
    /** The stub at {@code offset}. */
    public static Stub read(MemorySegment memory, long offset) {
        return new Stub(memory.get(ValueLayout.JAVA_LONG_UNALIGNED, offset + Abi.stub_id),
                memory.get(ValueLayout.JAVA_LONG_UNALIGNED, offset + Abi.stub_length));
    }

    byte[] toBytes() {
        byte[] bytes = new byte[Abi.SIZEOF_stub];
        MemorySegment memory = MemorySegment.ofArray(bytes);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, Abi.stub_id, id);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, Abi.stub_length, length);
        return bytes;
    }

    /** Pieces that the bytes are cut into: all but the last are {@link Abi#VALUE_BYTES_MAX} long. */
    public int chunks() {
        return Math.toIntExact((length + Abi.VALUE_BYTES_MAX - 1) / Abi.VALUE_BYTES_MAX);
    }
}
