package dev.marrow.recovery.tiertwo;

/** This JVM cannot run the chunk store; the message says what it lacks and the way out. */
public final class TierTwoUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TierTwoUnavailableException(String message) {
        super(message);
    }
}
