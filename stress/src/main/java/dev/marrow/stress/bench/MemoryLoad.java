package dev.marrow.stress.bench;

import dev.marrow.bpf.Abi;
import java.util.stream.IntStream;

/** Keys whose memory is measured. @param keys how many */
record MemoryLoad(ValueSizes sizes, int keys) {
    private static final int[] CLASS_BYTES = Abi.sizeClasses();

    long keyBytes() {
        return (long) keys * Prefill.KEY_BYTES;
    }

    long valueBytes() {
        return sizes.total(keys);
    }

    /** Headers of Marrow's records. */
    long headerBytes() {
        return (long) keys * Abi.RECORD_HEADER_BYTES;
    }

    /** Marrow's records: header, key and value. */
    long recordBytes() {
        return headerBytes() + keyBytes() + valueBytes();
    }

    /** The same in the size classes that they belong to. */
    long classBytes() {
        return IntStream.range(0, keys).mapToLong(key -> classBytes(Abi.RECORD_HEADER_BYTES + Prefill.KEY_BYTES + sizes.bytes(key))).sum();
    }

    /** The smallest class that has room for a record. */
    static int classBytes(int recordBytes) {
        for (int bytes : CLASS_BYTES) {
            if (bytes >= recordBytes) {
                return bytes;
            }
        }
        throw new IllegalArgumentException("record_bytes=" + recordBytes);
    }
}
