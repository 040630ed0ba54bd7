package dev.marrow.stress.bench;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** One server, empty at first, whose memory is looked at. */
final class MemoryServer implements AutoCloseable {
    private static final Durability DURABILITY = Durability.EVERYSEC;
    /** After a load: what is synced each second has been, and what was queued is written. */
    private static final int SETTLE_MILLIS = 2_000;
    /** memcached rebuilds its hash table in the background. */
    private static final int EXPANSION_MILLIS_MAX = 30_000;

    private final ServerKind target;
    private final ServerProcess process;
    private final Path directory;
    private final long tableBytes;

    /**
     * What a server takes.
     *
     * @param counted by itself, for keys: Redis's used_memory, memcached's bytes, the blocks that Marrow's size classes have taken
     * @param taken   from the system, for keys: Redis's and memcached's resident memory, Marrow's slabs
     * @param process resident, without maps
     * @param kernel  eBPF maps and programs, slabs included
     */
    record Use(long counted, long taken, long process, long kernel) {
        long all() {
            return process + kernel;
        }
    }

    private MemoryServer(ServerKind target, ServerProcess process, Path directory, long tableBytes) {
        this.target = target;
        this.process = process;
        this.directory = directory;
        this.tableBytes = tableBytes;
    }

    /** Any of them, with room for these keys. */
    static MemoryServer of(ServerKind target, MemoryLoad load, Path scratch, Teardown teardown) throws IOException, InterruptedException {
        Path directory = scratch.resolve("memory-" + target.name().toLowerCase(Locale.ROOT));
        return switch (target) {
            case REDIS -> new MemoryServer(target, ServerProcess.redis(DURABILITY.word(), directory, teardown), directory, 0);
            case MEMCACHED -> new MemoryServer(target, ServerProcess.memcached(1, load.keys(), load.valueBytes(), directory, teardown), directory, 0);
            case MARROW -> marrow(load.keys(), StoreGeometry.SLAB_BYTES * 16 + load.recordBytes() * 4 / 3, directory, teardown);
        };
    }

    /** Marrow with a table of just the capacity that so many keys need: it takes nine tenths of it for certain. */
    static MemoryServer marrow(int keys, long memoryBytes, Path directory, Teardown teardown) throws IOException, InterruptedException {
        StoreGeometry geometry = new StoreGeometry(Math.max(StoreGeometry.CAPACITY_MIN, (keys * 10L + 8) / 9), memoryBytes,
                StoreGeometry.RING_BYTES_MIN);
        List<String> options = List.of("--capacity", Long.toString(geometry.capacity()), "--memory", Long.toString(memoryBytes));
        ServerProcess process = ServerProcess.marrow(DURABILITY.word(), true, options, directory, teardown);
        return new MemoryServer(ServerKind.MARROW, process, directory, ((long) geometry.bucketCount() + geometry.overflowCount()) * Abi.BUCKET_BYTES);
    }

    int port() {
        return process.port();
    }

    /** Marrow has all of its buckets from the start, and the first slabs; tables and heaps of the others grow with the keys. */
    MemoryRow.Growth growth(Use before, Use after) {
        return new MemoryRow.Growth(before, after, tableBytes, target == ServerKind.MARROW ? before.taken() : 0);
    }

    void fill(MemoryLoad load) throws IOException, InterruptedException {
        Prefill.run(target.protocol(), port(), load.keys(), load.sizes());
        TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
        if (target == ServerKind.MEMCACHED) {
            awaitExpansion();
        }
    }

    private void awaitExpansion() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(EXPANSION_MILLIS_MAX);
        while (MemcachedStats.of(port()).number("hash_is_expanding") != 0) {
            if (System.nanoTime() > deadline) {
                throw new IOException("memcached's hash table still expands after " + EXPANSION_MILLIS_MAX + " ms");
            }
            TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS / 10);
        }
    }

    /** As of now. */
    Use use() throws IOException {
        ProcessMemory process = ProcessMemory.of(this.process.pid());
        if (target == ServerKind.MEMCACHED) {
            return new Use(MemcachedStats.of(port()).number("bytes"), process.residentBytes(), process.residentBytes(), process.kernelBytes());
        }
        String info = InfoField.section(port(), "memory");
        long counted = InfoField.number(info, "used_memory");
        if (target == ServerKind.REDIS) {
            return new Use(counted, process.residentBytes(), process.residentBytes(), process.kernelBytes());
        }
        // Nobody holds a descriptor of a slab: they are in the array of maps.
        long slabs = InfoField.number(info, "used_memory_rss");
        return new Use(counted, slabs, process.residentBytes(), process.kernelBytes() + slabs);
    }

    /** Stops it, and deletes what it wrote. */
    @Override
    public void close() {
        process.close();
        Teardown.delete(directory);
    }
}
