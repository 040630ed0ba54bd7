package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.libbpf.BpfException;
import dev.marrow.wal.BatchReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Fills an empty store from base and log, by several threads. Payloads are the ring's bytes, which the load program reads as they are; per key the highest
 * version wins, in whatever order records come (I5).
 *
 * <p>A delete leaves a tombstone in the table. Tombstones take records' place, so now and then all so far are dropped. Nothing that is loaded later can
 * be older than one of them: a record is reserved in the ring after its transaction's snapshot, so the ring's order is each key's version order, the log
 * keeps the ring's order, and all of a key's records go through one thread. (A start after a kill may write the ring's last records twice, the second time
 * again in order and to their end.) The base holds no deletes and comes before the log.
 */
final class Replay {
    private static final int SWEEP_BUCKETS = 1 << 14;
    private static final long GROWTH_PERIOD_NANOS = 1_000_000;
    /** Tombstones are dropped each time so much log, or a share of the memory budget, has been read. */
    private static final long TOMBSTONE_BYTES_MIN = 16 << 20;
    private static final int TOMBSTONE_MEMORY_DIVISOR = 8;

    private final KernelStore store;
    private final PrintStream progress;
    private final List<ReplayWorker> workers = new ArrayList<>();
    private final IoSlot sweeper;
    private final long tombstoneBytes;
    private final long flushVersion;
    private final long bytesTotal;
    private final AtomicLong bytesRead = new AtomicLong();
    private final AtomicLong stubs = new AtomicLong();
    private volatile long sweepAtBytes;
    private volatile boolean loading = true;
    private volatile boolean abandoned;

    /**
     * @param store        with at least two io slots, none of them in use
     * @param progress     where anything that takes longer than a second says so
     * @param flushVersion records of a lower version are gone
     * @param bytesTotal   of base and log
     */
    Replay(KernelStore store, PrintStream progress, long flushVersion, long bytesTotal) {
        this.store = store;
        this.progress = progress;
        this.flushVersion = flushVersion;
        this.bytesTotal = bytesTotal;
        this.tombstoneBytes = Math.max(TOMBSTONE_BYTES_MIN, store.geometry().memoryBytes() / TOMBSTONE_MEMORY_DIVISOR);
        int count = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, store.slotCount() - 1);
        for (int i = 0; i < count; i++) {
            workers.add(new ReplayWorker(this, store.slot(i), i, count));
        }
        this.sweeper = store.slot(count);
    }

    /** Makes a reader of a verified log. */
    interface LogSource {
        BatchReader open() throws IOException;
    }

    /**
     * Loads a base, verifying it, and then a log that has been verified.
     *
     * @throws StartRefusedException when the table does not take what they hold
     */
    void run(BatchReader base, LogSource log) throws IOException {
        Thread grower = Thread.ofPlatform().daemon().name("marrow-replay-memory").start(this::grow);
        try (Progress _ = new Progress(progress, this::describe);
                ExecutorService threads = Executors.newFixedThreadPool(workers.size(),
                Thread.ofPlatform().daemon().name("marrow-replay-", 0).factory())) {
            await(threads, workers.stream().<Callable<Void>>map(worker -> () -> {
                worker.loadBase(base);
                return null;
            }).toList());
            sweepAtBytes = bytesRead.get() + tombstoneBytes;
            await(threads, workers.stream().<Callable<Void>>map(worker -> () -> {
                try (BatchReader own = log.open()) {
                    worker.loadLog(own);
                }
                return null;
            }).toList());
        } finally {
            loading = false;
            LockSupport.unpark(grower);
            end(grower);
        }
        dropTombstones();
    }

    /** Whoever hears of a failure closes the store, and nothing may work on it then. */
    private static void end(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String describe() {
        return String.format("replaying: %d %% of %,d bytes, %,d keys", bytesRead.get() * 100 / Math.max(1, bytesTotal), bytesTotal,
                store.counters().keys());
    }

    /** Memory is added beside the loading: most of what a slab takes is waiting for the kernel. */
    private void grow() {
        try {
            while (loading) {
                if (store.heap().grow() == 0) {
                    LockSupport.parkNanos(GROWTH_PERIOD_NANOS);
                }
            }
        } catch (BpfException refused) {
            // else the workers would wait for ever; now they use what there is, or say that it is full
            progress.println("no more memory for records: " + refused.getMessage());
            store.heap().stopGrowing();
        }
    }

    /** Waits for all of them. One that fails makes the others give up, and its failure is the one that counts. */
    private void await(ExecutorService threads, List<Callable<Void>> tasks) throws IOException {
        Optional<Throwable> failure = Optional.empty();
        for (Future<Void> running : tasks.stream().map(task -> threads.submit(() -> orAbandon(task))).toList()) {
            try {
                running.get();
            } catch (ExecutionException e) {
                failure = failure.filter(first -> !(first instanceof CancellationException)).or(() -> Optional.of(e.getCause()));
            } catch (InterruptedException e) {
                abandoned = true;
                Thread.currentThread().interrupt();
                failure = Optional.of(new IOException("interrupted", e));
            }
        }
        if (failure.isPresent()) {
            switch (failure.get()) {
                case IOException cause -> throw cause;
                case RuntimeException cause -> throw cause;
                // the JVM's word for a page of a mapping that the disk could not deliver
                case InternalError cause -> throw new IOException("base or log cannot be read", cause);
                default -> throw new IllegalStateException("replay stopped", failure.get());
            }
        }
    }

    private Void orAbandon(Callable<Void> task) throws Exception {
        try {
            return task.call();
        } catch (Exception | Error e) {
            abandoned = true;
            throw e;
        }
    }

    // ---- for the workers ----

    long flushVersion() {
        return flushVersion;
    }

    /** @throws CancellationException when another worker has failed */
    void read(int bytes) {
        if (abandoned) {
            throw new CancellationException();
        }
        bytesRead.addAndGet(bytes);
    }

    void loadedStubs(long count) {
        if (count > 0) {
            stubs.addAndGet(count);
        }
    }

    /** Stubs of large values that were loaded, some of which may have been replaced or removed by what came later. */
    long stubs() {
        return stubs.get();
    }

    boolean wantsSweep() {
        return bytesRead.get() >= sweepAtBytes;
    }

    synchronized void dropTombstones() {
        sweepAtBytes = bytesRead.get() + tombstoneBytes;
        int buckets = store.geometry().bucketCount();
        for (long first = 0; first < buckets; first = sweeper.batchCursor()) {
            sweeper.sweep(first, SWEEP_BUCKETS, IoSlot.Sweep.TOMBSTONES);
            if (sweeper.batchStatus() != 0 && sweeper.batchStatus() != Abi.STATUS_BUSY) {
                throw new IllegalStateException("sweep stopped: status=" + sweeper.batchStatus());
            }
        }
    }

    StartRefusedException full() {
        return new StartRefusedException("base and log hold more than the table takes: raise --memory (now " + store.geometry().memoryBytes()
                + ") or --capacity (now " + store.geometry().capacity() + ")");
    }
}
