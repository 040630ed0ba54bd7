package dev.marrow.recovery;

/** The store cannot be started as it was asked for; the message says why and what to do. */
public final class StartRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StartRefusedException(String message) {
        super(message);
    }
}
