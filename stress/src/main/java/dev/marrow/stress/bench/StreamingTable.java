package dev.marrow.stress.bench;

import dev.marrow.stress.bench.LargeBench.Plan;
import dev.marrow.stress.bench.LargeServers.Target;
import dev.marrow.stress.bench.RoundTrip.Address;
import dev.marrow.stress.bench.RoundTrip.Result;
import dev.marrow.stress.bench.RoundTrip.Workload;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What a client of small values notices of another one that writes and reads large ones all the time. */
final class StreamingTable {
    private static final List<String> COMMANDS = List.of("get", "set");
    private static final double WARMUP_SHARE = 0.2;

    private final Plan plan;
    private final LargeClient large;
    private final RoundTrip small;
    private final Report report;
    private final Map<Row, List<Sample>> samples = new LinkedHashMap<>();

    private record Row(Durability durability, String command, Target target) {}

    /** @param streamed how many megabytes a second went in and out beside {@code during}, together */
    private record Sample(Result without, Result during, double streamed, Doors doors) {}

    StreamingTable(Plan plan, LargeClient large, RoundTrip small, Report report) {
        this.plan = plan;
        this.large = large;
        this.small = small;
        this.report = report;
    }

    /** All rows of this durability. */
    void measure(LargeServers servers) throws IOException, InterruptedException {
        for (Target target : Target.values()) {
            Prefill.run(servers.port(target), plan.smallKeys(), plan.smallBytes());
        }
        for (int round = 0; round < plan.rounds(); round++) {
            for (String command : COMMANDS) {
                for (Target target : Turns.of(List.of(Target.values()), round)) {
                    add(new Row(servers.durability(), command, target), sample(command, target, servers), round);
                }
            }
        }
    }

    private Sample sample(String command, Target target, LargeServers servers) throws IOException, InterruptedException {
        Doors before = servers.doors(target);
        Result without = roundTrips(command, servers.port(target));
        Result during;
        LargeClient.Result streamed;
        try (LargeClient.Stream stream = large.stream(servers.port(target), plan.streamBytes())) {
            during = roundTrips(command, servers.port(target));
            streamed = stream.stop();
        }
        Doors used = servers.doors(target).since(before);
        servers.compact(target);
        return new Sample(without, during, streamed.megabytesPerSecond(), used);
    }

    private Result roundTrips(String command, int port) throws IOException, InterruptedException {
        return small.run(new Workload(command, plan.smallKeys(), plan.smallBytes()), new Address.Tcp(port), WARMUP_SHARE * plan.seconds(),
                plan.seconds());
    }

    private void add(Row row, Sample sample, int round) {
        samples.computeIfAbsent(row, any -> new ArrayList<>()).add(sample);
        for (boolean during : List.of(false, true)) {
            Result result = during ? sample.during : sample.without;
            Map<String, Object> fields = new HashMap<>(Map.of("durability", row.durability.word(), "command", row.command, "server",
                    row.target.label(), "round", round, "streamed_mb_per_s", during ? sample.streamed : 0));
            fields.putAll(Map.of("rps", result.perSecond(), "p50_us", result.p50Micros(), "p99_us", result.p99Micros(), "p999_us",
                    result.p999Micros(), "max_us", result.maxMicros()));
            fields.putAll(Map.of("door_on_host", sample.doors.onHost(), "door_server", sample.doors.server()));
            report.sample(fields);
        }
        report.progress(String.format(Locale.ROOT, "%s %s %s round %d: p99 %,.0f µs alone, %,.0f µs beside %,.0f MB/s", row.durability.word(),
                row.command.toUpperCase(Locale.ROOT), row.target.label(), round + 1, sample.without.p99Micros(), sample.during.p99Micros(),
                sample.streamed));
    }

    void print() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("durability", "command", "server", "beside it MB/s", "round trips/s", "p50 µs", "p99 µs", "p99.9 µs",
                "p99 during/without", "by the on-host door"));
        samples.forEach((row, each) -> {
            cells.add(line(row, each, false));
            cells.add(line(row, each, true));
        });
        COMMANDS.forEach(command -> {
            for (Target target : List.of(Target.MARROW_ON_HOST, Target.MARROW_SERVER)) {
                headline(command, target);
            }
        });
        report.line("\n## One client of small values, beside one of large values");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nMedian (min..max) of %d rounds, alternating; a ratio is that of two measurements of a round. One"
                + " blocking client, %,d keys, all present, %d-byte values; %.1f s a measurement, after a warm-up. Beside it: nothing, or another"
                + " connection that writes a value of %,d bytes and reads it back, and so on, its megabytes a second in both directions together."
                + " The servers of the first table. On-host door: its share of all commands of both measurements.", plan.rounds(), plan.smallKeys(),
                plan.smallBytes(), plan.seconds(), plan.streamBytes()));
    }

    /** What a client of small values sees as its p99 meanwhile. */
    private void headline(String command, Target target) {
        List<Double> own = p99During(new Row(Durability.EVERYSEC, command, target));
        List<Double> redis = p99During(new Row(Durability.EVERYSEC, command, Target.REDIS));
        report.headline(Headline.beside(String.format(Locale.ROOT, "%s, p99 of %s beside values of %,d bytes", target.label().replace("Marrow, ", ""),
                command.toUpperCase(Locale.ROOT), plan.streamBytes()), "µs", Spread.of(own).median(),
                new Headline.Peer(Headline.REDIS, Spread.of(redis).median(), Spread.ofRatios(redis, own).median()), ""));
    }

    private List<Double> p99During(Row row) {
        return numbers(samples.get(row).stream().map(Sample::during).toList(), Result::p99Micros);
    }

    private static List<String> line(Row row, List<Sample> each, boolean during) {
        List<Result> results = each.stream().map(sample -> during ? sample.during : sample.without).toList();
        return List.of(row.durability.word(), row.command.toUpperCase(Locale.ROOT), row.target.label(),
                during ? Spread.of(each.stream().map(Sample::streamed).toList()).text(0) : "nothing", spread(results, Result::perSecond).text(0),
                spread(results, Result::p50Micros).text(1), spread(results, Result::p99Micros).text(1), spread(results, Result::p999Micros).text(1),
                during ? Spread.ofRatios(numbers(results, Result::p99Micros),
                        numbers(each.stream().map(Sample::without).toList(), Result::p99Micros)).text(2) : "",
                during && row.target != Target.REDIS ? share(each) : "");
    }

    private static Spread spread(List<Result> results, ToDoubleFunction<Result> number) {
        return Spread.of(numbers(results, number));
    }

    private static List<Double> numbers(List<Result> results, ToDoubleFunction<Result> number) {
        return results.stream().mapToDouble(number).boxed().toList();
    }

    private static String share(List<Sample> each) {
        Doors all = each.stream().map(Sample::doors).reduce(Doors.NONE, Doors::plus);
        return String.format(Locale.ROOT, "%.1f %%", all.commands() == 0 ? 0 : 100.0 * all.onHost() / all.commands());
    }
}
