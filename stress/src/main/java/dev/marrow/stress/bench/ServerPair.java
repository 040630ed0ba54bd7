package dev.marrow.stress.bench;

import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A new Marrow and a new redis-server that promise the same, and hold the same keys. One at a time in a scratch directory. */
public final class ServerPair implements AutoCloseable {
    private final Durability durability;
    private final Path redisDirectory;
    private final Path marrowDirectory;
    private final ServerProcess redis;
    private final ServerProcess marrow;

    /** @param onHost whether Marrow serves local clients inside their own {@code send()} */
    ServerPair(Durability durability, boolean onHost, Path scratch, Teardown teardown) throws IOException, InterruptedException {
        this.durability = durability;
        redisDirectory = scratch.resolve("redis-" + durability.word());
        marrowDirectory = scratch.resolve("marrow-" + durability.word());
        redis = ServerProcess.redis(durability.word(), redisDirectory, teardown);
        marrow = ServerProcess.marrow(durability.word(), onHost, marrowDirectory, teardown);
    }

    /** @throws IOException one of Redis's programs is not there */
    static void requireInstalled() throws IOException {
        requireInstalled("redis-server", "redis-benchmark");
    }

    /** @throws IOException one of these programs of a peer is not there */
    public static void requireInstalled(String... programs) throws IOException {
        String path = System.getenv().getOrDefault("PATH", "");
        for (String program : programs) {
            if (Stream.of(path.split(":")).noneMatch(directory -> Files.isExecutable(Path.of(directory, program)))) {
                throw new IOException(program + " is not installed: apt-get install redis-server redis-tools memcached");
            }
        }
    }

    void prefill(int keyspace, int valueBytes) throws IOException {
        Prefill.run(redis.port(), keyspace, valueBytes);
        Prefill.run(marrow.port(), keyspace, valueBytes);
    }

    Durability durability() {
        return durability;
    }

    ServerProcess redis() {
        return redis;
    }

    Path redisSocket() {
        return redisDirectory.resolve(ServerProcess.REDIS_SOCKET);
    }

    ServerProcess marrow() {
        return marrow;
    }

    /** Stops both, and deletes what they wrote: several gigabytes after a full run. */
    @Override
    public void close() {
        marrow.close();
        redis.close();
        Teardown.delete(redisDirectory);
        Teardown.delete(marrowDirectory);
    }
}
