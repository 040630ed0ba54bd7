package dev.marrow.wal;

import java.io.IOException;
import java.util.Optional;

/** Verifies a whole log, then hands out what is in it. Reads through mappings: payloads are not copied. */
public final class LogScanner {

    private LogScanner() {}

    /**
     * Verifies the log without reading further.
     *
     * @throws LogDamagedException when something known to have been synced is not what was written (I6)
     * @throws LogTooNewException  when a later release wrote it
     * @throws LogTooOldException  when this release no longer reads it
     */
    public static LogScan verify(LogDirectory directory) throws IOException {
        return new LogWalk(directory).all();
    }

    /**
     * What of the log is whole, up to the first batch that is not, whatever that means: for one that is being written, where {@link #verify} would
     * take a batch which comes meanwhile for damage.
     */
    public static LogScan whole(LogDirectory directory) throws IOException {
        return new LogWalk(directory).whole();
    }

    /**
     * Verifies the log as {@link #verify}, tells the visitor the totals, and then shows it every batch before the tail. The visitor
     * sees nothing of a damaged log.
     */
    public static LogScan scan(LogDirectory directory, BatchVisitor visitor) throws IOException {
        LogScan scan = verify(directory);
        visitor.verified(scan);
        try (BatchReader reader = BatchReader.log(directory, scan)) {
            for (Optional<BatchReader.Batch> batch = reader.next(); batch.isPresent(); batch = reader.next()) {
                BatchReader.Batch found = batch.get();
                try {
                    visitor.batch(found.lsn(), found.file(), found.payload(), found.length());
                } catch (InternalError unreadable) {
                    throw MappedSegment.unreadable(found.path(), unreadable);
                }
            }
        }
        return scan;
    }
}
