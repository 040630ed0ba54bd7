package dev.marrow.stress.bench;

import dev.marrow.stress.bench.RedisBenchmark.Result;
import dev.marrow.stress.bench.RedisBenchmark.Workload;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Marrow's server door beside redis-server, driven by the same redis-benchmark. In each round both serve one measurement of each row, one
 * right after the other and in turns first, so that whatever else the machine does meets both alike.
 */
final class ServerBench {
    private static final List<Integer> PIPELINES = List.of(1, 16);
    private static final List<String> COMMANDS = List.of("set", "get");
    /** A run this long tells the rate well enough to choose the number of requests, and has the JIT compiler done. */
    private static final double CALIBRATION_SECONDS = 1;
    private static final long CALIBRATION_REQUESTS = 10_000;
    private static final int CALIBRATION_RUNS_MAX = 12;
    private static final double LEAST_SHARE = 0.8;
    private static final int AGAIN_MAX = 2;

    private final Load load;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;

    /**
     * How much of it.
     *
     * @param rounds   measurements of each row
     * @param seconds  length of one; one that is more than a fifth shorter is taken again, twice at most
     * @param keyspace keys, all written before
     * @param payload  bytes of a value
     */
    record Load(int rounds, double seconds, int clients, int keyspace, int payload) {}

    ServerBench(Load load, Path scratch, Report report, Teardown teardown) {
        this.load = load;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    /** What one server did of a row, and the number of requests that keeps it busy for the wanted time. */
    private static final class Side {
        private final List<Result> results = new ArrayList<>();
        private long requests;

        Side(long requests) {
            this.requests = requests;
        }

        double lastRate() {
            return results.getLast().requestsPerSecond();
        }
    }

    private record Row(Durability durability, Workload workload, Side redis, Side marrow) {
        String label() {
            return workload.command().toUpperCase(Locale.ROOT) + " P" + workload.pipeline();
        }
    }

    void run() throws IOException, InterruptedException {
        for (String program : List.of("redis-server", "redis-benchmark")) {
            requireInstalled(program);
        }
        List<Row> rows = new ArrayList<>();
        for (Durability durability : List.of(Durability.EVERYSEC, Durability.ALWAYS)) {
            rows.addAll(measure(durability));
        }
        print(rows);
    }

    private static void requireInstalled(String program) throws IOException {
        String path = System.getenv().getOrDefault("PATH", "");
        if (Stream.of(path.split(":")).noneMatch(directory -> Files.isExecutable(Path.of(directory, program)))) {
            throw new IOException(program + " is not installed: apt-get install redis-server redis-tools");
        }
    }

    private List<Row> measure(Durability durability) throws IOException, InterruptedException {
        Path marrowDirectory = scratch.resolve("marrow-" + durability.word());
        Path redisDirectory = scratch.resolve("redis-" + durability.word());
        List<Row> rows = new ArrayList<>();
        try (ServerProcess redis = ServerProcess.redis(durability.word(), redisDirectory, teardown);
                ServerProcess marrow = ServerProcess.marrow(durability.word(), marrowDirectory, teardown)) {
            Prefill.run(redis.port(), load.keyspace, load.payload);
            Prefill.run(marrow.port(), load.keyspace, load.payload);
            for (int pipeline : PIPELINES) {
                for (String command : COMMANDS) {
                    Workload workload = new Workload(command, load.clients, pipeline, load.keyspace, load.payload);
                    rows.add(new Row(durability, workload, new Side(calibrate(workload, redis)), new Side(calibrate(workload, marrow))));
                }
            }
            for (int round = 0; round < load.rounds; round++) {
                for (Row row : rows) {
                    if (round % 2 == 0) {
                        sample(row, row.redis, redis, round);
                        sample(row, row.marrow, marrow, round);
                    } else {
                        sample(row, row.marrow, marrow, round);
                        sample(row, row.redis, redis, round);
                    }
                    report.progress(String.format(Locale.ROOT, "%-8s %-7s round %d: Redis %,.0f/s, Marrow %,.0f/s", durability.word(),
                            row.label(), round + 1, row.redis.lastRate(), row.marrow.lastRate()));
                }
            }
        }
        // Not needed any more, and several gigabytes after a full run.
        Teardown.delete(redisDirectory);
        Teardown.delete(marrowDirectory);
        return rows;
    }

    /** Requests that keep this server busy for the wanted time. */
    private long calibrate(Workload workload, ServerProcess server) throws IOException, InterruptedException {
        double wanted = Math.min(CALIBRATION_SECONDS, load.seconds);
        long requests = CALIBRATION_REQUESTS;
        double rate = 0;
        for (int run = 0; run < CALIBRATION_RUNS_MAX; run++) {
            rate = RedisBenchmark.run(workload, server.port(), requests, scratch).requestsPerSecond();
            if (requests / rate >= wanted) {
                break;
            }
            requests = Math.max(2 * requests, (long) (rate * wanted));
        }
        return (long) Math.ceil(rate * load.seconds);
    }

    /** A measurement that turned out short, because the server became quicker, is taken again with more requests. */
    private void sample(Row row, Side side, ServerProcess server, int round) throws IOException, InterruptedException {
        Result result = RedisBenchmark.run(row.workload, server.port(), side.requests, scratch);
        for (int again = 0; again < AGAIN_MAX && side.requests / result.requestsPerSecond() < LEAST_SHARE * load.seconds; again++) {
            side.requests = (long) Math.ceil(result.requestsPerSecond() * load.seconds);
            result = RedisBenchmark.run(row.workload, server.port(), side.requests, scratch);
        }
        side.results.add(result);
        report.sample(Map.of("durability", row.durability.word(), "row", row.label(), "server", server.name(), "round", round,
                "requests", side.requests, "rps", result.requestsPerSecond(), "p50_ms", result.p50Millis(), "p99_ms", result.p99Millis()));
    }

    private void print(List<Row> rows) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("durability", "command", "Redis req/s", "Marrow req/s", "Marrow/Redis", "Redis p50/p99 ms", "Marrow p50/p99 ms"));
        for (Row row : rows) {
            Spread redis = rates(row.redis.results);
            Spread marrow = rates(row.marrow.results);
            List<Double> ratios = new ArrayList<>();
            for (int round = 0; round < load.rounds; round++) {
                ratios.add(row.marrow.results.get(round).requestsPerSecond() / row.redis.results.get(round).requestsPerSecond());
            }
            cells.add(List.of(row.durability.word(), row.label(), redis.text(0), marrow.text(0), Spread.of(ratios).text(2),
                    latencies(row.redis.results), latencies(row.marrow.results)));
        }
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nMedian (min..max) of %d rounds; the ratio is that of the two measurements of a round."
                + " redis-benchmark -c %d -r %d -d %d, one client thread, about %.1f s a measurement; loopback; all keys present. Redis:"
                + " appendonly yes, appendfsync as the durability says, save \"\", no rewrites. Marrow: one event loop.",
                load.rounds, load.clients, load.keyspace, load.payload, load.seconds));
    }

    private static Spread rates(List<Result> results) {
        return Spread.of(results.stream().map(Result::requestsPerSecond).toList());
    }

    private static String latencies(List<Result> results) {
        return String.format(Locale.ROOT, "%.2f / %.2f", Spread.of(results.stream().map(Result::p50Millis).toList()).median(),
                Spread.of(results.stream().map(Result::p99Millis).toList()).median());
    }
}
