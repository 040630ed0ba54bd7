package dev.marrow.stress.bench;

import dev.marrow.stress.bench.OneClientRow.Peer;
import dev.marrow.stress.bench.OneClientRow.Situation;
import dev.marrow.stress.bench.RoundTrip.Result;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
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
        Map<Durability, List<OneClientRow>> situations = new LinkedHashMap<>();
        Map<Durability, List<RedisBenchmarkRows.Row>> manyClients = new LinkedHashMap<>();
        Doors oneClientDoors = Doors.NONE;
        Doors manyClientsDoors = Doors.NONE;
        List<OneClientRow> sizes = new ArrayList<>();
        try (ServerTrio servers = servers(Durability.EVERYSEC, load.keyspace(), load.payload())) {
            situations.put(Durability.EVERYSEC, oneClient.measure(servers, Situation.possible()));
            Doors before = Doors.of(servers.pair().marrow().port());
            manyClients.put(Durability.EVERYSEC, new RedisBenchmarkRows(load, CLIENT_PROCESSES, scratch, report).measure(servers.pair()));
            manyClientsDoors = Doors.of(servers.pair().marrow().port()).since(before);
        }
        for (int valueBytes : VALUE_SIZES) {
            try (ServerTrio servers = servers(Durability.EVERYSEC, sizesKeyspace(), valueBytes)) {
                sizes.addAll(oneClient.measure(servers, List.of(Situation.IDLE)));
            }
        }
        oneClientDoors = oneClient.doors();
        oneClientDoors.requireOnHost();
        try (ServerTrio servers = servers(Durability.ALWAYS, load.keyspace(), load.payload())) {
            situations.put(Durability.ALWAYS, oneClient.measure(servers, List.of(Situation.IDLE)));
            manyClients.put(Durability.ALWAYS, new RedisBenchmarkRows(load, CLIENT_PROCESSES, scratch, report).measure(servers.pair()));
        }
        printSituations(situations);
        printSizes(sizes);
        printManyClients(manyClients);
        report.line("\nThe on-host door's share in everysec, by INFO marrow: one client " + oneClientDoors.text() + "; redis-benchmark "
                + manyClientsDoors.text() + ". In always the event loop takes the writes.");
        headlines(situations, manyClients);
    }

    private ServerTrio servers(Durability durability, int keyspace, int valueBytes) throws IOException, InterruptedException {
        return new ServerTrio(durability, true, keyspace, valueBytes, scratch, teardown);
    }

    private int sizesKeyspace() {
        return Math.min(load.keyspace(), SIZES_KEYS_MAX);
    }

    private void printSituations(Map<Durability, List<OneClientRow>> rows) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("durability", "cores", "command", "server", "round trips/s", "p50 µs", "p99 µs", "p99.9 µs", "Marrow/this",
                "p99 this/Marrow"));
        rows.forEach((durability, each) -> {
            for (OneClientRow row : each) {
                for (Peer peer : Peer.values()) {
                    cells.add(line(durability, row, peer));
                }
            }
        });
        heading(String.format(Locale.ROOT, "One blocking client, %d-byte values", load.payload()));
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nMedian (min..max) of %d rounds; a ratio is that of two measurements of a round. A C"
                + " program on one connection: a command, its reply, the next; %.1f s a measurement, after a warm-up; %,d keys, all"
                + " present. TCP is loopback. Redis: appendonly yes, appendfsync as the durability says, save \"\", no rewrites. Marrow:"
                + " one event loop. memcached: -t 1 -M; it keeps nothing, in either durability, all its keys are gone when it ends. Idle: nothing else runs."
                + " Busy: a process of SCHED_IDLE spins on each core and keeps it awake. One left: a process like any other spins on all cores but the"
                + " last.",
                load.rounds(), load.seconds(), load.keyspace()));
    }

    private static List<String> line(Durability durability, OneClientRow row, Peer peer) {
        boolean other = Peer.OTHERS.contains(peer);
        return List.of(durability.word(), row.situation().word(), row.command(), peer.label(), row.spread(peer, Result::perSecond).text(0),
                row.spread(peer, Result::p50Micros).text(1), row.spread(peer, Result::p99Micros).text(1), row.spread(peer, Result::p999Micros).text(1),
                other ? row.throughputRatio(peer).text(2) : "", other ? row.p99Ratio(peer).text(2) : "");
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

    private void printManyClients(Map<Durability, List<RedisBenchmarkRows.Row>> rows) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(labelled("durability", RedisBenchmarkRows.HEADING, "p99 Redis/Marrow"));
        rows.forEach((durability, each) -> each.forEach(row -> cells.add(labelled(durability.word(), row.cells(), row.p99Ratio().text(2)))));
        heading("redis-benchmark, " + load.clients() + " connections");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nredis-benchmark -r %d -d %d, %d processes that share %d connections, about %.1f s a"
                + " measurement; loopback; the servers of the first table. Rate: all requests until the last process is done; latencies:"
                + " the worse of the processes'.", load.keyspace(), load.payload(), CLIENT_PROCESSES, load.clients(), load.seconds()));
    }

    private void heading(String text) {
        report.line("\n## " + text);
    }

    private static List<String> labelled(String first, List<String> cells, String last) {
        return Stream.of(Stream.of(first), cells.stream(), Stream.of(last)).flatMap(some -> some).toList();
    }

    private void headlines(Map<Durability, List<OneClientRow>> oneClient, Map<Durability, List<RedisBenchmarkRows.Row>> manyClients) {
        oneClient.forEach((durability, rows) -> {
            for (OneClientRow row : rows) {
                String what = String.format(Locale.ROOT, "%s, one client, cores %s, %s", durability.word(), row.situation().word(), row.command());
                String goal = durability == Durability.ALWAYS ? "" : row.situation().goal();
                report.headline(headline(row, what, "round trips/s", Result::perSecond, row::throughputRatio, goal));
                report.headline(headline(row, what, "p99 µs", Result::p99Micros, row::p99Ratio, goal.isEmpty() ? "" : "≥ 6 × Redis"));
            }
        });
        manyClients.forEach((durability, rows) -> rows.forEach(row -> report.headline(row.headline(durability.word() + ", ",
                durability == Durability.ALWAYS || row.workload().hasSeveralKeys() ? ""
                        : row.workload().pipeline() == 1 ? "≥ 2.3 × Redis" : "≥ 2.5 × Redis"))));
    }

    private static Headline headline(OneClientRow row, String what, String unit, ToDoubleFunction<Result> number, Function<Peer, Spread> ratio, String goal) {
        return new Headline(what, unit, row.spread(Peer.MARROW, number).median(), Peer.OTHERS.stream().map(peer ->
                new Headline.Peer(peer.label(), row.spread(peer, number).median(), ratio.apply(peer).median())).toList(), goal);
    }
}
