package dev.marrow.stress.load;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/** The latencies of one thread's operations, by kind, in ns. One thread records, another one takes what was recorded. */
final class Meter {
    /** Latencies are exact to this, or to a thousandth. */
    private static final long NANOS_DISCERNED = 32;
    /** A longer latency is recorded as this one. */
    static final long NANOS_MAX = 4_000_000_000_000L;
    private static final int DIGITS = 3;

    private final SingleWriterRecorder[] recorders = new SingleWriterRecorder[OperationKind.values().length];
    private final Map<OperationKind, Histogram> intervals = new EnumMap<>(OperationKind.class);

    Meter(List<OperationKind> kinds) {
        for (OperationKind kind : kinds) {
            recorders[kind.ordinal()] = new SingleWriterRecorder(NANOS_DISCERNED, NANOS_MAX, DIGITS);
        }
    }

    static Histogram histogram() {
        return new Histogram(NANOS_DISCERNED, NANOS_MAX, DIGITS);
    }

    void record(OperationKind kind, long nanos) {
        recorders[kind.ordinal()].recordValue(Math.min(nanos, NANOS_MAX));
    }

    /** What was recorded since the last call; valid until the next one. */
    Histogram interval(OperationKind kind) {
        SingleWriterRecorder recorder = recorders[kind.ordinal()];
        Histogram recycled = intervals.get(kind);
        Histogram interval = recycled == null ? recorder.getIntervalHistogram() : recorder.getIntervalHistogram(recycled);
        intervals.put(kind, interval);
        return interval;
    }
}
