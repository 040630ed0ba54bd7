package dev.marrow.stress.bench;

import dev.marrow.stress.bench.GrowthBench.Shape;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A new Marrow of each door, a new redis-server and a new memcached, with the same keys and as many threads each. */
final class GrowthServers implements AutoCloseable {
    /** Of all values: four servers hold them at the same time, and three logs. */
    static final long DATA_BYTES_MAX = 512L << 20;
    private static final Durability DURABILITY = Durability.EVERYSEC;

    private final Map<Target, ServerProcess> processes = new EnumMap<>(Target.class);
    private final Map<Target, Path> directories = new EnumMap<>(Target.class);

    /** Who is measured. */
    enum Target {
        MARROW_ON_HOST("on-host"),
        MARROW_SERVER("server door"),
        REDIS(Headline.REDIS),
        MEMCACHED(Headline.MEMCACHED);

        private final String label;

        Target(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }

        Protocol protocol() {
            return this == MEMCACHED ? Protocol.MEMCACHED : Protocol.RESP;
        }
    }

    /** Starts all, and writes the keys. @param shape {@link #fitting} */
    GrowthServers(Shape shape, Path scratch, Teardown teardown) throws IOException, InterruptedException {
        for (Target target : Target.values()) {
            Path directory = scratch.resolve(target.name().toLowerCase(Locale.ROOT));
            directories.put(target, directory);
            processes.put(target, switch (target) {
                case MARROW_ON_HOST -> marrow(shape, true, directory, teardown);
                case MARROW_SERVER -> marrow(shape, false, directory, teardown);
                case REDIS -> ServerProcess.redis(DURABILITY.word(), List.of("--io-threads", Integer.toString(shape.threads())), directory, teardown);
                case MEMCACHED -> ServerProcess.memcached(shape.threads(), shape.keys(), (long) shape.keys() * shape.valueBytes(), directory, teardown);
            });
            Prefill.run(target.protocol(), processes.get(target).port(), shape.keys(), new ValueSizes.Fixed(shape.valueBytes()));
        }
    }

    private static ServerProcess marrow(Shape shape, boolean onHost, Path directory, Teardown teardown) throws IOException, InterruptedException {
        return ServerProcess.marrow(DURABILITY.word(), shape.threads(), onHost, ServerCommand.room(shape.keys(), shape.valueBytes()), directory, teardown);
    }

    /** The same with fewer keys, where all of them would be too much. */
    static Shape fitting(Shape shape) {
        int keys = Math.clamp(DATA_BYTES_MAX / shape.valueBytes(), 1, shape.keys());
        return new Shape(keys, shape.connections(), shape.valueBytes(), shape.threads());
    }

    int port(Target target) {
        return processes.get(target).port();
    }

    /** Stops all, and deletes what they wrote. */
    @Override
    public void close() {
        processes.values().forEach(ServerProcess::close);
        directories.values().forEach(Teardown::delete);
    }
}
