package dev.marrow.wal;

import java.util.function.BooleanSupplier;

/** Waiting for the log's threads to end. */
final class Threads {

    private static final long POLL_MILLIS = 10;

    /** Longest wait after a failure: the thread may be inside the listener, and the listener may be what ends the process. */
    private static final long FAILED_WAIT_MILLIS_MAX = 1000;

    private Threads() {}

    /**
     * Waits until the thread has ended, or returns at once when it never began. Once {@code failed} holds it waits a bounded time only. An
     * interrupt is kept for the caller, not obeyed.
     */
    static void join(Thread thread, BooleanSupplier failed) {
        boolean interrupted = false;
        long waitedMillis = 0;
        while (thread.isAlive() && waitedMillis < FAILED_WAIT_MILLIS_MAX) {
            try {
                thread.join(POLL_MILLIS);
                waitedMillis += failed.getAsBoolean() ? POLL_MILLIS : 0;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
