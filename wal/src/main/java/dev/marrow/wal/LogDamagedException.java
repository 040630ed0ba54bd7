package dev.marrow.wal;

import java.io.IOException;
import java.nio.file.Path;

/** Bytes that were known to be synced are not what was written (I6). The start stops; {@link LogVerify} shows more. */
public final class LogDamagedException extends IOException {
    private static final long serialVersionUID = 1;

    private final String file;
    private final long offset;
    private final String expected;
    private final String actual;

    public LogDamagedException(Path file, long offset, String expected, String actual) {
        super("log damaged: file=" + file + " offset=" + offset + " expected=" + expected + " actual=" + actual);
        this.file = file.toString();
        this.offset = offset;
        this.expected = expected;
        this.actual = actual;
    }

    public String file() {
        return file;
    }

    /** In bytes from the start of the file. */
    public long offset() {
        return offset;
    }

    public String expected() {
        return expected;
    }

    public String actual() {
        return actual;
    }
}
