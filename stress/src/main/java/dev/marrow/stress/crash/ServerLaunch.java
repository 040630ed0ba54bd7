package dev.marrow.stress.crash;

import java.io.IOException;

/** How a harness starts its server, life after life: on this machine, or in a machine of its own. */
public interface ServerLaunch {
    /** "always" or "everysec". */
    String durability();

    /** Starts it; it need not serve yet. */
    ServerProcess serve() throws IOException;

    /** What it leaves in a kernel that outlives it. */
    Store store() throws IOException;

    /** Whether the files of a server that was killed show a checkpoint that had begun and not ended; false when nobody knows. */
    default boolean unfinishedCheckpoint() throws IOException {
        return false;
    }

    /** Whether it can hold large values. */
    default boolean largeValues() {
        return true;
    }

    /** Longest wait until it serves. */
    default long readyMillisMax() {
        return 60_000;
    }

    /** Starts that are killed are killed within this time. */
    default int killedStartMillisMax() {
        return 1_200;
    }
}
