package dev.marrow.engine.server;

/** The command waits; nothing was changed. */
final class StalledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean bounded;

    private StalledException(String message, boolean bounded) {
        super(message, null, false, false);
        this.bounded = bounded;
    }

    /** The log took nothing; it fails when that lasts longer than the named time (I1). */
    StalledException() {
        this("the log did not take the write in time", true);
    }

    /** Tier two is being opened, which takes as long as it takes. */
    static StalledException untilOpen() {
        return new StalledException("tier two is being opened", false);
    }

    /** Whether the named time ends the wait. */
    boolean isBounded() {
        return bounded;
    }
}
