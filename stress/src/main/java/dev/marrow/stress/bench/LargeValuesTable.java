package dev.marrow.stress.bench;

import dev.marrow.stress.bench.LargeBench.Plan;
import dev.marrow.stress.bench.LargeClient.Command;
import dev.marrow.stress.bench.LargeClient.Result;
import dev.marrow.stress.bench.LargeServers.Target;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One client with large values, one after the other: how many megabytes a second, and how long each takes. */
final class LargeValuesTable {
    private static final List<Command> COMMANDS = List.of(Command.SET, Command.GET);
    private static final double WARMUP_SHARE = 0.2;
    /** Of a measurement's time, before the first one: the JVM compiles tier two's code for seconds once it is used, and takes a core for it. */
    private static final int WARMUP_TIMES = 3;

    private final Plan plan;
    private final LargeClient client;
    private final Report report;
    private final Map<Row, Map<Target, List<Result>>> results = new LinkedHashMap<>();

    private record Row(Durability durability, Command command, int valueBytes) {}

    LargeValuesTable(Plan plan, LargeClient client, Report report) {
        this.plan = plan;
        this.client = client;
        this.report = report;
    }

    /** All servers work for a while, unmeasured. */
    void warmUp(LargeServers servers) throws IOException, InterruptedException {
        for (Target target : Target.values()) {
            client.run(servers.port(target), Command.BOTH, plan.valueBytes().getFirst(), 0, WARMUP_TIMES * plan.seconds());
            servers.compact(target);
        }
    }

    /** All rows of this durability: in each round all servers, right after one another and in turns first. */
    void measure(LargeServers servers) throws IOException, InterruptedException {
        for (int round = 0; round < plan.rounds(); round++) {
            for (int valueBytes : plan.valueBytes()) {
                for (Command command : COMMANDS) {
                    Row row = new Row(servers.durability(), command, valueBytes);
                    for (Target target : Turns.of(List.of(Target.values()), round)) {
                        sample(row, target, servers, round);
                    }
                    progress(row, round);
                }
            }
        }
    }

    private void sample(Row row, Target target, LargeServers servers, int round) throws IOException, InterruptedException {
        Result result = client.run(servers.port(target), row.command, row.valueBytes, WARMUP_SHARE * plan.seconds(), plan.seconds());
        servers.compact(target);
        results.computeIfAbsent(row, any -> new LinkedHashMap<>()).computeIfAbsent(target, any -> new ArrayList<>()).add(result);
        report.sample(Map.of("durability", row.durability.word(), "command", row.command.name(), "value_bytes", row.valueBytes, "server",
                target.label(), "round", round, "mb_per_s", result.megabytesPerSecond(), "p50_us", result.roundTrips().p50Micros(), "p99_us",
                result.roundTrips().p99Micros(), "max_us", result.roundTrips().maxMicros()));
    }

    private void progress(Row row, int round) {
        Map<Target, List<Result>> all = results.get(row);
        report.progress(String.format(Locale.ROOT, "%s %s %,d bytes round %d: Marrow %,.0f MB/s, on-host on %,.0f MB/s, Redis %,.0f MB/s",
                row.durability.word(), row.command, row.valueBytes, round + 1, all.get(Target.MARROW_SERVER).getLast().megabytesPerSecond(),
                all.get(Target.MARROW_ON_HOST).getLast().megabytesPerSecond(), all.get(Target.REDIS).getLast().megabytesPerSecond()));
    }

    void print() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("durability", "command", "bytes", "server", "MB/s", "p50 ms", "p99 ms", "Marrow/Redis", "p99 Redis/Marrow"));
        results.forEach((row, all) -> all.keySet().stream().sorted().forEach(target -> cells.add(line(row, all, target))));
        results.forEach((row, all) -> report.headline(Headline.beside(String.format(Locale.ROOT, "%s, %s of %,d bytes", row.durability.word(), row.command,
                row.valueBytes), "MB/s", Spread.of(all.get(Target.MARROW_SERVER), Result::megabytesPerSecond).median(),
                new Headline.Peer(Headline.REDIS, Spread.of(all.get(Target.REDIS), Result::megabytesPerSecond).median(),
                        Spread.ofRatios(all.get(Target.MARROW_SERVER), all.get(Target.REDIS), Result::megabytesPerSecond).median()), "")));
        report.line("\n## One client, large values");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nMedian (min..max) of %d rounds, alternating; a ratio is that of two measurements of a round. A C"
                + " program on one connection over loopback: a command, its whole reply, the next; %.1f s a measurement, after a warm-up, and"
                + " after one of each server that took %d times as long. About 64 MB of keys of each size (%d at least), one after the other;"
                + " random bytes, other ones with each SET. The length of every value that comes back is compared, and 16 of every 4,093 of its"
                + " bytes. A latency ends with the last byte. Redis: appendonly yes, appendfsync as the durability says, save \"\". Marrow: one"
                + " event loop, --tier-two as it comes. No server compacts its log while it is measured, each does after every measurement."
                + " On-host: a local client with that door open; these commands go on to the event loop.", plan.rounds(), plan.seconds(),
                WARMUP_TIMES, LargeClient.keys(Integer.MAX_VALUE)));
    }

    private static List<String> line(Row row, Map<Target, List<Result>> all, Target target) {
        boolean marrow = target != Target.REDIS;
        return List.of(row.durability.word(), row.command.name(), String.format(Locale.ROOT, "%,d", row.valueBytes), target.label(),
                Spread.of(all.get(target), Result::megabytesPerSecond).text(0), Spread.of(all.get(target), Result::p50Millis).text(2),
                Spread.of(all.get(target), Result::p99Millis).text(2),
                marrow ? Spread.ofRatios(all.get(target), all.get(Target.REDIS), Result::megabytesPerSecond).text(2) : "",
                marrow ? Spread.ofRatios(all.get(Target.REDIS), all.get(target), Result::p99Millis).text(2) : "");
    }
}
