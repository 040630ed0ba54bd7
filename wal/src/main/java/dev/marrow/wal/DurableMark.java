package dev.marrow.wal;

import java.util.Optional;

/** How far the log is durable, and whether it still works. After {@link #fail} it never moves again (I7). */
final class DurableMark {

    private final DurabilityListener listener;
    private volatile long position;
    private volatile boolean failed;
    private Optional<Throwable> cause = Optional.empty();

    DurableMark(long position, DurabilityListener listener) {
        this.position = position;
        this.listener = listener;
    }

    long position() {
        return position;
    }

    boolean failed() {
        return failed;
    }

    /** Tells the listener where the log begins. */
    synchronized void announce() {
        listener.onDurable(position);
    }

    /** Moves forward; a position that is not ahead, or comes after a failure, changes nothing. */
    synchronized void publish(long synced) {
        if (!failed && synced > position) {
            position = synced;
            listener.onDurable(synced);
            notifyAll();
        }
    }

    /** Stops all acknowledgements. True for the first failure only. */
    synchronized boolean fail(Throwable failure) {
        if (cause.isPresent()) {
            return false;
        }
        cause = Optional.of(failure);
        try {
            listener.onFailing();
        } finally {
            // whoever sees it sees what the listener has done about it, too
            failed = true;
            notifyAll();
        }
        return true;
    }

    synchronized void tellFailure() {
        cause.ifPresent(listener::onFailure);
    }

    /** Whether {@code wanted} became durable within the time; false at once when the log has failed. */
    synchronized boolean await(long wanted, long timeoutNanos) throws InterruptedException {
        long deadline = System.nanoTime() + timeoutNanos;
        while (position < wanted && !failed) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        return position >= wanted;
    }
}
