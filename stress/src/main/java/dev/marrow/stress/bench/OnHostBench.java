package dev.marrow.stress.bench;

import dev.marrow.stress.bench.OneClientRow.Peer;
import dev.marrow.stress.bench.OneClientRow.Situation;
import dev.marrow.stress.bench.RoundTrip.Result;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Marrow's on-host door, which serves local clients inside their own {@code send()}, beside redis-server and memcached: one blocking client
 * on idle and on busy cores, the same client by size of the value; and redis-benchmark with many connections, beside redis-server.
 */
final class OnHostBench {
    private static final List<Integer> VALUE_SIZES = List.of(16, 64, 256, 1024, 4096, 16384);
    /** The same few keys for each size, so that the largest fit the memory, and nothing but the size differs. */
    private static final int SIZES_KEYS_MAX = 4096;
    /** One process would be the bottleneck. */
    private static final int CLIENT_PROCESSES = 2;

    private final Load load;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;

    OnHostBench(Load load, Path scratch, Report report, Teardown teardown) {
        this.load = load;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    void run() throws IOException, InterruptedException {
        ServerTrio.requireInstalled();
        OneClientRows oneClient = new OneClientRows(load.rounds(), load.seconds(), scratch, report, teardown);
        List<OneClientRow> situations;
        List<OneClientRow> sizes = new ArrayList<>();
        List<RedisBenchmarkRows.Row> manyClients;
        Doors manyClientsDoors;
        try (ServerTrio servers = servers(load.keyspace(), load.payload())) {
            situations = oneClient.measure(servers, List.of(Situation.values()));
            Doors before = Doors.of(servers.pair().marrow().port());
            manyClients = new RedisBenchmarkRows(load, CLIENT_PROCESSES, scratch, report).measure(servers.pair());
            manyClientsDoors = Doors.of(servers.pair().marrow().port()).since(before);
        }
        for (int valueBytes : VALUE_SIZES) {
            try (ServerTrio servers = servers(sizesKeyspace(), valueBytes)) {
                sizes.addAll(oneClient.measure(servers, List.of(Situation.IDLE)));
            }
        }
        printSituations(situations);
        printSizes(sizes);
        printManyClients(manyClients);
        report.line("\nThe on-host door's share, by INFO marrow: one client " + oneClient.doors().text() + "; redis-benchmark "
                + manyClientsDoors.text() + ".");
    }

    private ServerTrio servers(int keyspace, int valueBytes) throws IOException, InterruptedException {
        return new ServerTrio(Durability.EVERYSEC, true, keyspace, valueBytes, scratch, teardown);
    }

    private int sizesKeyspace() {
        return Math.min(load.keyspace(), SIZES_KEYS_MAX);
    }

    private void printSituations(List<OneClientRow> rows) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("cores", "command", "server", "round trips/s", "p50 µs", "p99 µs", "p99.9 µs", "Marrow/this",
                "p99 this/Marrow"));
        for (OneClientRow row : rows) {
            for (Peer peer : Peer.values()) {
                boolean other = Peer.OTHERS.contains(peer);
                cells.add(List.of(row.situation().word(), row.command(), peer.label(), row.spread(peer, Result::perSecond).text(0),
                        row.spread(peer, Result::p50Micros).text(1), row.spread(peer, Result::p99Micros).text(1),
                        row.spread(peer, Result::p999Micros).text(1), other ? row.throughputRatio(peer).text(2) : "",
                        other ? row.p99Ratio(peer).text(2) : ""));
            }
        }
        heading(String.format(Locale.ROOT, "One blocking client, %d-byte values", load.payload()));
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nMedian (min..max) of %d rounds; a ratio is that of two measurements of a round. A C"
                + " program on one connection: a command, its reply, the next; %.1f s a measurement, after a warm-up; %,d keys, all"
                + " present. TCP is loopback. Redis: appendonly yes, appendfsync everysec, save \"\", no rewrites. Marrow: everysec, one"
                + " event loop. memcached: -t 1 -M; it keeps nothing, all its keys are gone when it ends. Idle: nothing else runs. Busy: a"
                + " process of SCHED_IDLE spins on each core and keeps it awake.",
                load.rounds(), load.seconds(), load.keyspace()));
    }

    private void printSizes(List<OneClientRow> rows) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("command", "bytes", "Marrow/s", "Redis TCP/s", "Redis unix/s", "memcached/s", "Marrow/TCP", "Marrow/unix",
                "Marrow/memcached", "p99 TCP/Marrow", "p99 unix/Marrow", "p99 memcached/Marrow"));
        for (OneClientRow row : rows) {
            List<String> line = new ArrayList<>(List.of(row.command(), String.format(Locale.ROOT, "%,d", row.workload().valueBytes())));
            for (Peer peer : Peer.values()) {
                line.add(row.spread(peer, Result::perSecond).text(0));
            }
            Peer.OTHERS.forEach(peer -> line.add(row.throughputRatio(peer).text(2)));
            Peer.OTHERS.forEach(peer -> line.add(row.p99Ratio(peer).text(2)));
            cells.add(line);
        }
        heading("One blocking client, by size of the value");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nThe same client and configurations, idle; %,d keys; new servers for each size.",
                sizesKeyspace()));
    }

    private void printManyClients(List<RedisBenchmarkRows.Row> rows) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(with(RedisBenchmarkRows.HEADING, "p99 Redis/Marrow"));
        rows.forEach(row -> cells.add(with(row.cells(), row.p99Ratio().text(2))));
        heading("redis-benchmark, " + load.clients() + " connections");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nredis-benchmark -r %d -d %d, %d processes that share %d connections, about %.1f s a"
                + " measurement; loopback; the servers of the first table. Rate: all requests until the last process is done; latencies:"
                + " the worse of the processes'.", load.keyspace(), load.payload(), CLIENT_PROCESSES, load.clients(), load.seconds()));
    }

    private void heading(String text) {
        report.line("\n## " + text);
    }

    private static List<String> with(List<String> cells, String last) {
        return Stream.concat(cells.stream(), Stream.of(last)).toList();
    }
}
