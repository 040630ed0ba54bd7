package dev.marrow.stress.crash;

import dev.marrow.bpf.BpfFs;
import dev.marrow.wal.LogDirectory;
import java.io.IOException;
import java.nio.file.Path;

/** A data directory and its pins, as the supervisor sees them. Closing removes the pins. */
final class Store implements AutoCloseable {
    private final Path dir;
    private final byte[] instance;

    /** Makes the directory's identity, so that the pins can be found whatever a fault does to the directory later. */
    Store(Path dir) throws IOException {
        this.dir = dir;
        try (LogDirectory directory = LogDirectory.open(dir)) {
            this.instance = directory.instance();
        }
    }

    Path dir() {
        return dir;
    }

    boolean pinned() {
        return BpfFs.pinned(instance);
    }

    /** What a reboot does to the tables; returns whether there were any. No server may be running. */
    boolean unpin() {
        return BpfFs.unpin(instance);
    }

    @Override
    public void close() {
        unpin();
    }
}
