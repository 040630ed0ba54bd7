package dev.marrow.wal;

import java.io.IOException;
import java.nio.file.Path;

/** The log of this directory failed earlier (I7): nothing is written to it while its {@link FailedMarker} stands. */
public final class LogFailedException extends IOException {
    private static final long serialVersionUID = 1;

    public LogFailedException(Path directory, String failure) {
        super("the log failed earlier: marker=" + directory.resolve(FailedMarker.FILE_NAME) + " failure=" + failure);
    }
}
