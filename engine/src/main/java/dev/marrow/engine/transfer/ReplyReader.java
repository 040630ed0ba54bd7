package dev.marrow.engine.transfer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads replies, RESP2 and RESP3, and keeps only the texts of errors. */
final class ReplyReader {

    private static final int LINE_BYTES_MAX = 1 << 16;
    private static final int ERROR_BYTES_MAX = 1024;

    private final InputStream in;

    /** @param in best buffered */
    ReplyReader(InputStream in) {
        this.in = in;
    }

    /**
     * Reads one reply, whole; pushed messages before it are passed over.
     *
     * @return the error, if the reply is one; errors inside an array do not count
     * @throws EOFException when the connection ended
     * @throws IOException  when it fails, or what came is no reply
     */
    Optional<String> next() throws IOException {
        String line = line();
        while (line.startsWith(">") || line.startsWith("|")) {
            passOver(nested(line));
            line = line();
        }
        if (line.startsWith("-")) {
            return Optional.of(line.substring(1));
        }
        if (line.startsWith("!")) {
            return Optional.of(bulk(length(line)));
        }
        passOver(nested(line));
        return Optional.empty();
    }

    private void passOver(long values) throws IOException {
        for (long left = values; left > 0;) {
            String line = line();
            // An attribute comes in addition to the value that it describes.
            left += nested(line) - (line.startsWith("|") ? 0 : 1);
        }
    }

    /** How many values follow the line to complete it; a bulk's bytes are passed over at once. */
    private long nested(String line) throws IOException {
        char type = line.isEmpty() ? ' ' : line.charAt(0);
        return switch (type) {
            case '+', '-', ':', '_', '#', ',', '(' -> 0;
            case '$', '=', '!' -> {
                bulk(length(line));
                yield 0;
            }
            case '*', '~', '>' -> Math.max(0, length(line));
            case '%' -> 2L * length(line);
            case '|' -> 2L * length(line);
            default -> throw notAReply(line);
        };
    }

    private static IOException notAReply(String line) {
        return new IOException("what the server sent is no Redis reply: '" + line.substring(0, Math.min(line.length(), 80)) + "'");
    }

    private static int length(String line) throws IOException {
        try {
            return Integer.parseInt(line.substring(1));
        } catch (NumberFormatException malformed) {
            throw notAReply(line);
        }
    }

    /** Passes over a bulk and its CR LF; returns its beginning. */
    private String bulk(int length) throws IOException {
        if (length < 0) {
            return "";
        }
        byte[] beginning = in.readNBytes(Math.min(length, ERROR_BYTES_MAX));
        in.skipNBytes(length - beginning.length + 2L);
        return new String(beginning, StandardCharsets.UTF_8);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the server closed the connection");
            }
            if (line.length() == LINE_BYTES_MAX) {
                throw notAReply(line.toString());
            }
            line.append((char) b);
        }
        boolean returned = !line.isEmpty() && line.charAt(line.length() - 1) == '\r';
        return returned ? line.substring(0, line.length() - 1) : line.toString();
    }
}
