package dev.marrow.stress.qemu;

import dev.marrow.stress.crash.ServerProcess;
import java.io.IOException;

/**
 * Sets a guest's clock by the console, so that times to live mean the same inside and outside. A guest's real-time clock tells only whole
 * seconds, and so does busybox's date: the order goes out when a second begins, and is repeated if it took long.
 */
final class GuestClock {
    private static final long MILLIS_MAX = 150;
    private static final int TRIES_MAX = 20;

    private long sent;
    private int tries;

    /** Waits for the next second; the guest answers when it has set its clock. After too many tries it is told to give up. */
    void set(ServerProcess guest) throws IOException {
        if (++tries > TRIES_MAX) {
            guest.send("give_up its clock cannot be set within " + MILLIS_MAX + " ms");
            return;
        }
        try {
            Thread.sleep(1_000 - System.currentTimeMillis() % 1_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        sent = System.currentTimeMillis();
        guest.send("clock " + sent / 1_000);
    }

    /** Whether the answer, which has just come, came soon enough. */
    boolean isRight() {
        return System.currentTimeMillis() - sent + sent % 1_000 <= MILLIS_MAX;
    }
}
