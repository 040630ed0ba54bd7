package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.Stub;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A map that an earlier process left, against the table: chunks to which nothing refers are removed (values that were on their way in, or about to
 * be given back), and whether all that is referred to is there. No stub is committed meanwhile, because that waits until the map is open.
 */
final class Orphans {
    private record Piece(long id, int index) {}

    private Orphans() {}

    /** False: something is missing, and it is still missed. */
    static boolean remove(ChunkMap map, KernelStore store, IoSlot slot) {
        Map<Long, Stub> stubs = StubScan.run(store, slot);
        Map<Long, Long> bytes = new HashMap<>();
        List<Piece> orphans = new ArrayList<>();
        map.forEach((id, index, length) -> {
            Stub stub = stubs.get(id);
            if (stub == null || index >= stub.chunks()) {
                orphans.add(new Piece(id, index));
            } else {
                bytes.merge(id, (long) length, Long::sum);
            }
        });
        orphans.forEach(piece -> map.remove(piece.id(), piece.index()));
        return missing(stubs, bytes).isEmpty() || missing(StubScan.run(store, slot), bytes).isEmpty();
    }

    /** Values that lack bytes. */
    static List<Stub> missing(Map<Long, Stub> stubs, Map<Long, Long> bytes) {
        return stubs.values().stream().filter(stub -> bytes.getOrDefault(stub.id(), 0L) != stub.length()).toList();
    }

    /** Bytes of each value that are in the map. */
    static Map<Long, Long> bytes(ChunkMap map) {
        Map<Long, Long> bytes = new HashMap<>();
        map.forEach((id, index, length) -> bytes.merge(id, (long) Math.min(length, Abi.VALUE_BYTES_MAX), Long::sum));
        return bytes;
    }
}
