package dev.marrow.stress.jmh;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.stress.bench.BenchStore;
import dev.marrow.stress.bench.Teardown;
import java.lang.foreign.MemorySegment;

/** A store's redo ring with finished records that nobody takes out: its transactions wrote them, in the kernel. */
public final class FilledRing implements AutoCloseable {
    /** Of a record without the ring's header: redo header, key, value. */
    public static final int RECORD_BYTES = 100;

    private static final int VALUE_BYTES = RECORD_BYTES - Abi.REDO_HEADER_BYTES - BenchStore.KEY_BYTES;
    private static final int KEYS = 10_000;
    private static final long MEMORY_BYTES = 64 << 20;
    private static final long RING_BYTES = 4 << 20;

    private final Teardown teardown = new Teardown();
    private final BenchStore store;
    private final long from;
    private final long to;

    public FilledRing(int records) {
        store = new BenchStore(new StoreGeometry(KEYS * 2L, MEMORY_BYTES, RING_BYTES), teardown);
        store.fill(KEYS, VALUE_BYTES);
        store.log(records, KEYS, VALUE_BYTES);
        from = ring().consumerPosition();
        to = ring().producerPosition();
        if (to - from != records * BenchStore.redoBytes(VALUE_BYTES)) {
            throw new IllegalStateException("records=" + records + " ring_bytes=" + (to - from));
        }
    }

    public RedoRing ring() {
        return store.ring();
    }

    /** Position of the first record. */
    public long from() {
        return from;
    }

    /** Position behind the last one. */
    public long to() {
        return to;
    }

    /** All records, as they lie there. */
    public MemorySegment bytes() {
        return ring().bytes(from, to);
    }

    @Override
    public void close() {
        store.close();
        teardown.close();
    }
}
