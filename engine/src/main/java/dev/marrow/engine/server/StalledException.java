package dev.marrow.engine.server;

/** The log took nothing for longer than the named time (I1); nothing was changed. */
final class StalledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StalledException() {
        super("the log did not take the write in time");
    }
}
