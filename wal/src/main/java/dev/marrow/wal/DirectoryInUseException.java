package dev.marrow.wal;

import java.io.IOException;
import java.nio.file.Path;

/** Another instance holds the data directory's lock. */
public final class DirectoryInUseException extends IOException {
    private static final long serialVersionUID = 1;

    public DirectoryInUseException(Path lockFile) {
        super("data directory in use by another instance: lock=" + lockFile);
    }
}
