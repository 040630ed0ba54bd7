package dev.marrow.stress.bench;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.HashSeed;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.RedoRing;
import dev.marrow.bpf.StoreGeometry;
import java.nio.file.Path;
import java.security.SecureRandom;

/** A store with pins of its own and no log, driven by the in-kernel benchmark program (admin.h). One thread. */
public final class BenchStore implements AutoCloseable {
    /** The most transactions of one run of the program. */
    private static final int BATCH_MAX = 50_000;
    /** The program's keys. */
    public static final int KEY_BYTES = 16;

    /** {@code enum op} of command.h, whose values are no part of the ABI: {@link CoreBench} checks that they do what they say. */
    enum Operation {
        GET(1),
        SET(5);

        private final int code;

        Operation(int code) {
            this.code = code;
        }
    }

    /** A batch cut short wants memory or ring space; each attempt adds some, so few are needed. */
    private static final int ATTEMPTS_MAX = 1_000;

    private final KernelStore store;
    private final IoSlot slot;
    private final byte[] instance = new byte[16];

    public BenchStore(StoreGeometry geometry, Teardown teardown) {
        new SecureRandom().nextBytes(instance);
        teardown.add(() -> BpfFs.unpin(instance));
        Path pins = BpfFs.prepare(instance);
        store = KernelStore.create(pins, geometry, instance, HashSeed.random(), 1);
        store.updateClock();
        slot = store.slot(0);
    }

    public RedoRing ring() {
        return store.ring();
    }

    /** The one slot, for whoever does without the benchmark program. */
    public IoSlot slot() {
        return slot;
    }

    private long keys() {
        return store.counters().keys();
    }

    /** Bytes of the ring that one SET takes. */
    public static long redoBytes(int valueBytes) {
        return RedoRing.HEADER_BYTES + (Abi.REDO_HEADER_BYTES + KEY_BYTES + valueBytes + 7L & ~7L);
    }

    /** Transactions of one run of the program: many, to make its start not count, and their redo records fit half of the ring. */
    int batch(int valueBytes) {
        return Math.clamp(ring().capacity() / 2 / redoBytes(valueBytes), 1, BATCH_MAX);
    }

    /** Keys that the last batch found. */
    long found() {
        return slot.batchResult();
    }

    /** Writes keys 1..{@code keys}, once each, and drops their redo records. */
    public void fill(int keys, int valueBytes) {
        int batch = batch(valueBytes);
        for (int first = 1; first <= keys; first += batch) {
            int count = Math.min(batch, keys - first + 1);
            int attempt = 0;
            do {
                if (attempt++ == ATTEMPTS_MAX) {
                    throw unfinished();
                }
                slot.bench(Operation.SET.code, count, 1, keys, valueBytes, first);
            } while (!settle());
        }
        if (keys() != keys) {
            throw new IllegalStateException("keys=" + keys() + ", expected " + keys);
        }
    }

    /** Runs a batch on random keys until it ran through; returns what its last attempt alone took, in ns per transaction. */
    double time(Operation operation, long seed, int keys, int valueBytes) {
        int count = batch(valueBytes);
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            long begin = System.nanoTime();
            slot.bench(operation.code, count, seed + attempt, keys, valueBytes, 0);
            long nanos = System.nanoTime() - begin;
            if (settle()) {
                return (double) nanos / count;
            }
        }
        throw unfinished();
    }

    /** Writes random keys until the ring has no space left; the records stay in it. */
    void fillRing(int keys, int valueBytes) {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            slot.bench(Operation.SET.code, BATCH_MAX, attempt, keys, valueBytes, 0);
            switch (slot.batchStatus()) {
                case Abi.STATUS_DONE -> { }
                case Abi.STATUS_GROWING -> store.heap().grow();
                case Abi.STATUS_RING_FULL -> {
                    return;
                }
                default -> throw unfinished();
            }
        }
        throw unfinished();
    }

    /** Writes {@code count} random keys in one batch; their redo records, and no others, are in the ring then. */
    public void log(int count, int keys, int valueBytes) {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            settle();
            slot.bench(Operation.SET.code, count, attempt, keys, valueBytes, 0);
            if (slot.batchStatus() == Abi.STATUS_DONE) {
                return;
            }
        }
        throw unfinished();
    }

    /** Gives what the batch lacked, outside the time that is measured. Whether it ran through. */
    private boolean settle() {
        ring().release(ring().finishedEnd(ring().consumerPosition(), ring().capacity()));
        if (store.heap().wantsToGrow()) {
            store.heap().grow();
        }
        int status = slot.batchStatus();
        if (status != Abi.STATUS_DONE && status != Abi.STATUS_GROWING && status != Abi.STATUS_RING_FULL) {
            throw unfinished();
        }
        return status == Abi.STATUS_DONE;
    }

    private IllegalStateException unfinished() {
        return new IllegalStateException("the benchmark's batch did not run through: status=" + slot.batchStatus());
    }

    @Override
    public void close() {
        store.close();
        BpfFs.unpin(instance);
    }
}
