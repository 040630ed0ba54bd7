package dev.marrow.wal;

/** Hears how far the log is durable. Called on the log's own threads: return quickly, do not block, do not throw. */
public interface DurabilityListener {

    /** Everything below ring position {@code position} is synced. Strictly monotonic; never called after {@link #onFailure}. */
    void onDurable(long position);

    /** The log has failed for good (I7). Called once. */
    void onFailure(Throwable cause);
}
