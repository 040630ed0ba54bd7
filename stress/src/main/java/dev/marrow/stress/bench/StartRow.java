package dev.marrow.stress.bench;

import dev.marrow.stress.bench.TimedServer.Start;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Starts with one number of keys from one kind of file, round by round. */
final class StartRow {
    /** What was started. */
    enum Kind {
        MARROW,
        REDIS,
        /** Marrow, after kill -9. */
        WARM;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Where the keys come from. */
    enum Source {
        /** What a checkpoint wrote. */
        BASE,
        /** Every write since the first. */
        LOG;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Source source;
    private final int keys;
    private final Map<Kind, List<Start>> starts = new EnumMap<>(Kind.class);

    StartRow(Source source, int keys) {
        this.source = source;
        this.keys = keys;
    }

    Source source() {
        return source;
    }

    int keys() {
        return keys;
    }

    void add(Kind kind, Start start) {
        starts.computeIfAbsent(kind, any -> new ArrayList<>()).add(start);
    }

    List<Double> seconds(Kind kind) {
        return starts.get(kind).stream().map(Start::seconds).toList();
    }

    /** By the server's own clock. */
    List<Double> reported(Kind kind) {
        return starts.get(kind).stream().map(Start::reported).toList();
    }

    /** How many times as long as Marrow's the other's start takes. */
    Spread ratio() {
        return Spread.ofRatios(seconds(Kind.REDIS), seconds(Kind.MARROW));
    }

    /** Keys a second between a smaller number of keys and this one, round by round; not finite or negative where more took no longer. */
    List<Double> keysPerSecondSince(StartRow smaller, Kind kind) {
        List<Double> rates = new ArrayList<>();
        for (int round = 0; round < starts.get(kind).size(); round++) {
            rates.add((keys - smaller.keys) / (seconds(kind).get(round) - smaller.seconds(kind).get(round)));
        }
        return rates;
    }
}
