package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.Stub;
import dev.marrow.wal.BatchReader;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogScan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/**
 * Fills a new map from base and log: with the chunks of those values to which the table refers. In the log's
 * order, so that the last of two chunks of one name counts.
 */
final class ChunkReplay {
    private ChunkReplay() {}

    /**
     * @param ring records that come behind the log, perhaps none
     * @throws IOException chunks of a value are not there, or a read failed
     */
    static void run(ChunkMap map, KernelStore store, IoSlot slot, LogDirectory directory, LogScan log, MemorySegment ring) throws IOException {
        Map<Long, Stub> stubs = StubScan.run(store, slot);
        ChunkWalk walk = new ChunkWalk(stubs,
                (stub, index, memory, offset, length) -> map.put(stub.id(), index, memory.asSlice(offset, length)));
        try (BatchReader base = BatchReader.base(directory)) {
            walk.read(base);
        }
        try (BatchReader behind = BatchReader.log(directory, log)) {
            walk.read(behind);
        }
        walk.read(ring, 0, ring.byteSize());
        if (!Orphans.missing(stubs, Orphans.bytes(map)).isEmpty()) {
            // removed meanwhile, and given back
            List<Stub> missing = Orphans.missing(StubScan.run(store, slot), Orphans.bytes(map));
            if (!missing.isEmpty()) {
                throw ChunkWalk.lack(missing);
            }
        }
    }
}
