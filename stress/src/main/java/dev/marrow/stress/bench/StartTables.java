package dev.marrow.stress.bench;

import dev.marrow.stress.bench.RecoveryBench.Plan;
import dev.marrow.stress.bench.StartRow.Kind;
import dev.marrow.stress.bench.StartRow.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@link StartBench} found, for people. */
final class StartTables {
    private final Plan plan;
    private final List<StartRow> rows;
    private final List<Sizes> sizes;
    private final Report report;

    /** What so many keys take on the disk, in bytes. */
    record Sizes(int keys, long marrowBase, long redisBase, long marrowLog, long redisLog) {
        private List<String> cells() {
            return List.of(number(keys), perKey(marrowBase), perKey(redisBase), perKey(marrowLog), perKey(redisLog));
        }

        private String perKey(long bytes) {
            return String.format(Locale.ROOT, "%.1f", (double) bytes / keys);
        }
    }

    /** @param rows of each source, ascending in their numbers of keys */
    StartTables(Plan plan, List<StartRow> rows, List<Sizes> sizes, Report report) {
        this.plan = plan;
        this.rows = List.copyOf(rows);
        this.sizes = List.copyOf(sizes);
        this.report = report;
    }

    void print() {
        printReady();
        printRates();
        printSizes();
    }

    private void printReady() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("from", "keys", "Marrow s", "Redis s", "Redis/Marrow", "Marrow's own s", "Redis's own s", "Marrow warm s",
                "warm, its own s"));
        for (Source source : Source.values()) {
            for (StartRow row : of(source)) {
                boolean warm = source == Source.BASE;
                cells.add(List.of(source.word(), number(row.keys()), text(row.seconds(Kind.MARROW)), text(row.seconds(Kind.REDIS)),
                        row.ratio().text(2), text(row.reported(Kind.MARROW)), text(row.reported(Kind.REDIS)),
                        warm ? text(row.seconds(Kind.WARM)) : "", warm ? text(row.reported(Kind.WARM)) : ""));
            }
        }
        StartRow most = of(Source.BASE).getLast();
        report.headline(Headline.beside("start from a checkpoint, " + number(most.keys()) + " keys", "s", Spread.of(most.seconds(Kind.MARROW)).median(),
                new Headline.Peer(Headline.REDIS, Spread.of(most.seconds(Kind.REDIS)).median(), most.ratio().median()), ""));
        report.headline(Headline.alone("start after kill -9 (warm), " + number(most.keys()) + " keys", "s", Spread.of(most.seconds(Kind.WARM)).median(), "≤ 1"));
        report.line("\n## Ready after a start");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%n%s. Seconds from just before the process is made to the first right reply to DBSIZE over TCP,"
                + " asked every 5 ms; no script and no build is in it: Marrow is `java` with the launcher's flags (class path, -Xmx512m,"
                + " SerialGC), on-host on, one event loop. Own: what the server says it took, without its process's start. Base: all keys in"
                + " one checkpoint (Marrow: BGSAVE; Redis: BGREWRITEAOF with aof-use-rdb-preamble yes, so an RDB). Log: every SET since the"
                + " first, never compacted. Warm: Marrow was killed (kill -9) and finds its tables in the kernel. Cold starts follow a clean"
                + " stop. Files are in the page cache, for both. %d-byte keys, %d-byte values of random letters; everysec; Marrow's"
                + " --capacity is nine eighths of the keys.", counted(), Prefill.KEY_BYTES, plan.valueBytes()));
    }

    private void printRates() {
        report.line("\n## Keys a second between the smallest and the largest number");
        if (plan.keys().size() < 2) {
            report.line("\nOnly one number of keys was measured.");
            return;
        }
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("from", "keys", "Marrow keys/s", "Redis keys/s", "Marrow/Redis"));
        for (Source source : Source.values()) {
            StartRow smallest = of(source).getFirst();
            StartRow largest = of(source).getLast();
            List<Double> marrow = largest.keysPerSecondSince(smallest, Kind.MARROW);
            List<Double> redis = largest.keysPerSecondSince(smallest, Kind.REDIS);
            boolean measurable = marrow.stream().allMatch(StartTables::isRate) && redis.stream().allMatch(StartTables::isRate);
            String none = "too few keys";
            if (measurable) {
                report.headline(Headline.beside("keys loaded from " + (source == Source.BASE ? "a checkpoint, " : "the log alone, ")
                        + number(smallest.keys()) + " to " + number(largest.keys()) + " keys", "keys/s", Spread.of(marrow).median(),
                        new Headline.Peer(Headline.REDIS, Spread.of(redis).median(), Spread.ofRatios(marrow, redis).median()), "≥ 2 × Redis"));
            }
            cells.add(List.of(source.word(), number(smallest.keys()) + " to " + number(largest.keys()),
                    measurable ? Spread.of(marrow).text(0) : none, measurable ? Spread.of(redis).text(0) : none,
                    measurable ? Spread.ofRatios(marrow, redis).text(2) : none));
        }
        report.table(cells);
        report.line("\nDifference of the keys by difference of the seconds above, so without what a start costs whatever it loads.");
    }

    private static boolean isRate(double rate) {
        return Double.isFinite(rate) && rate > 0;
    }

    private void printSizes() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("keys", "Marrow base", "Redis base (RDB)", "Marrow log", "Redis log (AOF)"));
        sizes.forEach(size -> cells.add(size.cells()));
        report.line("\n## Bytes on disk per key");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nOf %d bytes of key and value. Files as they are; of Marrow's log the payload (INFO's log_bytes):"
                + " its files are made ahead.", Prefill.KEY_BYTES + plan.valueBytes()));
    }

    private List<StartRow> of(Source source) {
        return rows.stream().filter(row -> row.source() == source).toList();
    }

    private String counted() {
        return plan.rounds() == 1 ? "One measurement each" : "Median (min..max) of " + plan.rounds() + " rounds, alternating";
    }

    static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String text(List<Double> seconds) {
        return Spread.of(seconds).text(2);
    }
}
