package dev.marrow.stress.bench;

import dev.marrow.stress.bench.RedisBenchmark.Result;
import dev.marrow.stress.bench.RedisBenchmark.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Marrow beside redis-server, driven by the same redis-benchmark. In each round both serve one measurement of each row, one right after the
 * other and in turns first, so that whatever else the machine does meets both alike.
 */
final class RedisBenchmarkRows {
    /** Of {@link Row#cells}. */
    static final List<String> HEADING =
            List.of("command", "Redis req/s", "Marrow req/s", "Marrow/Redis", "Redis p50/p99 ms", "Marrow p50/p99 ms");
    private static final List<Integer> PIPELINES = List.of(1, 16);
    private static final List<String> COMMANDS = List.of("set", "get");
    private static final List<String> COMMANDS_OF_SEVERAL = List.of("mset", "mget");

    private final Load load;
    private final int processes;
    private final Path scratch;
    private final Report report;

    /** @param processes that the client consists of */
    RedisBenchmarkRows(Load load, int processes, Path scratch, Report report) {
        this.load = load;
        this.processes = processes;
        this.scratch = scratch;
        this.report = report;
    }

    /** One command at one pipeline length, against both. */
    record Row(Workload workload, RedisBenchmarkSide redis, RedisBenchmarkSide marrow) {
        String label() {
            return workload.label() + " P" + workload.pipeline();
        }

        List<String> cells() {
            return List.of(label(), Spread.of(redis.rates()).text(0), Spread.of(marrow.rates()).text(0),
                    Spread.ofRatios(marrow.rates(), redis.rates()).text(2), latencies(redis), latencies(marrow));
        }

        Spread p99Ratio() {
            return Spread.ofRatios(redis.p99Millis(), marrow.p99Millis());
        }

        /** @param where what comes before the row's name */
        Headline headline(String where, String goal) {
            return Headline.beside(where + workload.clients() + " clients, " + workload.label()
                    + (workload.pipeline() == 1 ? "" : ", " + workload.pipeline() + " pipelined"), "requests/s", Spread.of(marrow.rates()).median(),
                    new Headline.Peer(Headline.REDIS, Spread.of(redis.rates()).median(), Spread.ofRatios(marrow.rates(), redis.rates()).median()), goal);
        }

        private static String latencies(RedisBenchmarkSide side) {
            return String.format(Locale.ROOT, "%.2f / %.2f", Spread.of(side.p50Millis()).median(), Spread.of(side.p99Millis()).median());
        }
    }

    List<Row> measure(ServerPair servers) throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        for (int pipeline : PIPELINES) {
            for (String command : COMMANDS) {
                rows.add(calibrated(command, pipeline, servers));
            }
        }
        for (String command : COMMANDS_OF_SEVERAL) {
            rows.add(calibrated(command, 1, servers));
        }
        for (int round = 0; round < load.rounds(); round++) {
            for (Row row : rows) {
                for (RedisBenchmarkSide side : Turns.of(List.of(row.redis, row.marrow), round)) {
                    side.sample();
                    report(servers, row, side, round);
                }
                report.progress(String.format(Locale.ROOT, "%-8s %-13s round %d: Redis %,.0f/s, Marrow %,.0f/s", servers.durability().word(),
                        row.label(), round + 1, row.redis.last().requestsPerSecond(), row.marrow.last().requestsPerSecond()));
            }
        }
        return rows;
    }

    private Row calibrated(String command, int pipeline, ServerPair servers) throws IOException, InterruptedException {
        Workload workload = new Workload(command, processes, load.clients(), pipeline, load.keyspace(), load.payload());
        RedisBenchmarkSide redis = new RedisBenchmarkSide(workload, servers.redis(), load.seconds(), scratch);
        RedisBenchmarkSide marrow = new RedisBenchmarkSide(workload, servers.marrow(), load.seconds(), scratch);
        redis.calibrate();
        marrow.calibrate();
        return new Row(workload, redis, marrow);
    }

    private void report(ServerPair servers, Row row, RedisBenchmarkSide side, int round) {
        Result result = side.last();
        report.sample(Map.of("durability", servers.durability().word(), "row", row.label(), "server", side.server(), "round", round,
                "requests", side.requests(), "rps", result.requestsPerSecond(), "p50_ms", result.p50Millis(),
                "p99_ms", result.p99Millis()));
    }
}
