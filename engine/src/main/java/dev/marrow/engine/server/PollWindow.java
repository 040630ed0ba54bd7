package dev.marrow.engine.server;

/**
 * How long a loop looks for work before it sleeps. Waking a sleeping processor takes the sender of the work, and the loop, several µs each, in a virtual machine
 * tens of them; looking takes a processor from others. So the time follows the waits of late: longer while a little more of it would have spared a sleep,
 * shorter when it was for nothing. That is the rule of the kernel's haltpoll governor, which decides the same for idle processors
 * (Documentation/virt/guest-halt-polling.rst).
 *
 * <p>One thread.
 */
final class PollWindow {
    private static final long NANOS_MIN = 5_000;
    private static final int GROWTH = 2;

    private final long nanosMax;
    private long nanos;
    private boolean idle;
    private long idleSince;

    /** @param nanosMax longest time to look for work, after which a wait is worth a sleep; 0: never */
    PollWindow(long nanosMax) {
        this.nanosMax = nanosMax;
    }

    /** Where loops could keep all processors busy with looking, their clients could not send. */
    static PollWindow of(long nanosMax, int processors, int loops) {
        return new PollWindow(processors > loops ? nanosMax : 0);
    }

    void worked() {
        idle = false;
    }

    /** Looked, and there was no work. */
    void foundNothing(long nowNanos) {
        if (!idle) {
            idle = true;
            idleSince = nowNanos;
        }
    }

    /** Whether to look, rather than sleep. */
    boolean looks(long nowNanos) {
        return nanos > 0 && (!idle || nowNanos - idleSince < nanos);
    }

    /**
     * A sleep is over.
     *
     * @param fromNanos when it began
     */
    void slept(long fromNanos, long nowNanos) {
        long waited = nowNanos - (idle ? idleSince : fromNanos);
        if (waited <= nanosMax) {
            nanos = Math.min(Math.max(nanos * GROWTH, NANOS_MIN), nanosMax);
        } else {
            nanos = nanos / GROWTH < NANOS_MIN ? 0 : nanos / GROWTH;
        }
        idle = false;
    }
}
