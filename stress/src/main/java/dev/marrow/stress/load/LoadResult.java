package dev.marrow.stress.load;

import dev.marrow.stress.bench.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** All that a run measured. @param peers one or two, the first one first */
record LoadResult(LoadPlan plan, Map<String, String> environment, List<Peer> peers) {
    static final double NANOS_PER_MICRO = 1e3;

    /** What a row of the table is of. @param kind empty: all kinds together */
    record Row(Peer peer, Optional<OperationKind> kind) {
        String operation() {
            return kind.map(OperationKind::word).orElse("all");
        }

        Histogram histogram(Measurement measurement) {
            return kind.map(measurement.totals()::get).orElseGet(measurement::all);
        }

        long errors(Measurement measurement) {
            return kind.map(measurement.errors()::get).orElseGet(measurement::allErrors);
        }

        /** Of each round. */
        List<Double> each(ToDoubleFunction<Measurement> number) {
            return peer.measurements().stream().map(number::applyAsDouble).toList();
        }

        List<Double> perSecond() {
            return each(measurement -> measurement.perSecond(histogram(measurement)));
        }

        List<Double> micros(double percentile) {
            return each(measurement -> histogram(measurement).getValueAtPercentile(percentile) / NANOS_PER_MICRO);
        }

        long allErrors() {
            return peer.measurements().stream().mapToLong(this::errors).sum();
        }
    }

    /** Each kind of the mix, and behind several kinds all together. */
    List<Optional<OperationKind>> kinds() {
        List<Optional<OperationKind>> kinds = new ArrayList<>(plan.mix().kinds().stream().map(Optional::of).toList());
        if (kinds.size() > 1) {
            kinds.add(Optional.empty());
        }
        return kinds;
    }

    long errors() {
        return peers.stream().flatMap(peer -> peer.measurements().stream()).mapToLong(Measurement::allErrors).sum();
    }

    /** The first peer's rate in terms of the second's, and the second's p99 in terms of the first's: above 1 the first is better. */
    Optional<Ratios> ratios(Optional<OperationKind> kind) {
        if (peers.size() < 2) {
            return Optional.empty();
        }
        Row first = new Row(peers.get(0), kind);
        Row second = new Row(peers.get(1), kind);
        // A rare kind need not have come at all in a short measurement.
        if (Stream.concat(first.perSecond().stream(), second.perSecond().stream()).anyMatch(rate -> rate == 0)) {
            return Optional.empty();
        }
        return Optional.of(new Ratios(Spread.ofRatios(first.perSecond(), second.perSecond()), Spread.ofRatios(second.micros(99), first.micros(99))));
    }

    record Ratios(Spread perSecond, Spread p99) {}
}
