package dev.marrow.bpf;

import dev.marrow.bpf.libbpf.TestRun;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@code struct io}: the page through which one thread gives input to the programs and takes their replies. Not thread-safe;
 * each event loop has its own.
 */
public final class IoSlot {
    private static final int BATCH_EXTRA_COUNT = 4;
    /** Keys of one run of {@link #scanKeys}, and those of the home that passes it: a run keeps its processor, so it is short. */
    private static final int KEYS_BYTES = 64 << 10;

    private final MemorySegment memory;
    private final MemorySegment in;
    private final MemorySegment out;
    private final ByteBuffer inBuffer;
    private final ByteBuffer outBuffer;
    private final TestRun serve;
    private final TestRun load;
    private final TestRun sweep;
    private final TestRun flush;
    private final TestRun bench;
    private final TestRun scan;
    private final TestRun stage;
    private final TestRun commit;
    private final TestRun append;

    IoSlot(MemorySegment memory, Runs runs) {
        this.memory = memory;
        this.in = memory.asSlice(Abi.io_in, Abi.IN_BYTES);
        this.out = memory.asSlice(Abi.io_out, Abi.SIZEOF_io - Abi.io_out);
        this.inBuffer = in.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        this.outBuffer = out.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        this.serve = runs.serve();
        this.load = runs.load();
        this.sweep = runs.sweep();
        this.flush = runs.flush();
        this.bench = runs.bench();
        this.scan = runs.scan();
        this.stage = runs.stage();
        this.commit = runs.commit();
        this.append = runs.append();
    }

    /** The program's operations, made ready for this slot. */
    record Runs(TestRun serve, TestRun load, TestRun sweep, TestRun flush, TestRun bench, TestRun scan, TestRun stage,
            TestRun commit, TestRun append) {}

    /** Input area, {@link Abi#IN_BYTES} long. */
    public MemorySegment in() {
        return in;
    }

    /** Output area. */
    public MemorySegment out() {
        return out;
    }

    /** The input area as a buffer whose position and limit are the caller's to use. */
    public ByteBuffer inBuffer() {
        return inBuffer;
    }

    /** The output area as a buffer whose position and limit are the caller's to use. */
    public ByteBuffer outBuffer() {
        return outBuffer;
    }

    // ---- serving ----

    /** Sets request {@code index}: bytes [from, to) of the input area, with {@code Abi.REQUEST_*} flags. */
    public void request(int index, int from, int to, int flags) {
        long at = requestAt(index);
        memory.set(ValueLayout.JAVA_INT, at + Abi.request_in_offset, from);
        memory.set(ValueLayout.JAVA_INT, at + Abi.request_in_end, to);
        memory.set(ValueLayout.JAVA_INT, at + Abi.request_flags, flags);
    }

    /** Runs requests [0, count); afterwards each has its results. Replies are overwritten by the next run. */
    public void serve(int count) {
        if (count < 1 || count > Abi.REQUESTS_MAX) {
            throw new IllegalArgumentException("count=" + count);
        }
        memory.set(ValueLayout.JAVA_INT, Abi.io_request_count, count);
        run(serve);
    }

    private static long requestAt(int index) {
        return Abi.io_requests + (long) index * Abi.SIZEOF_request;
    }

    private int requestInt(int index, int field) {
        return memory.get(ValueLayout.JAVA_INT, requestAt(index) + field);
    }

    private long requestLong(int index, int field) {
        return memory.get(ValueLayout.JAVA_LONG, requestAt(index) + field);
    }

    /** One of {@code Abi.STATUS_*}: why the request's share of the run ended. */
    public int status(int index) {
        return requestInt(index, Abi.request_status);
    }

    /** Offset of the first byte that was not consumed. */
    public int inOffset(int index) {
        return requestInt(index, Abi.request_in_offset);
    }

    public int outOffset(int index) {
        return requestInt(index, Abi.request_out_offset);
    }

    public int outEnd(int index) {
        return requestInt(index, Abi.request_out_end);
    }

    /** Commands answered in this run. */
    public int commands(int index) {
        return requestInt(index, Abi.request_commands);
    }

    /** Commands of this run that left a redo record. */
    public int writes(int index) {
        return requestInt(index, Abi.request_writes);
    }

    /** Log position that must be durable before the replies may leave in {@code always} (I3). */
    public long waitPosition(int index) {
        return requestLong(index, Abi.request_wait_position);
    }

    /** Highest log position of the request's own writes in this run; 0: none. */
    public long writePosition(int index) {
        return requestLong(index, Abi.request_write_position);
    }

    // ---- administration ----

    private void batch(int count, long cursor, long... extra) {
        memory.set(ValueLayout.JAVA_INT, Abi.io_batch_count, count);
        memory.set(ValueLayout.JAVA_LONG, Abi.io_batch_cursor, cursor);
        for (int i = 0; i < BATCH_EXTRA_COUNT; i++) {
            memory.set(ValueLayout.JAVA_LONG, Abi.io_batch_extra + 8L * i, i < extra.length ? extra[i] : 0);
        }
    }

    /** Where the last batch stopped. */
    public long batchCursor() {
        return memory.get(ValueLayout.JAVA_LONG, Abi.io_batch_cursor);
    }

    /** What the last batch counted. */
    public long batchResult() {
        return memory.get(ValueLayout.JAVA_LONG, Abi.io_batch_result);
    }

    /** 0, or the {@code Abi.STATUS_*} that stopped the last batch. */
    public int batchStatus() {
        return memory.get(ValueLayout.JAVA_INT, Abi.io_batch_status);
    }

    /**
     * Loads ring records that lie in the input area from {@code from} to {@code to}; versions below {@code flushed} are skipped.
     *
     * @param shuffled whether keys come in no order, unlike those of a base: then their cache misses are taken together
     */
    public void load(int from, int to, long flushed, boolean shuffled) {
        batch(to, from, flushed, shuffled ? 1 : 0);
        run(load);
    }

    /** Drops the tombstones that deletes among these records left when they were {@link #load}ed; without redo records. */
    public void dropTombstones(int from, int to, long flushed) {
        batch(to, from, flushed, 0, 0, 1);
        run(load);
    }

    /** How many of the records that the last {@link #load} took are stubs of large values. */
    public long stubsLoaded() {
        return memory.get(ValueLayout.JAVA_LONG, Abi.io_batch_extra + 2L * Long.BYTES);
    }

    /** Visits home buckets from {@code first} on: gives back what a floor left behind, and removes what {@code what} names. */
    public void sweep(long first, int count, Sweep what) {
        batch(count, first, what.bits);
        run(sweep);
    }

    /** Large values whose keys the last {@link #sweep} removed, because they had expired: nothing refers to them any more. */
    public List<Stub> sweptStubs() {
        int count = (int) memory.get(ValueLayout.JAVA_LONG, Abi.io_batch_extra + 3L * Long.BYTES);
        return IntStream.range(0, count).mapToObj(i -> Stub.read(out, (long) i * Abi.SIZEOF_stub)).toList();
    }

    /** What a sweep removes. */
    public enum Sweep {
        /** Only what lies below the version floor. */
        STALE(0),
        /** Also keys whose deadline is past; each leaves a redo record. */
        EXPIRED(1);

        private final int bits;

        Sweep(int bits) {
            this.bits = bits;
        }
    }

    /** Begins a scan of the table; {@link #scan} goes on with it. */
    public void beginScan() {
        beginScan(0);
    }

    /** Begins a scan at this home bucket; {@link #scan} or {@link #scanKeys} goes on with it. */
    public void beginScan(long home) {
        memory.set(ValueLayout.JAVA_INT, Abi.io_scanned_count, 0);
        memory.set(ValueLayout.JAVA_LONG, Abi.io_scan_version, 0);
        memory.set(ValueLayout.JAVA_LONG, Abi.io_batch_cursor, home);
    }

    /**
     * Copies records into the output area, as ring records: visits at most {@code buckets} home buckets and ends once {@code bytes} are there, up
     * to one record more. {@link #batchCursor} is the next home, {@link #batchResult} the number of records, {@link #scannedBytes} their length.
     */
    public void scan(int buckets, int bytes) {
        batch(buckets, batchCursor(), bytes);
        run(scan);
    }

    /** The same for the {@link Stub}s of large values alone. */
    public void scanStubs(int buckets, int bytes) {
        batch(buckets, batchCursor(), bytes, 1);
        run(scan);
    }

    /**
     * The same for records without their values, each with its home's number in the upper half of the ring record's header; ends behind the home with
     * which {@code keys} of them are there, or {@value #KEYS_BYTES} bytes. A home may name a key twice, when others write to it meanwhile.
     *
     * @param buckets home buckets to visit, at least one
     * @param keys    at least one
     */
    public void scanKeys(int buckets, int keys) {
        batch(buckets, batchCursor(), KEYS_BYTES, 0, 0, keys);
        run(scan);
    }

    /** Whether {@link #scanKeys} has given a part of the keys of the home at {@link #batchCursor}, because it was written to all the time. */
    public boolean insideHome() {
        return memory.get(ValueLayout.JAVA_INT, Abi.io_scanned_count) != 0;
    }

    /** Bytes of ring records at the start of the output area. */
    public int scannedBytes() {
        return (int) memory.get(ValueLayout.JAVA_LONG, Abi.io_batch_extra + Long.BYTES);
    }

    /** Highest version among them. */
    public long scannedVersionMax() {
        return memory.get(ValueLayout.JAVA_LONG, Abi.io_batch_extra + 2 * Long.BYTES);
    }

    /** Reads keys [from, to) of the staging area, which lie in the input area; with their homes held they are all of them. */
    void stage(int from, int to, boolean held) {
        batch(to, from, held ? 1 : 0);
        run(stage);
    }

    /** Commits what is staged. */
    void commit() {
        batch(0, 0);
        run(commit);
    }

    /**
     * Puts a piece of a large value into the ring, behind everything that is there: {@link #batchResult} is its log position unless {@link #batchStatus} is
     * {@link Abi#STATUS_RING_FULL}, which is so from half a ring on.
     *
     * @param bytes 1 to {@link Abi#VALUE_BYTES_MAX} bytes
     */
    public void appendChunk(long id, int index, MemorySegment bytes) {
        int length = (int) bytes.byteSize();
        in.set(ValueLayout.JAVA_LONG, 0, 0);
        in.set(ValueLayout.JAVA_LONG, 8, 0);
        in.set(ValueLayout.JAVA_INT, 16, length);
        in.set(ValueLayout.JAVA_SHORT, 20, (short) Abi.SIZEOF_chunk_key);
        in.set(ValueLayout.JAVA_BYTE, 22, (byte) Abi.REDO_CHUNK);
        in.set(ValueLayout.JAVA_BYTE, 23, (byte) 0);
        in.set(ValueLayout.JAVA_LONG_UNALIGNED, Abi.REDO_HEADER_BYTES + Abi.chunk_key_id, id);
        in.set(ValueLayout.JAVA_INT_UNALIGNED, Abi.REDO_HEADER_BYTES + Abi.chunk_key_index, index);
        long value = Abi.REDO_HEADER_BYTES + Abi.SIZEOF_chunk_key;
        MemorySegment.copy(bytes, 0, in, value, length);
        batch((int) value + length, 0);
        run(append);
    }

    /** FLUSHALL; {@link #batchResult} is its log position unless {@link #batchStatus} says otherwise. One caller at a time. */
    public void flush() {
        batch(0, 0);
        run(flush);
    }

    /** The in-kernel benchmark; see admin.h for its arguments. */
    public void bench(int operation, int count, long seed, long keys, int valueBytes, long firstKey) {
        batch(count, seed, operation, keys, valueBytes, firstKey);
        run(bench);
    }

    private static void run(TestRun run) {
        int result = run.run();
        if (result != Abi.RUN_OK) {
            throw new IllegalStateException("result=" + result + ": no such slot or operation");
        }
    }
}
