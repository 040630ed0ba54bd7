package dev.marrow.stress.bench;

import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Values of more than the table takes, beside redis-server's: how fast one client writes and reads them, and what clients of small ones notice. */
final class LargeBench {
    private final Plan plan;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;

    /**
     * How much of it.
     *
     * @param valueBytes sizes of large values; the largest are streamed beside small ones
     * @param smallBytes size of small values
     * @param smallKeys  how many, all present
     * @param rounds     measurements of each row
     * @param seconds    length of one
     */
    record Plan(List<Integer> valueBytes, int smallBytes, int smallKeys, int rounds, double seconds) {
        Plan {
            valueBytes = valueBytes.stream().distinct().sorted().toList();
        }

        int streamBytes() {
            return valueBytes.getLast();
        }
    }

    LargeBench(Plan plan, Path scratch, Report report, Teardown teardown) {
        this.plan = plan;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    void run() throws IOException, InterruptedException {
        ServerPair.requireInstalled();
        LargeClient client = new LargeClient(scratch);
        LargeValuesTable values = new LargeValuesTable(plan, client, report);
        StreamingTable streaming = new StreamingTable(plan, client, new RoundTrip(scratch), report);
        for (Durability durability : List.of(Durability.EVERYSEC, Durability.ALWAYS)) {
            try (LargeServers servers = new LargeServers(durability, scratch, teardown)) {
                values.warmUp(servers);
                values.measure(servers);
                streaming.measure(servers);
            }
        }
        values.print();
        streaming.print();
    }
}
