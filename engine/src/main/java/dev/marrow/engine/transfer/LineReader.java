package dev.marrow.engine.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/** Cuts a stream into lines of bounded length. */
final class LineReader {

    private static final int LINE_BYTES_FIRST = 512;

    private final InputStream in;
    private final int lineBytesMax;
    private long line;

    /** @param in best buffered */
    LineReader(InputStream in, int lineBytesMax) {
        this.in = in;
        this.lineBytesMax = lineBytesMax;
    }

    /** Number of the line that was read, or refused, last; the first is 1. */
    long number() {
        return line;
    }

    /**
     * The next line without its LF; empty at the end of the stream. The last one needs no LF.
     *
     * @throws MalformedInputException when it is too long: it has been passed over
     */
    Optional<byte[]> next() throws IOException, MalformedInputException {
        byte[] bytes = new byte[LINE_BYTES_FIRST];
        long length = 0;
        int b = in.read();
        if (b < 0) {
            return Optional.empty();
        }
        line++;
        for (; b >= 0 && b != '\n'; b = in.read()) {
            if (length == bytes.length && length < lineBytesMax) {
                bytes = Arrays.copyOf(bytes, Math.min(2 * bytes.length, lineBytesMax));
            }
            if (length < bytes.length) {
                bytes[(int) length] = (byte) b;
            }
            length++;
        }
        if (length > lineBytesMax) {
            throw MalformedInputException.here("line is " + length + " bytes; the largest record has no more than " + lineBytesMax);
        }
        return Optional.of(Arrays.copyOf(bytes, (int) length));
    }
}
