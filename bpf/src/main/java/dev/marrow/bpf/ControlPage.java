package dev.marrow.bpf;

import dev.marrow.bpf.libbpf.Bpf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * {@code struct control}, shared with the kernel side: identity, floors, clock, durable mark. Loads acquire, stores release, so
 * that what was written before a store is seen by whoever sees the store.
 */
public final class ControlPage {
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final int INSTANCE_BYTES = 16;
    private static final long PAGE_BYTES = 4096;

    private final MemorySegment page;

    ControlPage(MemorySegment page) {
        this.page = page;
    }

    static ControlPage map(int fd, Arena arena) {
        return new ControlPage(Bpf.map(fd, 0, PAGE_BYTES, false, arena));
    }

    private long load(int offset) {
        return (long) LONG.getAcquire(page, (long) offset);
    }

    private void store(int offset, long value) {
        LONG.setRelease(page, (long) offset, value);
    }

    private int loadInt(int offset) {
        return (int) INT.getAcquire(page, (long) offset);
    }

    private void storeInt(int offset, int value) {
        INT.setRelease(page, (long) offset, value);
    }

    /** Writes everything that identifies a new store; the state is BUILDING afterwards. */
    void initialise(StoreGeometry geometry, byte[] instance, HashSeed hashSeed, int shardCount) {
        storeInt(Abi.control_state, Abi.STATE_BUILDING);
        storeInt(Abi.control_abi_version, Abi.ABI_VERSION);
        if (instance.length != INSTANCE_BYTES) {
            throw new IllegalArgumentException("instance_bytes=" + instance.length);
        }
        MemorySegment.copy(instance, 0, page, ValueLayout.JAVA_BYTE, Abi.control_instance, INSTANCE_BYTES);
        store(Abi.control_hash_seed, hashSeed.low());
        store(Abi.control_hash_seed + 8, hashSeed.high());
        store(Abi.control_capacity, geometry.capacity());
        store(Abi.control_memory_bytes, geometry.memoryBytes());
        store(Abi.control_ring_bytes, geometry.ringBytes());
        storeInt(Abi.control_shard_count, shardCount);
        versionFloor(Abi.VERSION_STEP);
    }

    public int abiVersion() {
        return loadInt(Abi.control_abi_version);
    }

    /** One of {@code Abi.STATE_*}, or 0 in a page nobody has written. */
    public int state() {
        return loadInt(Abi.control_state);
    }

    public void state(int state) {
        storeInt(Abi.control_state, state);
    }

    public byte[] instance() {
        byte[] instance = new byte[INSTANCE_BYTES];
        MemorySegment.copy(page, ValueLayout.JAVA_BYTE, Abi.control_instance, instance, 0, INSTANCE_BYTES);
        return instance;
    }

    /** Which file the data directory's identity is: a copy of a directory has the same instance and another file. */
    public void directory(long device, long inode) {
        store(Abi.control_directory_device, device);
        store(Abi.control_directory_inode, inode);
    }

    HashSeed hashSeed() {
        return new HashSeed(load(Abi.control_hash_seed), load(Abi.control_hash_seed + 8));
    }

    PinnedStore describe() {
        return new PinnedStore(abiVersion(), state(), instance(), load(Abi.control_capacity), load(Abi.control_memory_bytes),
                load(Abi.control_ring_bytes), load(Abi.control_directory_device), load(Abi.control_directory_inode), tablesId(), logLsn());
    }

    int shardCount() {
        return loadInt(Abi.control_shard_count);
    }

    /** Buckets with a version below this are empty. */
    public long versionFloor() {
        return load(Abi.control_version_floor);
    }

    /** Only while nothing is served: empties the table and makes every later version larger than {@code floor} (I4). */
    public void versionFloor(long floor) {
        store(Abi.control_version_high, floor);
        store(Abi.control_version_floor, floor);
    }

    public long flushPosition() {
        return load(Abi.control_flush_position);
    }

    /** Version of the last FLUSHALL, 0 for none: records of a lower one are gone. */
    public long flushVersion() {
        return load(Abi.control_flush_version);
    }

    public void flushVersion(long version) {
        store(Abi.control_flush_version, version);
    }

    /** No bucket's version has reached this. */
    public long versionBound() {
        return load(Abi.control_version_high) + Abi.VERSION_STEP;
    }

    /** Random number of these tables; the directory's manifest names those that were filled from it last. */
    public long tablesId() {
        return load(Abi.control_tables_id);
    }

    public void tablesId(long id) {
        store(Abi.control_tables_id, id);
    }

    /** Number of the last batch that was in the log before ring space was given back. */
    public long logLsn() {
        return load(Abi.control_log_lsn);
    }

    public void logLsn(long lsn) {
        store(Abi.control_log_lsn, lsn);
    }

    /** Whether these tables ever held a stub of a large value. */
    public boolean hasHadLargeValues() {
        return load(Abi.control_large_next) != 0;
    }

    /** From now on these tables count as such that ever held a stub. */
    public void hasLargeValues() {
        LONG.compareAndSet(page, (long) Abi.control_large_next, 0L, versionFloor() + 1);
    }

    /**
     * The next large value's id. Ids of these tables begin above all versions of the tables before, so none is given twice in the life of a directory; the
     * counter outlives the process as the tables do.
     */
    public long nextLargeId() {
        hasLargeValues();
        return (long) LONG.getAndAdd(page, (long) Abi.control_large_next, 1L);
    }

    /** Above every id that {@link #nextLargeId} has given so far. */
    public long largeIdBound() {
        return load(Abi.control_large_next);
    }

    /** Ring position up to which everything is on the disk. */
    public long durable() {
        return load(Abi.control_durable);
    }

    public void durable(long position) {
        store(Abi.control_durable, position);
    }

    /** CLOCK_REALTIME minus CLOCK_BOOTTIME, in nanoseconds. */
    public void clockOffsetNanos(long nanos) {
        store(Abi.control_clock_offset_ns, nanos);
    }

    /** Unix time in ms that the programs use instead of the clock; 0: the clock. For tests. */
    public void clockFixedMillis(long millis) {
        store(Abi.control_clock_fixed_ms, millis);
    }

    /** Unix time in ms below which the programs' time never goes. */
    public long clockFloorMillis() {
        return load(Abi.control_clock_floor_ms);
    }

    public void clockFloorMillis(long millis) {
        store(Abi.control_clock_floor_ms, millis);
    }

    long heapBlockCount() {
        return load(Abi.control_heap_block_count);
    }

    void heapBlockCount(long blocks) {
        store(Abi.control_heap_block_count, blocks);
    }

    /** Blocks that programs have taken so far. */
    public long heapNextBlock() {
        return load(Abi.control_heap_next_block);
    }

    void heapFinal(boolean isFinal) {
        storeInt(Abi.control_heap_final, isFinal ? 1 : 0);
    }

    /** Overflow buckets ever used. */
    public long overflowUsed() {
        return load(Abi.control_overflow_next);
    }
}
