package dev.marrow.engine.server;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * What changes for the commands of all connections at once: a pause that postpones them, a MONITOR that wants to see them. While either holds, the
 * event loops give everything to Java, and the on-host door is shut as far as is needed.
 *
 * <p>A loop says that it is inside commands before it looks at the gate. So whoever has changed the gate, and has seen every other loop outside of
 * commands once, knows that nothing runs any more that has not seen the change. Thread-safe.
 */
final class CommandGate {
    /** A command that runs for longer (a large one, a throttled client inside its own send()) makes the change fail to be confirmed. */
    static final long AWAIT_NANOS_MAX = 1_000_000_000L;
    private static final long POLL_NANOS = 20_000;
    /** Ints between two loops' claims: a cache line. */
    private static final int STRIDE = 16;

    private enum Holds { NOTHING, WRITES, EVERYTHING }

    private record Pause(Holds holds, long endNanos) {}

    private static final Pause NONE = new Pause(Holds.NOTHING, 0);

    private final int loops;
    private final AtomicIntegerArray inside;
    private final Optional<OnHostDoor> onHost;
    private volatile Pause pause = NONE;
    private volatile boolean monitored;

    CommandGate(int loops, Optional<OnHostDoor> onHost) {
        this.loops = loops;
        this.inside = new AtomicIntegerArray(loops * STRIDE);
        this.onHost = onHost;
    }

    // ---- the event loops' view ----

    /** Commands follow. A full barrier: what is read from the gate afterwards is not older. */
    void enter(int loop) {
        inside.set(loop * STRIDE, 1);
    }

    void leave(int loop) {
        inside.setRelease(loop * STRIDE, 0);
    }

    /** Whether Java executes everything, because it must postpone or show it. */
    boolean passesAll() {
        return pause != NONE || monitored;
    }

    boolean isPaused() {
        return pause != NONE;
    }

    boolean postpones(boolean write) {
        Holds now = pause.holds();
        return now == Holds.EVERYTHING || now == Holds.WRITES && write;
    }

    /** Ends a pause whose time is over. */
    void tick(long nowNanos) {
        Pause now = pause;
        if (now != NONE && nowNanos - now.endNanos() >= 0) {
            end(now);
        }
    }

    private synchronized void end(Pause over) {
        if (pause == over) {
            unpause();
        }
    }

    // ---- changes ----

    /** Of two pauses the stricter and the longer counts. */
    synchronized void pause(long nanos, boolean writesOnly) {
        Pause now = pause;
        long end = System.nanoTime() + nanos;
        Holds holds = writesOnly && now.holds() != Holds.EVERYTHING ? Holds.WRITES : Holds.EVERYTHING;
        pause = new Pause(holds, now != NONE && now.endNanos() - end > 0 ? now.endNanos() : end);
        apply();
    }

    synchronized void unpause() {
        pause = NONE;
        apply();
    }

    synchronized void monitored(boolean value) {
        monitored = value;
        apply();
    }

    private void apply() {
        onHost.ifPresent(door -> door.hold(monitored || pause.holds() == Holds.EVERYTHING, pause.holds() == Holds.WRITES));
    }

    /**
     * Waits until everything that began before is over, in the other loops and in the on-host door. The calling loop executes nothing meanwhile.
     *
     * @return false: something is not over after {@link #AWAIT_NANOS_MAX}
     */
    boolean awaitEarlier(int loop) {
        long startNanos = System.nanoTime();
        // two loops that wait for each other would wait in vain
        leave(loop);
        try {
            for (int other = 0; other < loops; other++) {
                while (inside.get(other * STRIDE) != 0) {
                    if (System.nanoTime() - startNanos > AWAIT_NANOS_MAX) {
                        return false;
                    }
                    LockSupport.parkNanos(POLL_NANOS);
                }
            }
            return onHost.isEmpty() || onHost.get().awaitEarlier(startNanos, AWAIT_NANOS_MAX);
        } finally {
            enter(loop);
        }
    }
}
