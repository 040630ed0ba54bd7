package dev.marrow.wal;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Sees a log that has been verified, batch by batch in order of their numbers. */
@FunctionalInterface
public interface BatchVisitor {

    /** Called once, when the whole log has been verified and before the first batch: now the totals are known. */
    default void verified(LogScan scan) throws IOException {}

    /**
     * One batch's payload: {@code length} bytes of {@code file}, a read-only mapping that any thread may read, from {@code offset} on.
     * Valid until this call returns. {@link RedoRecords#forEach} walks its records.
     */
    void batch(long lsn, MemorySegment file, long offset, int length) throws IOException;
}
