package dev.marrow.stress.bench;

import dev.marrow.stress.bench.RecoveryBench.Plan;
import dev.marrow.stress.bench.RoundTrip.Result;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What clients notice of checkpoints: the same load without any, and with one after the other. */
final class CheckpointBench {
    private static final double WARMUP_SHARE = 0.2;

    private final Plan plan;
    private final int keys;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;
    private final Map<Target, List<Sample>> samples = new EnumMap<>(Target.class);

    private enum Target {
        MARROW_SERVER("Marrow, server door"),
        MARROW_ON_HOST("Marrow, on-host door"),
        REDIS("Redis");

        private final String label;

        Target(String label) {
            this.label = label;
        }
    }

    /** One load, without checkpoints or with; doors only of Marrow. */
    private record Load(Result result, Doors doors) {}

    /** @param checkpointSeconds of each that was taken during the second load */
    private record Sample(Load without, Load during, List<Double> checkpointSeconds) {}

    CheckpointBench(Plan plan, Path scratch, Report report, Teardown teardown) {
        this.plan = plan;
        this.keys = plan.keys().getFirst();
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    void run() throws IOException, InterruptedException {
        ManyClients clients = new ManyClients(scratch);
        for (int round = 0; round < plan.rounds(); round++) {
            for (Target target : Turns.of(List.of(Target.values()), round)) {
                try (TimedServer server = server(target)) {
                    server.startEmpty();
                    Prefill.run(server.port(), keys, plan.valueBytes());
                    add(target, measure(target, server, clients), round);
                }
            }
        }
        print();
    }

    private TimedServer server(Target target) throws IOException {
        return switch (target) {
            case MARROW_SERVER -> TimedServer.marrow(Durability.EVERYSEC, keys, plan.valueBytes(), false, scratch.resolve("marrow-load"), teardown);
            case MARROW_ON_HOST -> TimedServer.marrow(Durability.EVERYSEC, keys, plan.valueBytes(), true, scratch.resolve("marrow-load"), teardown);
            case REDIS -> TimedServer.redis(Durability.EVERYSEC, scratch.resolve("redis-load"), teardown);
        };
    }

    private Sample measure(Target target, TimedServer server, ManyClients clients) throws IOException, InterruptedException {
        Load without = load(target, server, clients);
        try (CheckpointLoop checkpoints = CheckpointLoop.start(server)) {
            Load during = load(target, server, clients);
            return new Sample(without, during, checkpoints.stop());
        }
    }

    private Load load(Target target, TimedServer server, ManyClients clients) throws IOException, InterruptedException {
        Doors before = doors(target, server);
        Result result = clients.run(Protocol.RESP, server.port(), plan.clients(), keys, plan.valueBytes(), WARMUP_SHARE * plan.seconds(),
                plan.seconds());
        return new Load(result, doors(target, server).since(before));
    }

    private static Doors doors(Target target, TimedServer server) throws IOException {
        return target == Target.REDIS ? Doors.NONE : Doors.of(server.port());
    }

    private void add(Target target, Sample sample, int round) {
        samples.computeIfAbsent(target, any -> new ArrayList<>()).add(sample);
        for (boolean during : List.of(false, true)) {
            Load load = during ? sample.during : sample.without;
            Map<String, Object> fields = new HashMap<>(Map.of("server", target.label, "round", round, "keys", keys, "checkpoints",
                    during ? sample.checkpointSeconds.size() : 0, "rps", load.result.perSecond(), "p50_us", load.result.p50Micros(),
                    "p99_us", load.result.p99Micros(), "p999_us", load.result.p999Micros(), "max_us", load.result.maxMicros()));
            fields.putAll(Map.of("door_on_host", load.doors.onHost(), "door_server", load.doors.server()));
            report.sample(fields);
        }
        sample.checkpointSeconds.forEach(seconds -> report.sample(Map.of("server", target.label, "round", round, "checkpoint_seconds", seconds)));
        report.progress(String.format(Locale.ROOT, "%s round %d: p99 %,.0f µs without, %,.0f µs during %d checkpoints", target.label, round + 1,
                sample.without.result.p99Micros(), sample.during.result.p99Micros(), sample.checkpointSeconds.size()));
    }

    private void print() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("server", "checkpoints", "req/s", "p50 µs", "p99 µs", "p99.9 µs", "req/s during/without", "p99 during/without",
                "s a checkpoint", "by the on-host door"));
        samples.forEach((target, each) -> {
            cells.add(line(target, each, false, List.of("", "", "")));
            List<Double> durations = each.stream().flatMap(sample -> sample.checkpointSeconds.stream()).toList();
            cells.add(line(target, each, true, List.of(ratio(each, Result::perSecond), ratio(each, Result::p99Micros),
                    Spread.of(durations).text(2))));
        });
        for (Target marrow : List.of(Target.MARROW_ON_HOST, Target.MARROW_SERVER)) {
            List<Double> own = during(marrow);
            List<Double> redis = during(Target.REDIS);
            report.headline(Headline.beside(marrow.label.replace("Marrow, ", "") + ", p99 of " + plan.clients() + " clients during checkpoints", "µs",
                    Spread.of(own).median(), new Headline.Peer(Headline.REDIS, Spread.of(redis).median(), Spread.ofRatios(redis, own).median()), ""));
        }
        report.line("\n## A checkpoint under load");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%n%s. A C program with %d connections in one thread: on each a command, its reply, the next;"
                + " GET and SET 1:1, %,d keys, all present, %d-byte values of random letters; %.1f s a measurement, after a warm-up; one server"
                + " at a time. During: BGSAVE, and again as soon as INFO says that it is done (asked every 5 ms); their number is that of all"
                + " rounds. Marrow writes a base and forgets the log before it; Redis forks and writes an RDB, and looks ten times a second whether"
                + " that has ended. Both: everysec, no rewrites of their own.", plan.rounds() == 1 ? "One measurement each"
                        : "Median (min..max) of " + plan.rounds() + " rounds, alternating; s a checkpoint: over all of them", plan.clients(), keys,
                plan.valueBytes(), plan.seconds()));
    }

    private List<Double> during(Target target) {
        return numbers(samples.get(target).stream().map(sample -> sample.during.result).toList(), Result::p99Micros);
    }

    /** @param behind the cells that compare */
    private static List<String> line(Target target, List<Sample> each, boolean during, List<String> behind) {
        List<Load> loads = each.stream().map(sample -> during ? sample.during : sample.without).toList();
        int count = each.stream().mapToInt(sample -> sample.checkpointSeconds.size()).sum();
        List<String> cells = new ArrayList<>(List.of(target.label, during ? Integer.toString(count) : "none",
                spread(loads, Result::perSecond).text(0), spread(loads, Result::p50Micros).text(0), spread(loads, Result::p99Micros).text(0),
                spread(loads, Result::p999Micros).text(0)));
        cells.addAll(behind);
        cells.add(target == Target.REDIS ? "" : share(loads));
        return cells;
    }

    private static Spread spread(List<Load> loads, ToDoubleFunction<Result> number) {
        return Spread.of(numbers(loads.stream().map(Load::result).toList(), number));
    }

    private static String ratio(List<Sample> each, ToDoubleFunction<Result> number) {
        return Spread.ofRatios(numbers(each.stream().map(sample -> sample.during.result).toList(), number),
                numbers(each.stream().map(sample -> sample.without.result).toList(), number)).text(2);
    }

    private static List<Double> numbers(List<Result> results, ToDoubleFunction<Result> number) {
        return results.stream().mapToDouble(number).boxed().toList();
    }

    private static String share(List<Load> loads) {
        Doors all = loads.stream().map(Load::doors).reduce(Doors.NONE, Doors::plus);
        return String.format(Locale.ROOT, "%.1f %%", all.commands() == 0 ? 0 : 100.0 * all.onHost() / all.commands());
    }
}
