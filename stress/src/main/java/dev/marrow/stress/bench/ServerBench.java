package dev.marrow.stress.bench;

import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Marrow's server door, in both durabilities: beside redis-server by the same redis-benchmark, and beside memcached too by our own client. */
final class ServerBench {
    private static final int CLIENT_PROCESSES = 1;

    private final Load load;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;

    ServerBench(Load load, Path scratch, Report report, Teardown teardown) {
        this.load = load;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    void run() throws IOException, InterruptedException {
        ServerTrio.requireInstalled();
        MixedTable mixed = new MixedTable(load, scratch, report);
        FloorTable floor = new FloorTable(load, scratch, report, teardown);
        List<List<String>> cells = new ArrayList<>();
        cells.add(labelled("durability", RedisBenchmarkRows.HEADING));
        for (Durability durability : List.of(Durability.EVERYSEC, Durability.ALWAYS)) {
            try (ServerTrio servers = new ServerTrio(durability, false, load.keyspace(), load.payload(), scratch, teardown)) {
                for (RedisBenchmarkRows.Row row : new RedisBenchmarkRows(load, CLIENT_PROCESSES, scratch, report).measure(servers.pair())) {
                    cells.add(labelled(durability.word(), row.cells()));
                    report.headline(row.headline(durability.word() + ", ", goal(durability, row.workload())));
                }
                mixed.measure(servers);
                floor.measure(servers.pair());
            }
        }
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nMedian (min..max) of %d rounds; the ratio is that of the two measurements of a round."
                + " redis-benchmark -c %d -r %d -d %d, one client thread, about %.1f s a measurement; loopback; all keys present. Redis:"
                + " appendonly yes, appendfsync as the durability says, save \"\", no rewrites. Marrow: one event loop.",
                load.rounds(), load.clients(), load.keyspace(), load.payload(), load.seconds()));
        mixed.print();
        floor.print();
    }

    private static String goal(Durability durability, RedisBenchmark.Workload workload) {
        if (workload.hasSeveralKeys()) {
            return "";
        }
        if (durability == Durability.ALWAYS) {
            return workload.command().equals("set") ? "≥ 1.5 × Redis" : "";
        }
        return workload.pipeline() == 1 ? "≥ 1 × Redis" : "≥ 1.3 × Redis";
    }

    private static List<String> labelled(String label, List<String> cells) {
        return Stream.concat(Stream.of(label), cells.stream()).toList();
    }
}
