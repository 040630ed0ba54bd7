package dev.marrow.recovery.tiertwo;

/** The pieces would pass the limit of the map; nothing was changed. */
public final class TierTwoFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TierTwoFullException(String message) {
        super(message);
    }
}
