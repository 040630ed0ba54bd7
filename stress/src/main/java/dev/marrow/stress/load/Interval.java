package dev.marrow.stress.load;

import java.util.Map;
import org.HdrHistogram.AbstractHistogram;

/**
 * A stretch of a run, about a second.
 *
 * @param endSeconds since recording began
 * @param seconds its length
 * @param all operations of every kind together
 * @param kinds each kind of the mix
 * @param errors wrong replies and lost connections
 */
record Interval(double endSeconds, double seconds, Latencies all, Map<OperationKind, Latencies> kinds, long errors) {

    double perSecond() {
        return all.operations / seconds;
    }

    /** Of so many operations; latencies in ns, 0 where there were none. */
    record Latencies(long operations, long p50, long p99, long p999, long max) {
        static Latencies of(AbstractHistogram histogram) {
            return new Latencies(histogram.getTotalCount(), histogram.getValueAtPercentile(50), histogram.getValueAtPercentile(99),
                    histogram.getValueAtPercentile(99.9), histogram.getMaxValue());
        }
    }
}
