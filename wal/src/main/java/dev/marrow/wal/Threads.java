package dev.marrow.wal;

/** Waiting for a thread to end. */
final class Threads {

    private Threads() {}

    /** Waits until the thread has ended, or at once when it never began; an interrupt is kept for the caller, not obeyed. */
    static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
