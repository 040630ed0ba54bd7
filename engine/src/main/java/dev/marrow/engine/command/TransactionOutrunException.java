package dev.marrow.engine.command;

/** Others changed a transaction's keys all the time; nothing was changed. */
public final class TransactionOutrunException extends RefusedException {
    private static final long serialVersionUID = 1L;

    public TransactionOutrunException() {
        super("ERR the transaction found no end in time (--stall-timeout): others changed its keys, or the log took nothing");
    }
}
