package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.Stub;
import dev.marrow.wal.BatchReader;
import dev.marrow.wal.RedoRecords;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds chunks of certain values in redo records, in the order in which these are read: of two chunks of one name the newer one comes last. */
final class ChunkWalk {

    /** Meets a chunk. */
    @FunctionalInterface
    interface Visitor {
        /** Its {@code length} bytes are in {@code memory} from {@code offset} on. */
        void chunk(Stub stub, int index, MemorySegment memory, long offset, int length);
    }

    private final Map<Long, Stub> stubs;
    private final Visitor visitor;

    /** @param stubs of the values, by id */
    ChunkWalk(Map<Long, Stub> stubs, Visitor visitor) {
        this.stubs = stubs;
        this.visitor = visitor;
    }

    /** Reads what is left of a base or log, and verifies it. */
    void read(BatchReader reader) throws IOException {
        for (Optional<BatchReader.Batch> next = reader.next(); next.isPresent(); next = reader.next()) {
            BatchReader.Batch batch = next.get();
            batch.verify();
            try {
                read(batch.file(), batch.payload(), batch.length());
            } catch (InternalError unreadable) {
                throw new IOException("base or log cannot be read", unreadable);
            }
        }
    }

    /** Reads ring records. */
    void read(MemorySegment records, long from, long length) {
        RedoRecords.forEach(records, from, length, (memory, record, recordLength) -> visit(memory, record));
    }

    private void visit(MemorySegment memory, long record) {
        if (RedoRecords.type(memory, record) != Abi.REDO_CHUNK) {
            return;
        }
        long key = record + Abi.REDO_HEADER_BYTES;
        Stub stub = stubs.get(memory.get(ValueLayout.JAVA_LONG_UNALIGNED, key + Abi.chunk_key_id));
        int index = memory.get(ValueLayout.JAVA_INT_UNALIGNED, key + Abi.chunk_key_index);
        if (stub != null && index < stub.chunks()) {
            visitor.chunk(stub, index, memory, key + Abi.SIZEOF_chunk_key, RedoRecords.valueLength(memory, record));
        }
    }

    /** Values that keys refer to are not there. */
    static IOException lack(List<Stub> missing) {
        return new IOException("base and log lack bytes of " + missing.size() + " large values, the first has id=" + missing.getFirst().id()
                + " length=" + missing.getFirst().length());
    }
}
