package dev.marrow.stress.jmh;

import dev.marrow.bpf.RedoRing;
import dev.marrow.wal.RecordVisitor;
import dev.marrow.wal.RedoRecords;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What the log writer does with each record that it takes from the ring; an operation is one record of {@value FilledRing#RECORD_BYTES} bytes. */
@State(Scope.Benchmark)
public class RingBenchmark {
    private static final int RECORDS = 10_000;

    private FilledRing filled;
    private RedoRing ring;
    private long from;
    private long bytes;
    private long versionMax;
    private final RecordVisitor versionTracker = this::trackVersion;

    @Setup
    public void fill() {
        filled = new FilledRing(RECORDS);
        ring = filled.ring();
        from = filled.from();
        bytes = filled.to() - from;
        if (findFinished() != filled.to() || readRecords() != RECORDS) {
            throw new IllegalStateException("finished_end=" + findFinished() + " records=" + readRecords());
        }
    }

    @TearDown
    public void close() {
        filled.close();
    }

    /** How far the ring is finished, header by header. */
    @Benchmark
    @OperationsPerInvocation(RECORDS)
    public long findFinished() {
        return ring.finishedEnd(from, bytes);
    }

    /** What the records say, each checked, for the batch's header. */
    @Benchmark
    @OperationsPerInvocation(RECORDS)
    public int readRecords() {
        return RedoRecords.forEach(ring.bytes(from, from + bytes), 0, bytes, versionTracker);
    }

    private void trackVersion(MemorySegment payload, long offset, int length) {
        versionMax = Math.max(versionMax, RedoRecords.version(payload, offset));
    }
}
