package dev.marrow.stress.bench;

import dev.marrow.stress.bench.RedisBenchmark.Result;
import dev.marrow.stress.bench.RedisBenchmark.Workload;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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

    private final Load load;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;

    /**
     * How much of it.
     *
     * @param rounds   measurements of each row
     * @param seconds  least length of one
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

    private record Row(Durability durability, Workload workload, List<Result> redis, List<Result> marrow) {
        String label() {
            return workload.command().toUpperCase(Locale.ROOT) + " P" + workload.pipeline();
        }
    }

    void run() throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        for (Durability durability : List.of(Durability.EVERYSEC, Durability.ALWAYS)) {
            rows.addAll(measure(durability));
        }
        print(rows);
    }

    private List<Row> measure(Durability durability) throws IOException, InterruptedException {
        Path marrowDirectory = scratch.resolve("marrow-" + durability.word());
        Path redisDirectory = scratch.resolve("redis-" + durability.word());
        List<Row> rows = new ArrayList<>();
        try (ServerProcess redis = ServerProcess.redis(durability.word(), redisDirectory, teardown);
                ServerProcess marrow = ServerProcess.marrow(durability.word(), marrowDirectory, teardown)) {
            Prefill.run(redis.port(), load.keyspace, load.payload);
            Prefill.run(marrow.port(), load.keyspace, load.payload);
            List<Long> requests = new ArrayList<>();
            for (int pipeline : PIPELINES) {
                for (String command : COMMANDS) {
                    Workload workload = new Workload(command, load.clients, pipeline, load.keyspace, load.payload);
                    rows.add(new Row(durability, workload, new ArrayList<>(), new ArrayList<>()));
                    requests.add(Math.max(calibrate(workload, redis), calibrate(workload, marrow)));
                }
            }
            for (int round = 0; round < load.rounds; round++) {
                for (int i = 0; i < rows.size(); i++) {
                    Row row = rows.get(i);
                    boolean redisFirst = round % 2 == 0;
                    Result first = sample(row, redisFirst ? redis : marrow, requests.get(i), round);
                    Result second = sample(row, redisFirst ? marrow : redis, requests.get(i), round);
                    row.redis.add(redisFirst ? first : second);
                    row.marrow.add(redisFirst ? second : first);
                    report.progress(String.format(Locale.ROOT, "%-8s %-7s round %d: Redis %,.0f/s, Marrow %,.0f/s", durability.word(),
                            row.label(), round + 1, row.redis.getLast().requestsPerSecond(), row.marrow.getLast().requestsPerSecond()));
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

    private Result sample(Row row, ServerProcess server, long requests, int round) throws IOException, InterruptedException {
        Result result = RedisBenchmark.run(row.workload, server.port(), requests, scratch);
        report.sample(Map.of("durability", row.durability.word(), "row", row.label(), "server", server.name(), "round", round,
                "requests", requests, "rps", result.requestsPerSecond(), "p50_ms", result.p50Millis(), "p99_ms", result.p99Millis()));
        return result;
    }

    private void print(List<Row> rows) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("durability", "command", "Redis req/s", "Marrow req/s", "Marrow/Redis", "Redis p50/p99 ms", "Marrow p50/p99 ms"));
        for (Row row : rows) {
            Spread redis = rates(row.redis);
            Spread marrow = rates(row.marrow);
            List<Double> ratios = new ArrayList<>();
            for (int round = 0; round < load.rounds; round++) {
                ratios.add(row.marrow.get(round).requestsPerSecond() / row.redis.get(round).requestsPerSecond());
            }
            cells.add(List.of(row.durability.word(), row.label(), redis.text(0), marrow.text(0), Spread.of(ratios).text(2),
                    latencies(row.redis), latencies(row.marrow)));
        }
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nMedian (min..max) of %d rounds; the ratio is that of the two measurements of a round."
                + " redis-benchmark -c %d -r %d -d %d, one client thread, at least %.1f s a measurement; loopback; all keys present. Redis:"
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
