package dev.marrow.wal;

/**
 * Where a writer begins: a segment that exists, is durable and holds no batch. Made by {@link LogRecovery#prepare}.
 *
 * @param segment       sequence number of that segment
 * @param lsn           number of the next batch
 * @param versionMax    highest version in the log so far, 0 for none
 * @param timeMaxMillis Unix time of the newest batch, 0 for none: the log's clock does not go back below it
 */
public record LogPosition(long segment, long lsn, long versionMax, long timeMaxMillis) {
    public LogPosition {
        if (segment < 1 || lsn < 1) {
            throw new IllegalArgumentException("segment=" + segment + " lsn=" + lsn + ", both start at 1");
        }
    }
}
