package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Gives the memory of expired keys back: walks the buckets a stretch at a time, so that the whole table is seen about once in
 * {@value #ROUND_SECONDS} seconds. Readers do not depend on it: what has expired is gone for them at once.
 */
final class ExpiryThread implements Runnable {
    private static final int ROUND_SECONDS = 30;
    private static final int STEPS_PER_SECOND = 10;
    private static final int BUCKETS_MIN = 256;
    private static final int BUCKETS_MAX = 1 << 14;
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
            int stretch = Math.clamp(buckets / (ROUND_SECONDS * STEPS_PER_SECOND), BUCKETS_MIN, BUCKETS_MAX);
            while (!stopping) {
                if (!on || server.gate().isPaused()) {
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / STEPS_PER_SECOND);
                    continue;
                }
                long startNanos = System.nanoTime();
                boolean behind = sweep(stretch) > stretch / BUCKETS_PER_REMOVAL;
                LockSupport.parkNanos(behind ? 3 * (System.nanoTime() - startNanos) : TimeUnit.SECONDS.toNanos(1) / STEPS_PER_SECOND);
            }
        } catch (Throwable t) {
            server.fail(t);
        }
    }

    /** Returns how many keys were removed; 0 too when something was full: the rest is tried again later, clients first. */
    private long sweep(int stretch) {
        long removed = 0;
        for (int left = stretch; left > 0 && !stopping; left -= RUN_BUCKETS) {
            slot.sweep(next, Math.min(left, RUN_BUCKETS), IoSlot.Sweep.EXPIRED);
            if (slot.batchResult() > 0) {
                server.log().wake();
            }
            removed += slot.batchResult();
            next = slot.batchCursor() >= buckets ? 0 : slot.batchCursor();
            if (slot.batchStatus() == Abi.STATUS_INTERNAL) {
                throw new IllegalStateException("the kernel side found an invariant broken while sweeping");
            }
            if (slot.batchStatus() != 0) {
                return 0;
            }
        }
        return removed;
    }

    void stop() throws InterruptedException {
        stopping = true;
        LockSupport.unpark(thread);
        thread.join();
    }
}
