package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.Stub;
import dev.marrow.wal.BatchReader;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogScan;
import dev.marrow.wal.RedoRecords;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Fills a new map from base and log: with the chunks of those values to which the table refers. In the log's
 * order, so that the last of two chunks of one name counts.
 */
final class ChunkReplay {
    private ChunkReplay() {}

    /** @throws IOException chunks of a value are not there, or a read failed */
    static void run(ChunkMap map, KernelStore store, IoSlot slot, LogDirectory directory, LogScan log) throws IOException {
        Map<Long, Stub> stubs = StubScan.run(store, slot);
        try (BatchReader base = BatchReader.base(directory)) {
            read(base, stubs, map);
        }
        try (BatchReader behind = BatchReader.log(directory, log)) {
            read(behind, stubs, map);
        }
        if (!Orphans.missing(stubs, Orphans.bytes(map)).isEmpty()) {
            // removed meanwhile, and given back
            List<Stub> missing = Orphans.missing(StubScan.run(store, slot), Orphans.bytes(map));
            if (!missing.isEmpty()) {
                throw new IOException("base and log lack bytes of " + missing.size() + " large values, the first has id=" + missing.getFirst().id()
                        + " length=" + missing.getFirst().length());
            }
        }
    }

    private static void read(BatchReader reader, Map<Long, Stub> stubs, ChunkMap map) throws IOException {
        for (Optional<BatchReader.Batch> next = reader.next(); next.isPresent(); next = reader.next()) {
            BatchReader.Batch batch = next.get();
            batch.verify();
            try {
                RedoRecords.forEach(batch.file(), batch.payload(), batch.length(), (file, record, length) -> put(file, record, stubs, map));
            } catch (InternalError unreadable) {
                throw new IOException("base or log cannot be read", unreadable);
            }
        }
    }

    private static void put(MemorySegment file, long record, Map<Long, Stub> stubs, ChunkMap map) {
        if (RedoRecords.type(file, record) != Abi.REDO_CHUNK) {
            return;
        }
        long key = record + Abi.REDO_HEADER_BYTES;
        long id = file.get(ValueLayout.JAVA_LONG_UNALIGNED, key + Abi.chunk_key_id);
        int index = file.get(ValueLayout.JAVA_INT_UNALIGNED, key + Abi.chunk_key_index);
        Stub stub = stubs.get(id);
        if (stub != null && index < stub.chunks()) {
            map.put(id, index, file.asSlice(key + Abi.SIZEOF_chunk_key, RedoRecords.valueLength(file, record)));
        }
    }
}
