package dev.marrow.wal;

import java.io.IOException;
import java.nio.file.Path;

/** An intact file of a format version older than any this release reads. */
public final class LogTooOldException extends IOException {
    private static final long serialVersionUID = 1;

    public LogTooOldException(Path file, int version, int versionRead) {
        super("format too old: file=" + file + " version=" + version + " readable=" + versionRead + ". Start it once with the release that wrote it.");
    }
}
