package dev.marrow.stress.bench;

import dev.marrow.stress.bench.RedisBenchmark.Workload;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a SET costs that is not the store's: beside a server that stores nothing and only answers. */
final class FloorTable {
    private static final int CLIENT_PROCESSES = 1;
    private static final String COMMAND = "set";

    private final Load load;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;
    private final ClientProgram program;
    private final List<List<String>> cells = new ArrayList<>();

    /** @param scratch for the server and what it writes */
    FloorTable(Load load, Path scratch, Report report, Teardown teardown) throws IOException {
        this.load = load;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
        program = new ClientProgram("bareserver", scratch);
        cells.add(List.of("durability", "bare req/s", "Redis req/s", "Marrow req/s", "Redis/bare", "Marrow/bare"));
    }

    /** All rounds of this durability: in each all servers, right after one another and in turns first. */
    void measure(ServerPair servers) throws IOException, InterruptedException {
        Durability durability = servers.durability();
        Workload workload = new Workload(COMMAND, CLIENT_PROCESSES, load.clients(), 1, load.keyspace(), load.payload());
        Path directory = scratch.resolve("bare-" + durability.word());
        try (ServerProcess bareServer = ServerProcess.bare(durability, program, directory, teardown)) {
            RedisBenchmarkSide bare = side(workload, bareServer);
            RedisBenchmarkSide redis = side(workload, servers.redis());
            RedisBenchmarkSide marrow = side(workload, servers.marrow());
            for (int round = 0; round < load.rounds(); round++) {
                for (RedisBenchmarkSide side : Turns.of(List.of(bare, redis, marrow), round)) {
                    side.sample();
                    report.sample(Map.of("durability", durability.word(), "row", "floor", "server", side.server(), "round", round, "rps",
                            side.last().requestsPerSecond(), "p50_ms", side.last().p50Millis(), "p99_ms", side.last().p99Millis()));
                }
                report.progress(String.format(Locale.ROOT, "%-8s floor round %d: bare %,.0f/s, Redis %,.0f/s, Marrow %,.0f/s", durability.word(), round + 1,
                        bare.last().requestsPerSecond(), redis.last().requestsPerSecond(), marrow.last().requestsPerSecond()));
            }
            cells.add(List.of(durability.word(), Spread.of(bare.rates()).text(0), Spread.of(redis.rates()).text(0), Spread.of(marrow.rates()).text(0),
                    Spread.ofRatios(redis.rates(), bare.rates()).text(2), Spread.ofRatios(marrow.rates(), bare.rates()).text(2)));
        } finally {
            Teardown.delete(directory);
        }
    }

    private RedisBenchmarkSide side(Workload workload, ServerProcess server) throws IOException, InterruptedException {
        RedisBenchmarkSide side = new RedisBenchmarkSide(workload, server, load.seconds(), scratch);
        side.calibrate();
        return side;
    }

    void print() {
        report.line("\n## The floor: SET, " + load.clients() + " connections");
        report.table(cells);
        report.line("\nThe servers of the first table and a C program of one thread (bareserver.c) that stores nothing: it reads from all connections that are ready, in"
                + " always writes their bytes to a file whose blocks are there and syncs it, and answers +OK to each, one after the other."
                + " Redis and Marrow's event loop do it in these turns too.");
    }
}
