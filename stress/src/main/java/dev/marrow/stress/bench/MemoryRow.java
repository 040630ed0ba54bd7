package dev.marrow.stress.bench;

import dev.marrow.stress.bench.MemoryServer.Use;
import java.util.Map;

/** What the same keys take in each of the servers. */
record MemoryRow(MemoryLoad load, Map<ServerKind, Growth> growths) {
    /**
     * Memory before and after, and what was laid out for the keys before there were any; it belongs to them as the rest does.
     *
     * @param tableBytes buckets
     * @param slabBytes  slabs, none of which was counted as used
     */
    record Growth(Use before, Use after, long tableBytes, long slabBytes) {
        long counted() {
            return after.counted() - before.counted() + tableBytes;
        }

        long taken() {
            return after.taken() - before.taken() + tableBytes + slabBytes;
        }
    }

    double countedPerKey(ServerKind target) {
        return perKey(growths.get(target).counted());
    }

    double takenPerKey(ServerKind target) {
        return perKey(growths.get(target).taken());
    }

    double allPerKey(ServerKind target) {
        return perKey(growths.get(target).after().all());
    }

    double perKey(long bytes) {
        return (double) bytes / load.keys();
    }
}
