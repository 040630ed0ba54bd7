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

    private final Server server;
    private final IoSlot slot;
    private final Thread thread;
    private volatile boolean stopping;
    private volatile boolean on = true;

    ExpiryThread(Server server, IoSlot slot) {
        this.server = server;
        this.slot = slot;
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
            int buckets = server.store().geometry().bucketCount();
            int stretch = Math.clamp(buckets / (ROUND_SECONDS * STEPS_PER_SECOND), BUCKETS_MIN, BUCKETS_MAX);
            long next = 0;
            while (!stopping) {
                if (!on || server.gate().isPaused()) {
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / STEPS_PER_SECOND);
                    continue;
                }
                slot.sweep(next, stretch, IoSlot.Sweep.EXPIRED);
                if (slot.batchResult() > 0) {
                    server.log().wake();
                }
                // a full ring stops a stretch half-way: the rest is tried again, clients first
                next = slot.batchCursor() >= buckets ? 0 : slot.batchCursor();
                if (slot.batchStatus() == Abi.STATUS_INTERNAL) {
                    throw new IllegalStateException("the kernel side found an invariant broken while sweeping");
                }
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / STEPS_PER_SECOND);
            }
        } catch (Throwable t) {
            server.fail(t);
        }
    }

    void stop() throws InterruptedException {
        stopping = true;
        LockSupport.unpark(thread);
        thread.join();
    }
}
