package dev.marrow.stress.bench;

import dev.marrow.stress.bench.OneClientRow.Peer;
import dev.marrow.stress.bench.OneClientRow.Situation;
import dev.marrow.stress.bench.RoundTrip.Result;
import dev.marrow.stress.bench.RoundTrip.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One blocking client against Marrow's on-host door, redis-server over TCP and the same redis-server over its unix socket, and memcached. In
 * each round all of them serve one measurement of each row, right after one another and in turns first.
 */
final class OneClientRows {
    private static final List<String> COMMANDS = List.of("get", "set");
    private static final double WARMUP_SHARE = 0.2;

    private final int rounds;
    private final double seconds;
    private final RoundTrip client;
    private final Report report;
    private final Teardown teardown;
    private Doors doors = Doors.NONE;

    OneClientRows(int rounds, double seconds, Path scratch, Report report, Teardown teardown) throws IOException {
        this.rounds = rounds;
        this.seconds = seconds;
        this.client = new RoundTrip(scratch);
        this.report = report;
        this.teardown = teardown;
    }

    /** All rounds of each command in each of the situations. */
    List<OneClientRow> measure(ServerTrio servers, List<Situation> situations) throws IOException, InterruptedException {
        List<OneClientRow> rows = new ArrayList<>();
        for (Situation situation : situations) {
            for (String command : COMMANDS) {
                rows.add(new OneClientRow(situation, new Workload(command, servers.keyspace(), servers.valueBytes())));
            }
        }
        for (int round = 0; round < rounds; round++) {
            for (OneClientRow row : rows) {
                try (BusyCores busy = row.situation().begin(teardown)) {
                    for (Peer peer : Turns.of(List.of(Peer.values()), round)) {
                        sample(row, peer, servers, round);
                    }
                    busy.requireAlive();
                }
                report.progress(String.format(Locale.ROOT, "%s %-3s %,6d bytes round %d: Marrow %,.0f/s, Redis TCP %,.0f/s, unix %,.0f/s,"
                        + " memcached %,.0f/s", row.situation().word(), row.command(), servers.valueBytes(), round + 1,
                        row.last(Peer.MARROW).perSecond(), row.last(Peer.REDIS_TCP).perSecond(), row.last(Peer.REDIS_UNIX).perSecond(),
                        row.last(Peer.MEMCACHED_TCP).perSecond()));
            }
        }
        return rows;
    }

    /** By which doors all commands to Marrow came so far. */
    Doors doors() {
        return doors;
    }

    private void sample(OneClientRow row, Peer peer, ServerTrio servers, int round) throws IOException, InterruptedException {
        Doors before = Doors.of(servers.pair().marrow().port());
        Result result = client.run(row.workload(), peer.address(servers), WARMUP_SHARE * seconds, seconds);
        Doors used = Doors.of(servers.pair().marrow().port()).since(before);
        doors = doors.plus(used);
        row.add(peer, result);
        Map<String, Object> fields = new HashMap<>(Map.of("situation", row.situation().word(), "command", row.command(),
                "value_bytes", row.workload().valueBytes(), "server", peer.label(), "round", round, "rps", result.perSecond()));
        fields.put("durability", servers.pair().durability().word());
        fields.putAll(Map.of("p50_us", result.p50Micros(), "p99_us", result.p99Micros(), "p999_us", result.p999Micros(),
                "max_us", result.maxMicros()));
        fields.putAll(Map.of("door_on_host", used.onHost(), "door_server", used.server()));
        report.sample(fields);
    }
}
