package dev.marrow.stress.bench;

import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;

/** A {@link ServerPair}, and a new memcached that holds the same keys. memcached keeps nothing on the disk, whatever the others promise. */
final class ServerTrio implements AutoCloseable {
    private final int keyspace;
    private final int valueBytes;
    private final Path memcachedDirectory;
    private final ServerPair pair;
    private final ServerProcess memcached;

    /**
     * Starts all three, and writes the keys.
     *
     * @param onHost whether Marrow serves local clients inside their own {@code send()}
     */
    ServerTrio(Durability durability, boolean onHost, int keyspace, int valueBytes, Path scratch, Teardown teardown)
            throws IOException, InterruptedException {
        this.keyspace = keyspace;
        this.valueBytes = valueBytes;
        memcachedDirectory = scratch.resolve("memcached-" + durability.word());
        pair = new ServerPair(durability, onHost, scratch, teardown);
        memcached = ServerProcess.memcached(1, keyspace, (long) keyspace * valueBytes, memcachedDirectory, teardown);
        prefill();
    }

    /** @throws IOException a program of the peers is not there */
    static void requireInstalled() throws IOException {
        ServerPair.requireInstalled();
        ServerPair.requireInstalled("memcached");
    }

    private void prefill() throws IOException {
        pair.prefill(keyspace, valueBytes);
        Prefill.run(Protocol.MEMCACHED, memcached.port(), keyspace, new ValueSizes.Fixed(valueBytes));
    }

    ServerPair pair() {
        return pair;
    }

    ServerProcess memcached() {
        return memcached;
    }

    ServerProcess process(ServerKind kind) {
        return switch (kind) {
            case MARROW -> pair.marrow();
            case REDIS -> pair.redis();
            case MEMCACHED -> memcached;
        };
    }

    int keyspace() {
        return keyspace;
    }

    int valueBytes() {
        return valueBytes;
    }

    /** Stops all, and deletes what they wrote. */
    @Override
    public void close() {
        memcached.close();
        pair.close();
        Teardown.delete(memcachedDirectory);
    }
}
