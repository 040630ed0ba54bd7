package dev.marrow.wal;

import dev.marrow.stress.jmh.BenchScratch;
import dev.marrow.stress.jmh.FilledRing;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A run of ring records becomes a batch of the log; an operation is one batch. In this package because what it measures is nobody else's.
 *
 * <p>A segment that is full is begun anew, in the same file: a writer finds the next one preallocated too.
 */
@State(Scope.Benchmark)
public class AppendBenchmark {
    @Param({"1", "100", "10000"})
    public int records;

    private FilledRing filled;
    private LogDirectory directory;
    private LogPosition start;
    private SyncedPosition synced;
    private BatchAppender appender;

    @Setup
    public void open() throws IOException {
        filled = new FilledRing(records);
        LogWriterOptions options = LogWriterOptions.defaults();
        directory = LogDirectory.open(Files.createTempDirectory(BenchScratch.directory(), "log-"));
        start = LogRecovery.prepare(directory, LogRecovery.openTail(directory), options);
        synced = new SyncedPosition(start.segment(), SegmentDescriptor.HEADER_BYTES);
        appender = new BatchAppender(firstSegment(), start, options.clockMillis());
        append();
        if (appender.records() != records || appender.batches() != 1) {
            throw new IllegalStateException("records=" + appender.records() + " batches=" + appender.batches());
        }
    }

    private Segment firstSegment() throws IOException {
        return Segment.open(directory, start.segment(), SegmentDescriptor.HEADER_BYTES);
    }

    @TearDown
    public void close() throws IOException {
        appender.segment().close();
        directory.close();
        filled.close();
    }

    /** Without a sync: records read, checksum, header, one gathering write to the page cache. */
    @Benchmark
    public long append() throws IOException {
        MemorySegment run = filled.bytes();
        if (run.byteSize() > appender.segment().room()) {
            appender.moveTo(firstSegment());
        }
        appender.append(run, synced, filled.to());
        return appender.lsnNext();
    }

    /** The same, and its fdatasync. */
    @Benchmark
    public long appendAndSync() throws IOException {
        long next = append();
        appender.segment().force();
        return next;
    }
}
