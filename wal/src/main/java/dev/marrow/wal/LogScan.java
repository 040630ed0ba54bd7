package dev.marrow.wal;

/**
 * What a verification found. After {@link LogRecovery#openTail} the counts cover only the segments it read.
 *
 * @param segments      segments that hold batches
 * @param batches       valid batches, seals not counted
 * @param records       redo records in them, discarded ones not counted
 * @param bytes         payload bytes
 * @param versionMax    highest version in the whole log, 0 for none
 * @param flushVersion  highest version of a FLUSH record, 0 for none: records with a lower version are gone
 * @param timeMaxMillis Unix time of the newest batch, 0 for none
 * @param lsnNext       number of the batch that would come next
 * @param cleanStop     whether the last batch is the seal of a clean stop
 * @param tail          where the log ends and what is to be cut
 */
public record LogScan(long segments, long batches, long records, long bytes, long versionMax, long flushVersion, long timeMaxMillis,
        long lsnNext, boolean cleanStop, LogTail tail) {

    /** Of a log that is being written, whose batches are known to be there up to this place; nothing else is known of it. */
    public static LogScan upTo(long segment, long offset) {
        return new LogScan(0, 0, 0, 0, 0, 0, 0, 0, false, new LogTail(segment, offset, 0, false, "the log goes on"));
    }
}
