package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Gives the memory of expired keys back: walks the buckets a stretch at a time, so that the whole table is seen about once in
 * {@value #ROUND_MILLIS} ms, or as often as a twentieth of a processor allows. Readers do not depend on it: what has expired is gone for them at once.
 */
final class ExpiryThread implements Runnable {
    private static final int ROUND_MILLIS = 1_000;
    private static final int STEP_MILLIS = 50;
    private static final long STEP_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS) / 20;
    private static final int BUCKETS_MIN = 256;
    /** Of one run, which keeps its processor from whoever wants to serve clients on it: some 50 microseconds, 200 when all keys have expired. */
    private static final int RUN_BUCKETS = 256;
    /** A stretch in which so many buckets have had one expired key is followed by the next sooner: in three times as long as it took. */
    private static final int BUCKETS_PER_REMOVAL = 4;

    private final Server server;
    private final IoSlot slot;
    private final int buckets;
    private final Thread thread;
    private long next;
    private volatile boolean stopping;
    private volatile boolean on = true;

    ExpiryThread(Server server, IoSlot slot) {
        this.server = server;
        this.slot = slot;
        this.buckets = server.store().geometry().bucketCount();
        this.thread = Thread.ofPlatform().name("marrow-expiry").daemon().unstarted(this);
    }

    void start() {
        thread.start();
    }

    /** Stops for a while, or goes on. */
    void active(boolean value) {
        on = value;
    }

    @Override
    public void run() {
        try {
            int stretch = Math.max(buckets / (ROUND_MILLIS / STEP_MILLIS), BUCKETS_MIN);
            while (!stopping) {
                long pauseNanos = TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS);
                if (on && !server.gate().isPaused()) {
                    long startNanos = System.nanoTime();
                    boolean behind = sweep(stretch, startNanos + STEP_NANOS_MAX);
                    pauseNanos = behind ? 3 * (System.nanoTime() - startNanos) : pauseNanos;
                }
                LockSupport.parkNanos(pauseNanos);
            }
        } catch (Throwable t) {
            server.fail(t);
        }
    }

    /** Whether much had expired; not when something was full: the rest is tried again later, clients first. */
    private boolean sweep(int stretch, long untilNanos) {
        long removed = 0;
        int swept = 0;
        while (swept < stretch && !stopping && System.nanoTime() < untilNanos) {
            slot.sweep(next, RUN_BUCKETS, IoSlot.Sweep.EXPIRED);
            if (slot.batchResult() > 0) {
                server.log().wake();
            }
            slot.sweptStubs().forEach(server.tierTwo()::free);
            removed += slot.batchResult();
            swept += RUN_BUCKETS;
            next = slot.batchCursor() >= buckets ? 0 : slot.batchCursor();
            if (slot.batchStatus() == Abi.STATUS_INTERNAL) {
                throw new IllegalStateException("the kernel side found an invariant broken while sweeping");
            }
            if (slot.batchStatus() != 0) {
                return false;
            }
        }
        return removed > swept / BUCKETS_PER_REMOVAL;
    }

    void stop() throws InterruptedException {
        stopping = true;
        LockSupport.unpark(thread);
        thread.join();
    }
}
