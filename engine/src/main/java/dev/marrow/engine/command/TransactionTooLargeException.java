package dev.marrow.engine.command;

/** The keys and values of a transaction are more than one takes; nothing was changed. */
public final class TransactionTooLargeException extends RefusedException {
    private static final long serialVersionUID = 1L;

    /** @param message the error reply's text, with its code in front */
    public TransactionTooLargeException(String message) {
        super(message);
    }
}
