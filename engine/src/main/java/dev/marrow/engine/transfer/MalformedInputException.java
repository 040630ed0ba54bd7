package dev.marrow.engine.transfer;

/** A piece of the input that cannot be imported. The message says why, and not where. */
final class MalformedInputException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean last;

    private MalformedInputException(String message, boolean last) {
        super(message);
        this.last = last;
    }

    /** The next piece can be told from this one. */
    static MalformedInputException here(String message) {
        return new MalformedInputException(message, false);
    }

    /** Nothing behind it can be read. */
    static MalformedInputException fromHereOn(String message) {
        return new MalformedInputException(message, true);
    }

    boolean last() {
        return last;
    }
}
