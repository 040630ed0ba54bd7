package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.random.RandomGenerator;

/** One or a few keys whose whole history is known: what was sent, what was answered, what was synced. Thread-safe. */
interface Subject {
    /** Decides on a change, or a read when a bound of the history is reached. For a subject with one writer only that one may ask. */
    Operation change(RandomGenerator random);

    /** Decides on a read; any connection may. */
    Operation read();

    /**
     * Reads the recovered state, compares it with the history, and starts a new history from it. No worker may be running.
     *
     * @throws IOException the server does not answer
     */
    void recovered(Caller server, Promise promise) throws IOException;
}
