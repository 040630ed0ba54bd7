package dev.marrow.stress.load;

import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What one run on one server showed.
 *
 * @param seconds from the beginning of recording to the last reply
 * @param totals latencies in ns of all operations that were answered right, by kind
 * @param errors wrong replies, by kind
 * @param allErrors wrong replies, and connections that were not ended on purpose, or could not be made again
 * @param lostConnections that ended
 * @param refused operations that a server refused which could not write its log, while that was done to it on purpose
 * @param unanswered operations under way on those: executed or not
 * @param unsent operations of the timetable that were not sent before the end
 * @param misses GETs that found nothing
 * @param conflicts read-modify-writes that somebody else forestalled
 * @param texts the first of what went wrong
 */
record Measurement(double seconds, List<Interval> series, Map<OperationKind, Histogram> totals, Map<OperationKind, Long> errors, long allErrors,
        long lostConnections, long refused, long unanswered, long unsent, long misses, long conflicts, List<String> texts) {

    Histogram all() {
        Histogram all = Meter.histogram();
        totals.values().forEach(all::add);
        return all;
    }

    double perSecond(Histogram histogram) {
        return histogram.getTotalCount() / seconds;
    }
}
