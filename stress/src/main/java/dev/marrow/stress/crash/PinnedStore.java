package dev.marrow.stress.crash;

import dev.marrow.bpf.BpfFs;
import dev.marrow.wal.LogDirectory;
import java.io.IOException;
import java.nio.file.Path;

/** The pins of a data directory, in this machine's kernel. */
final class PinnedStore implements Store {
    private final byte[] instance;

    /** Makes the directory's identity, so that the pins can be found whatever a fault does to the directory later. */
    PinnedStore(Path dir) throws IOException {
        try (LogDirectory directory = LogDirectory.open(dir)) {
            this.instance = directory.instance();
        }
    }

    @Override
    public boolean pinned() {
        return BpfFs.pinned(instance);
    }

    @Override
    public boolean unpin() {
        return BpfFs.unpin(instance);
    }
}
