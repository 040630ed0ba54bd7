package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.RedoRing;
import dev.marrow.wal.BatchVisitor;
import dev.marrow.wal.LogScan;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Fills an empty store from the log. The log's payloads are the ring's bytes, which the load program reads as they are; per key
 * the highest version wins, in whatever order records come (I5).
 *
 * <p>A delete leaves a tombstone in the table, and now and then all so far are dropped: nothing behind them in the log can be older, because a record is reserved in the ring after its transaction's snapshot, so that the ring's order is
 * each key's version order, and the log keeps the ring's order. (A start after a kill may write the ring's last records twice, the
 * second time again in order and to their end.)
 */
final class Replay implements BatchVisitor {
    private static final int SWEEP_BUCKETS = 1 << 14;
    private static final long PROGRESS_NANOS = 1_000_000_000;
    private static final int RECORD_ALIGNMENT = 8;
    /** Tombstones are dropped each time so much log, or a share of the memory budget, has been read: they take records' place. */
    private static final long TOMBSTONE_BYTES_MIN = 16 << 20;
    private static final int TOMBSTONE_MEMORY_DIVISOR = 8;

    private final KernelStore store;
    private final IoSlot slot;
    private final PrintStream progress;
    private final long tombstoneBytes;
    private final long startNanos = System.nanoTime();
    private long flushVersion;
    private long bytesTotal;
    private long bytesDone;
    private long progressNanos = startNanos;
    private int filled;
    private long sweptAt;

    Replay(KernelStore store, PrintStream progress) {
        this.store = store;
        this.slot = store.slot(0);
        this.progress = progress;
        this.tombstoneBytes = Math.max(TOMBSTONE_BYTES_MIN, store.geometry().memoryBytes() / TOMBSTONE_MEMORY_DIVISOR);
    }

    @Override
    public void verified(LogScan scan) {
        flushVersion = scan.flushVersion();
        bytesTotal = scan.bytes();
        store.control().clockFloorMillis(scan.timeMaxMillis());
        // above everything in the log, so that every version given from now on is higher (I4)
        long highest = Math.max(scan.versionMax(), scan.flushVersion());
        store.control().versionFloor((highest / Abi.VERSION_STEP + 2) * Abi.VERSION_STEP);
    }

    @Override
    public void batch(long lsn, MemorySegment segment, long offset, int length) throws IOException {
        // a batch is larger than the input area: hand it over in pieces that end between records
        long at = offset;
        long end = offset + length;
        while (at < end) {
            int record = recordBytes(segment, at);
            if (filled + record > Abi.IN_BYTES) {
                load();
            }
            MemorySegment.copy(segment, at, slot.in(), filled, record);
            filled += record;
            at += record;
        }
        bytesDone += length;
        if (bytesDone - sweptAt > tombstoneBytes) {
            load();
            dropTombstones();
            sweptAt = bytesDone;
        }
        report();
    }

    private static int recordBytes(MemorySegment segment, long at) {
        int length = segment.get(ValueLayout.JAVA_INT_UNALIGNED, at) & ~RedoRing.DISCARD_BIT;
        return RedoRing.HEADER_BYTES + (length + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT;
    }

    private void load() {
        int from = 0;
        boolean dropped = false;
        while (from < filled) {
            slot.load(from, filled, flushVersion);
            int next = (int) slot.batchCursor();
            dropped &= next == from;
            from = next;
            switch (slot.batchStatus()) {
                case 0, Abi.STATUS_BUSY -> { }
                case Abi.STATUS_GROWING -> store.heap().grow();
                case Abi.STATUS_MEMORY_FULL, Abi.STATUS_TABLE_FULL -> {
                    if (dropped) {
                        throw new StartRefusedException("the log holds more than the table takes: raise --memory (now "
                                + store.geometry().memoryBytes() + ") or --capacity (now " + store.geometry().capacity() + ")");
                    }
                    dropTombstones();
                    dropped = true;
                }
                default -> throw new IllegalStateException("load stopped: status=" + slot.batchStatus() + " offset=" + from);
            }
            store.heap().grow();
        }
        filled = 0;
    }

    /** Uses another slot: the input area of ours holds records. */
    private void dropTombstones() {
        IoSlot other = store.slot(1);
        int buckets = store.geometry().bucketCount();
        for (long first = 0; first < buckets; first = other.batchCursor()) {
            other.sweep(first, SWEEP_BUCKETS, IoSlot.Sweep.TOMBSTONES);
            if (other.batchStatus() != 0 && other.batchStatus() != Abi.STATUS_BUSY) {
                throw new IllegalStateException("sweep stopped: status=" + other.batchStatus());
            }
        }
    }

    void finish() {
        load();
        dropTombstones();
    }

    private void report() {
        long now = System.nanoTime();
        if (now - progressNanos > PROGRESS_NANOS) {
            progressNanos = now;
            progress.printf("replaying: %d %% of %,d bytes, %,d keys, %.0f s%n", bytesDone * 100 / Math.max(1, bytesTotal), bytesTotal,
                    store.counters().keys(), (now - startNanos) / 1e9);
        }
    }
}
