package dev.marrow.bpf;

import dev.marrow.bpf.libbpf.Bpf;
import dev.marrow.bpf.libbpf.BpfObject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The pinned maps of a store and what programs have to know of it: all that another object needs to become a door to it. Those of tables that are pinned
 * already are there before any program is loaded, so that several objects can be verified at the same time, which takes a third of a second each.
 */
public final class StoreMaps implements AutoCloseable {
    /** Every map of a store that outlives its process. */
    static final List<String> PINNED = List.of(BpfFs.CONTROL, "counters", "buckets", "heap", "allocators", "ring");
    private static final int CONFIG_HASH_SEED = 0;
    private static final int CONFIG_BUCKET_COUNT = 16;
    private static final int CONFIG_OVERFLOW_COUNT = 20;
    private static final int CONFIG_SHARD_COUNT = 24;

    private final Map<String, Integer> descriptors;
    private final boolean ours;
    private final StoreGeometry geometry;
    private final HashSeed hashSeed;
    private final int shardCount;

    private StoreMaps(Map<String, Integer> descriptors, boolean ours, StoreGeometry geometry, HashSeed hashSeed, int shardCount) {
        this.descriptors = descriptors;
        this.ours = ours;
        this.geometry = geometry;
        this.hashSeed = hashSeed;
        this.shardCount = shardCount;
    }

    /** Of a loaded object, which keeps the descriptors. */
    static StoreMaps of(BpfObject object, StoreGeometry geometry, HashSeed hashSeed, int shardCount) {
        Map<String, Integer> descriptors = new LinkedHashMap<>();
        PINNED.forEach(name -> descriptors.put(name, object.map(name).fd()));
        return new StoreMaps(descriptors, false, geometry, hashSeed, shardCount);
    }

    /**
     * Of tables that an earlier process left.
     *
     * @param pinned what {@link KernelStore#inspect} found, already checked by the caller
     */
    public static StoreMaps open(Path pins, PinnedStore pinned) {
        Map<String, Integer> descriptors = new LinkedHashMap<>();
        PINNED.forEach(name -> descriptors.put(name, Bpf.openPinned(pins.resolve(name))));
        try (Arena arena = Arena.ofConfined()) {
            ControlPage page = ControlPage.map(descriptors.get(BpfFs.CONTROL), arena);
            return new StoreMaps(descriptors, true, pinned.geometry(), page.hashSeed(), page.shardCount());
        }
    }

    HashSeed hashSeed() {
        return hashSeed;
    }

    int shardCount() {
        return shardCount;
    }

    /** Makes an object that is not loaded yet a door to this store: the same tables, log and configuration. */
    void lend(BpfObject door) {
        descriptors.forEach((name, descriptor) -> door.map(name).reuse(descriptor));
        configure(door, geometry, hashSeed, shardCount);
    }

    /** Writes {@code struct config} (maps.h) into an object that is not loaded yet. */
    static void configure(BpfObject object, StoreGeometry geometry, HashSeed hashSeed, int shardCount) {
        MemorySegment config = object.map(".rodata.config").initialValue();
        config.set(ValueLayout.JAVA_LONG, CONFIG_HASH_SEED, hashSeed.low());
        config.set(ValueLayout.JAVA_LONG, CONFIG_HASH_SEED + 8, hashSeed.high());
        config.set(ValueLayout.JAVA_INT, CONFIG_BUCKET_COUNT, geometry.bucketCount());
        config.set(ValueLayout.JAVA_INT, CONFIG_OVERFLOW_COUNT, geometry.overflowCount());
        config.set(ValueLayout.JAVA_INT, CONFIG_SHARD_COUNT, shardCount);
    }

    /** What was lent stays with the borrower. */
    @Override
    public void close() {
        if (ours) {
            descriptors.values().forEach(Bpf::close);
        }
    }
}
