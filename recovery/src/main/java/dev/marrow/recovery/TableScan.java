package dev.marrow.recovery;

import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.KernelStore;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;

/**
 * Copies all records out of the kernel's table while others write. A key that is there throughout is given at least once; one that changes meanwhile as it
 * was at some moment, perhaps more than once, the newest last (scan.h has the exception: buckets that are written to without a pause). Expired keys are not
 * given.
 */
public final class TableScan {

    /** Records of one step; each step keeps its processor for that long, so it is short: 64 KiB are some 50 microseconds. */
    private static final int STEP_BYTES = 64 << 10;
    private static final int STEP_BUCKETS = 512;
    /** Steps without progress, because somebody else changes the same bucket all the time, before this thread lets go of its processor. */
    private static final int STUCK_STEPS_MAX = 16;
    private static final long STUCK_NANOS = 100_000;

    /** What to do with a step's records. */
    @FunctionalInterface
    public interface Visitor<E extends Exception> {
        /**
         * @param records    ring records, valid until this returns
         * @param count      how many there are, 0 when the step met empty buckets only
         * @param versionMax highest version among them
         */
        void records(MemorySegment records, int count, long versionMax) throws E;
    }

    private final KernelStore store;
    private final IoSlot slot;

    /** @param slot nobody else's while the scan runs */
    public TableScan(KernelStore store, IoSlot slot) {
        this.store = store;
        this.slot = slot;
    }

    /** One scan of the whole table. */
    public <E extends Exception> void run(Visitor<E> visitor) throws E {
        run(() -> slot.scan(STEP_BUCKETS, STEP_BYTES), visitor);
    }

    /** The same for stubs of large values alone. */
    public <E extends Exception> void runStubs(Visitor<E> visitor) throws E {
        run(() -> slot.scanStubs(STEP_BUCKETS, STEP_BYTES), visitor);
    }

    private <E extends Exception> void run(Runnable step, Visitor<E> visitor) throws E {
        int buckets = store.geometry().bucketCount();
        int stuck = 0;
        slot.beginScan();
        for (long home = 0; home < buckets; home = slot.batchCursor()) {
            step.run();
            int bytes = slot.scannedBytes();
            stuck = bytes > 0 || slot.batchCursor() > home ? 0 : stuck + 1;
            if (stuck >= STUCK_STEPS_MAX) {
                LockSupport.parkNanos(STUCK_NANOS);
            }
            visitor.records(slot.out().asSlice(0, bytes), (int) slot.batchResult(), slot.scannedVersionMax());
        }
    }
}
