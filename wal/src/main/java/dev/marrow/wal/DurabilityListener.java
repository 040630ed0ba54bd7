package dev.marrow.wal;

/** Hears how far the log is durable. Called on the log's own threads and on those that commit: return quickly, do not block, do not throw. */
public interface DurabilityListener {

    /** Batch {@code lsn} has been handed to the file system, and its ring space has not been given back yet. */
    default void onWritten(long lsn) {}

    /** Everything below ring position {@code position} is synced. Strictly monotonic; never called after {@link #onFailure}. */
    void onDurable(long position);

    /** The log has just failed: nothing may be acknowledged any more (I7). Called once, before anything is written or told about it. */
    default void onFailing() {}

    /** The log has failed for good, and said so in its directory where it could. Called once. */
    void onFailure(Throwable cause);
}
