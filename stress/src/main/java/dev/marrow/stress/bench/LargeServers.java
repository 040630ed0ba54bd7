package dev.marrow.stress.bench;

import dev.marrow.stress.crash.RespConnection;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A new Marrow of each door and a new redis-server, with the same promise. Their logs grow until they are told to {@link #compact}. */
final class LargeServers implements AutoCloseable {
    /** None compacts by itself in the middle of a measurement, and between two nobody is served who would notice: as fast as it goes. */
    private static final List<String> CHECKPOINTS = List.of("--checkpoint-rate", "0");

    private final Durability durability;
    private final Map<Target, ServerProcess> processes = new EnumMap<>(Target.class);
    private final Map<Target, Path> directories = new EnumMap<>(Target.class);

    /** Who is measured. */
    enum Target {
        MARROW_SERVER("Marrow, server door", BackgroundSave.BGSAVE),
        MARROW_ON_HOST("Marrow, on-host door", BackgroundSave.BGSAVE),
        REDIS("Redis", BackgroundSave.BGREWRITEAOF);

        private final String label;
        private final BackgroundSave compaction;

        Target(String label, BackgroundSave compaction) {
            this.label = label;
            this.compaction = compaction;
        }

        String label() {
            return label;
        }
    }

    LargeServers(Durability durability, Path scratch, Teardown teardown) throws IOException, InterruptedException {
        this.durability = durability;
        for (Target target : Target.values()) {
            Path directory = scratch.resolve(target.name().toLowerCase(Locale.ROOT) + "-" + durability.word());
            directories.put(target, directory);
            processes.put(target, switch (target) {
                case MARROW_SERVER -> ServerProcess.marrow(durability.word(), false, CHECKPOINTS, directory, teardown);
                case MARROW_ON_HOST -> ServerProcess.marrow(durability.word(), true, CHECKPOINTS, directory, teardown);
                case REDIS -> ServerProcess.redis(durability.word(), directory, teardown);
            });
        }
    }

    Durability durability() {
        return durability;
    }

    int port(Target target) {
        return processes.get(target).port();
    }

    /** Forgets the log of what was overwritten, gigabytes after each measurement; waits until that is done. */
    void compact(Target target) throws IOException, InterruptedException {
        try (RespConnection connection = new RespConnection(port(target))) {
            target.compaction.run(connection);
        }
    }

    /** By which door commands came so far; none of Redis's. */
    Doors doors(Target target) throws IOException {
        return target == Target.REDIS ? Doors.NONE : Doors.of(port(target));
    }

    /** Stops all, and deletes what they wrote. */
    @Override
    public void close() {
        processes.values().forEach(ServerProcess::close);
        directories.values().forEach(Teardown::delete);
    }
}
