package dev.marrow.stress.bench;

import dev.marrow.stress.bench.GrowthServers.Target;
import dev.marrow.stress.bench.RoundTrip.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** How throughput and latency of all servers change with the number of keys, of connections, the size of a value, and the number of threads. */
final class GrowthBench {
    private static final double WARMUP_SHARE = 0.2;
    private static final String KEYS = "keys";

    private final Plan plan;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;
    private final ManyClients clients;

    /**
     * How much of it.
     *
     * @param base        what does not change
     * @param keys        numbers of keys
     * @param connections numbers of connections
     * @param valueBytes  sizes of a value
     * @param threads     numbers of event loops
     * @param rounds      measurements of each row
     * @param seconds     length of one
     */
    record Plan(Shape base, List<Integer> keys, List<Integer> connections, List<Integer> valueBytes, List<Integer> threads, int rounds, double seconds) {}

    /** What a server holds and is asked. */
    record Shape(int keys, int connections, int valueBytes, int threads) {}

    /** All measurements with one shape. */
    private record Row(Shape shape, Map<Target, List<Result>> results) {
        List<Double> numbers(Target target, ToDoubleFunction<Result> number) {
            return results.get(target).stream().mapToDouble(number).boxed().toList();
        }
    }

    private interface With {
        Shape value(int value);
    }

    GrowthBench(Plan plan, Path scratch, Report report, Teardown teardown) throws IOException {
        this.plan = plan;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
        clients = new ManyClients(scratch);
    }

    void run() throws IOException, InterruptedException {
        ServerTrio.requireInstalled();
        Shape base = plan.base;
        grow(KEYS, plan.keys, keys -> new Shape(keys, base.connections, base.valueBytes, base.threads));
        grow("connections", plan.connections, connections -> new Shape(base.keys, connections, base.valueBytes, base.threads));
        grow("bytes of a value", plan.valueBytes, bytes -> new Shape(base.keys, base.connections, bytes, base.threads));
        grow("threads", plan.threads, threads -> new Shape(base.keys, base.connections, base.valueBytes, threads));
        report.line(String.format(Locale.ROOT, "%nMedian (min..max) of %d rounds, alternating; ratios are those of a round's measurements. A C program in one"
                + " thread: on each connection a GET or a SET, 1:1, its reply, the next; keys drawn evenly, all present; %.1f s a measurement, after a"
                + " warm-up; new servers for each row. What does not change: %,d keys, %d connections, %d-byte values (fewer keys where they would take more"
                + " than %d MiB), one thread a server. everysec; memcached keeps nothing. Threads: Marrow's --event-loops, which do not matter"
                + " to the on-host door, Redis's --io-threads, memcached's -t.", plan.rounds, plan.seconds, base.keys, base.connections, base.valueBytes,
                GrowthServers.DATA_BYTES_MAX >> 20));
    }

    private void grow(String what, List<Integer> values, With with) throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        for (int value : values) {
            rows.add(measure(what, value, with.value(value)));
        }
        List<List<String>> cells = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of(what));
        boolean fewer = rows.stream().anyMatch(row -> row.shape.keys() != plan.base.keys) && !what.equals(KEYS);
        if (fewer) {
            heading.add(KEYS);
        }
        for (Target target : Target.values()) {
            heading.add(target.label() + " req/s");
        }
        heading.addAll(List.of("on-host/Redis", "server door/Redis"));
        for (Target target : Target.values()) {
            heading.add(target.label() + " p50/p99 µs");
        }
        cells.add(heading);
        for (int i = 0; i < rows.size(); i++) {
            cells.add(line(values.get(i), rows.get(i), fewer));
        }
        report.line("\n## By " + what);
        report.table(cells);
    }

    private Row measure(String what, int value, Shape shape) throws IOException, InterruptedException {
        Row row = new Row(GrowthServers.fitting(shape), new EnumMap<>(Target.class));
        try (GrowthServers servers = new GrowthServers(row.shape, scratch, teardown)) {
            for (int round = 0; round < plan.rounds; round++) {
                for (Target target : Turns.of(List.of(Target.values()), round)) {
                    sample(what, value, row, target, servers, round);
                }
            }
        }
        report.progress(String.format(Locale.ROOT, "%s %,d: on-host %,.0f/s, server door %,.0f/s, Redis %,.0f/s", what, value,
                row.results.get(Target.MARROW_ON_HOST).getLast().perSecond(), row.results.get(Target.MARROW_SERVER).getLast().perSecond(),
                row.results.get(Target.REDIS).getLast().perSecond()));
        return row;
    }

    private void sample(String what, int value, Row row, Target target, GrowthServers servers, int round) throws IOException, InterruptedException {
        Shape shape = row.shape;
        Result result = clients.run(target.protocol(), servers.port(target), shape.connections, shape.keys, shape.valueBytes, WARMUP_SHARE * plan.seconds, plan.seconds);
        row.results.computeIfAbsent(target, any -> new ArrayList<>()).add(result);
        report.sample(Map.of("by", what, "at", value, "keys", shape.keys(), "server", target.label(), "round", round, "rps", result.perSecond(), "p50_us", result.p50Micros(),
                "p99_us", result.p99Micros(), "max_us", result.maxMicros()));
    }

    private static List<String> line(int value, Row row, boolean withKeys) {
        List<String> cells = new ArrayList<>(List.of(String.format(Locale.ROOT, "%,d", value)));
        if (withKeys) {
            cells.add(String.format(Locale.ROOT, "%,d", row.shape.keys()));
        }
        for (Target target : Target.values()) {
            cells.add(Spread.of(row.numbers(target, Result::perSecond)).text(0));
        }
        for (Target target : List.of(Target.MARROW_ON_HOST, Target.MARROW_SERVER)) {
            cells.add(Spread.ofRatios(row.numbers(target, Result::perSecond), row.numbers(Target.REDIS, Result::perSecond)).text(2));
        }
        for (Target target : Target.values()) {
            cells.add(String.format(Locale.ROOT, "%.0f / %.0f", Spread.of(row.numbers(target, Result::p50Micros)).median(),
                    Spread.of(row.numbers(target, Result::p99Micros)).median()));
        }
        return cells;
    }
}
