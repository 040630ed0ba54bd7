package dev.marrow.engine.server;

import dev.marrow.bpf.Heap;
import dev.marrow.bpf.KernelStore;
import java.util.concurrent.locks.LockSupport;

/** Adds memory for records before it is needed, and keeps the programs' clock right. */
final class MemoryThread implements Runnable {
    private static final long PERIOD_NANOS = 50_000_000;

    private final KernelStore store;
    private final Heap heap;
    private final java.util.function.Consumer<Throwable> onFailure;
    private final Thread thread;
    private volatile boolean stopping;

    MemoryThread(KernelStore store, java.util.function.Consumer<Throwable> onFailure) {
        this.store = store;
        this.heap = store.heap();
        this.onFailure = onFailure;
        this.thread = Thread.ofPlatform().name("marrow-memory").daemon().unstarted(this);
    }

    void start() {
        thread.start();
    }

    /** Cheap unless memory is short. */
    void wakeIfNeeded() {
        if (heap.wantsToGrow()) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                store.updateClock();
                if (heap.grow() == 0) {
                    LockSupport.parkNanos(PERIOD_NANOS);
                }
            }
        } catch (Throwable t) {
            onFailure.accept(t);
        }
    }

    void stop() throws InterruptedException {
        stopping = true;
        LockSupport.unpark(thread);
        thread.join();
    }
}
