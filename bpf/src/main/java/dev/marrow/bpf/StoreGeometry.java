package dev.marrow.bpf;

/**
 * Sizes that are fixed for the life of a store's pins.
 *
 * @param capacity keys the table is laid out for; it takes at least nine tenths of them, and usually more
 * @param memoryBytes budget for records, rounded down to whole slabs, at least one
 * @param ringBytes size of the redo ring, a power of two of at least one page
 */
public record StoreGeometry(long capacity, long memoryBytes, long ringBytes) {
    public static final long CAPACITY_MIN = 16;
    public static final long CAPACITY_MAX = 1L << 32;
    public static final long RING_BYTES_MIN = 1 << 18;
    public static final long RING_BYTES_MAX = 1 << 30;
    public static final long SLAB_BYTES = (long) Abi.BLOCK_BYTES * Abi.BLOCKS_PER_SLAB;
    public static final long MEMORY_BYTES_MAX = SLAB_BYTES * Abi.SLABS_MAX;

    public StoreGeometry {
        require(capacity >= CAPACITY_MIN && capacity <= CAPACITY_MAX, "capacity", capacity, CAPACITY_MIN, CAPACITY_MAX);
        require(memoryBytes >= SLAB_BYTES && memoryBytes <= MEMORY_BYTES_MAX, "memory", memoryBytes, SLAB_BYTES, MEMORY_BYTES_MAX);
        require(ringBytes >= RING_BYTES_MIN && ringBytes <= RING_BYTES_MAX && Long.bitCount(ringBytes) == 1,
                "ring (a power of two)", ringBytes, RING_BYTES_MIN, RING_BYTES_MAX);
    }

    private static void require(boolean holds, String name, long value, long least, long most) {
        if (!holds) {
            throw new IllegalArgumentException(name + "=" + value + " is not between " + least + " and " + most);
        }
    }

    /** Home buckets. */
    public int bucketCount() {
        return Math.toIntExact(Math.max(1, capacity * 10 / Abi.KEYS_PER_BUCKET_X10));
    }

    /** Buckets that full home buckets continue in. */
    public int overflowCount() {
        return Math.toIntExact((long) bucketCount() * Abi.OVERFLOW_SHARE_X100 / 100 + Abi.OVERFLOW_EXTRA);
    }

    /** The most slabs that the memory budget allows. */
    public int slabCountMax() {
        return Math.toIntExact(memoryBytes / SLAB_BYTES);
    }
}
