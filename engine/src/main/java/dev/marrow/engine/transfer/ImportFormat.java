package dev.marrow.engine.transfer;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;

/** What an input is written in. */
public enum ImportFormat {
    /** The first byte decides. */
    AUTO,
    /** The export format, docs/formats/export.md. */
    JSON,
    /** Redis commands, as redis-cli --pipe takes them. */
    RESP;

    private static final int BUFFER_BYTES = 1 << 16;

    ImportSource open(InputStream in) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(in, BUFFER_BYTES);
        boolean json = this == JSON || this == AUTO && startsWithObject(buffered);
        return json ? new JsonSource(buffered) : new RespSource(buffered);
    }

    /** An empty input is no export either: one has a header. So nothing passes for a whole export. */
    private static boolean startsWithObject(BufferedInputStream in) throws IOException {
        in.mark(1);
        int first = in.read();
        in.reset();
        return first == '{' || first < 0;
    }
}
