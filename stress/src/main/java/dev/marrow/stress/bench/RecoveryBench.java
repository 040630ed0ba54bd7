package dev.marrow.stress.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Starts and checkpoints, beside redis-server's: how soon a server serves again, what its keys take on the disk, what a checkpoint costs. */
final class RecoveryBench {
    private final Plan plan;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;

    /**
     * How much of it.
     *
     * @param keys       numbers of keys to start with; checkpoints are measured with the smallest
     * @param valueBytes size of a value
     * @param rounds     measurements of each start and of each load
     * @param seconds    length of a load
     * @param clients    connections of the load
     */
    record Plan(List<Integer> keys, int valueBytes, int rounds, double seconds, int clients) {
        Plan {
            keys = keys.stream().distinct().sorted().toList();
        }
    }

    RecoveryBench(Plan plan, Path scratch, Report report, Teardown teardown) {
        this.plan = plan;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    void run() throws IOException, InterruptedException {
        ServerPair.requireInstalled();
        new StartBench(plan, scratch, report, teardown).run();
        new CheckpointBench(plan, scratch, report, teardown).run();
    }
}
