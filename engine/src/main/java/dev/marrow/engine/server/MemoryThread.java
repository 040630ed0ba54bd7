package dev.marrow.engine.server;

import dev.marrow.bpf.Heap;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.libbpf.BpfException;
import java.io.PrintStream;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Adds memory for records before it is needed, keeps the programs' clock right, and has the server look after what may hang. */
final class MemoryThread implements Runnable {
    private static final int ENOMEM = 12;
    private static final long PERIOD_NANOS = 50_000_000;

    private final KernelStore store;
    private final Heap heap;
    private final PrintStream console;
    private final Runnable onTurn;
    private final Consumer<Throwable> onFailure;
    private final Thread thread;
    private volatile boolean stopping;

    /** @param onTurn called several times a second */
    MemoryThread(KernelStore store, PrintStream console, Runnable onTurn, Consumer<Throwable> onFailure) {
        this.store = store;
        this.console = console;
        this.heap = store.heap();
        this.onTurn = onTurn;
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
                onTurn.run();
                if (grow() == 0) {
                    LockSupport.parkNanos(PERIOD_NANOS);
                }
            }
        } catch (Throwable t) {
            onFailure.accept(t);
        }
    }

    /** The machine can have less memory than the budget says: then the budget ends here, and writes that need more get -OOM. */
    private int grow() {
        try {
            return heap.grow();
        } catch (BpfException e) {
            if (e.errno() != ENOMEM) {
                throw e;
            }
            heap.stopGrowing();
            console.println("memory: the kernel has no more for records at " + heap.bytes() + " bytes, --memory allows "
                    + store.geometry().memoryBytes() + ": " + e.getMessage());
            return 0;
        }
    }

    void stop() throws InterruptedException {
        stopping = true;
        LockSupport.unpark(thread);
        thread.join();
    }
}
