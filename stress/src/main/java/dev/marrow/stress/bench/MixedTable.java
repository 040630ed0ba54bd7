package dev.marrow.stress.bench;

import dev.marrow.stress.bench.RoundTrip.Result;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Many connections that read and write, by the one client that speaks with all of the servers (manyclients.c). */
final class MixedTable {
    private static final double WARMUP_SHARE = 0.2;

    private final Load load;
    private final ManyClients client;
    private final Report report;
    private final Map<Durability, Map<ServerKind, List<Result>>> results = new LinkedHashMap<>();

    /** @param scratch for the client and what it says */
    MixedTable(Load load, Path scratch, Report report) throws IOException {
        this.load = load;
        this.client = new ManyClients(scratch);
        this.report = report;
    }

    /** All rounds of this durability: in each all servers, right after one another and in turns first. */
    void measure(ServerTrio servers) throws IOException, InterruptedException {
        Durability durability = servers.pair().durability();
        Map<ServerKind, List<Result>> all = results.computeIfAbsent(durability, any -> new LinkedHashMap<>());
        for (int round = 0; round < load.rounds(); round++) {
            for (ServerKind target : Turns.of(List.of(ServerKind.values()), round)) {
                Result result = client.run(target.protocol(), servers.process(target).port(), load.clients(), load.keyspace(), load.payload(),
                        WARMUP_SHARE * load.seconds(), load.seconds());
                all.computeIfAbsent(target, any -> new ArrayList<>()).add(result);
                report.sample(Map.of("durability", durability.word(), "row", "mixed", "server", target.label(), "round", round, "rps",
                        result.perSecond(), "p50_us", result.p50Micros(), "p99_us", result.p99Micros(), "p999_us", result.p999Micros(), "max_us",
                        result.maxMicros()));
            }
            report.progress(String.format(Locale.ROOT, "%-8s mixed round %d: Marrow %,.0f/s, Redis %,.0f/s, memcached %,.0f/s", durability.word(),
                    round + 1, all.get(ServerKind.MARROW).getLast().perSecond(), all.get(ServerKind.REDIS).getLast().perSecond(),
                    all.get(ServerKind.MEMCACHED).getLast().perSecond()));
        }
    }

    void print() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("durability", "server", "round trips/s", "p50 µs", "p99 µs", "Marrow/this", "p99 this/Marrow"));
        results.forEach((durability, all) -> {
            for (ServerKind target : ServerKind.values()) {
                boolean other = target != ServerKind.MARROW;
                cells.add(List.of(durability.word(), target.label(), Spread.of(all.get(target), Result::perSecond).text(0),
                        Spread.of(all.get(target), Result::p50Micros).text(1), Spread.of(all.get(target), Result::p99Micros).text(1),
                        other ? Spread.ofRatios(all.get(ServerKind.MARROW), all.get(target), Result::perSecond).text(2) : "",
                        other ? Spread.ofRatios(all.get(target), all.get(ServerKind.MARROW), Result::p99Micros).text(2) : ""));
            }
        });
        results.forEach((durability, all) -> report.headline(new Headline(durability.word() + ", " + load.clients() + " clients, GET and SET", "round trips/s",
                Spread.of(all.get(ServerKind.MARROW), Result::perSecond).median(), Stream.of(ServerKind.REDIS, ServerKind.MEMCACHED).map(peer -> new Headline.Peer(peer.label(),
                        Spread.of(all.get(peer), Result::perSecond).median(), Spread.ofRatios(all.get(ServerKind.MARROW), all.get(peer), Result::perSecond).median())).toList(), "")));
        report.line("\n## GET and SET mixed, " + load.clients() + " connections, memcached too");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nThe servers of the first table and memcached -t 1 -M (one thread; it refuses rather than throw keys"
                + " away); a C program in one thread, %d connections, on each a GET or a SET by the toss of a coin, its reply, the next; %.1f s a"
                + " measurement, after a warm-up; %,d keys of %d bytes. memcached keeps nothing: it has no log, in either durability, and all its"
                + " keys are gone when it ends; the others write each SET to the disk, and in always sync it before its reply.", load.clients(),
                load.seconds(), load.keyspace(), load.payload()));
    }
}
