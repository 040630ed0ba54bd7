package dev.marrow.wal;

import java.io.IOException;
import java.nio.file.Path;

/** An intact file of a format version newer than any this release reads. */
public final class LogTooNewException extends IOException {
    private static final long serialVersionUID = 1;

    public LogTooNewException(Path file, int version, int versionRead) {
        super("format too new: file=" + file + " version=" + version + " readable=" + versionRead + ". Use the release that wrote it, or a later one.");
    }
}
