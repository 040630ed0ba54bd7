package dev.marrow.recovery;

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
 * version wins (I5).
 *
 * <p>A delete leaves a tombstone in the table until the records that it was loaded with are in: then no order among them matters. It can be dropped so early
 * because nothing that is loaded later can be older: a record is reserved in the ring after its transaction's snapshot, so the ring's order is each
 * key's version order, the log keeps the ring's order, and all of a key's records go through one thread. (A start after a kill may write the ring's last
 * records twice, the second time again in order and to their end.) The base holds no deletes and comes before the log.
 */
final class Replay {
    private static final long GROWTH_PERIOD_NANOS = 1_000_000;

    private final KernelStore store;
    private final PrintStream progress;
    private final List<ReplayWorker> workers = new ArrayList<>();
    private final long flushVersion;
    private final long bytesTotal;
    private final AtomicLong bytesRead = new AtomicLong();
    private final AtomicLong stubs = new AtomicLong();
    private final AtomicLong loads = new AtomicLong();
    private volatile boolean loading = true;
    private volatile boolean abandoned;

    /**
     * @param store        none of whose io slots is in use
     * @param progress     where anything that takes longer than a second says so
     * @param flushVersion records of a lower version are gone
     * @param bytesTotal   of base and log
     */
    Replay(KernelStore store, PrintStream progress, long flushVersion, long bytesTotal) {
        this.store = store;
        this.progress = progress;
        this.flushVersion = flushVersion;
        this.bytesTotal = bytesTotal;
        int count = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, store.slotCount());
        for (int i = 0; i < count; i++) {
            workers.add(new ReplayWorker(this, store.slot(i), i, count));
        }
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
        orStop();
        bytesRead.addAndGet(bytes);
    }

    /** @throws CancellationException when another worker has failed */
    void orStop() {
        if (abandoned) {
            throw new CancellationException();
        }
    }

    /** Records have been loaded. */
    void loaded() {
        loads.incrementAndGet();
    }

    /** Moves as long as any worker loads. */
    long loads() {
        return loads.get();
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

    StartRefusedException full() {
        return new StartRefusedException("base and log hold more than the table takes: raise --memory (now " + store.geometry().memoryBytes()
                + ") or --capacity (now " + store.geometry().capacity() + ")");
    }
}
