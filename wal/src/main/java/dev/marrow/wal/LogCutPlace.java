package dev.marrow.wal;

import java.nio.file.Path;

/**
 * Where a damaged log is to be cut: as {@link LogDamagedException} names it.
 *
 * @param file   of the segment; its last name is enough
 * @param offset in bytes from the start of the file
 */
public record LogCutPlace(Path file, long offset) {

    /**
     * From {@code FILE:OFFSET}.
     *
     * @throws IllegalArgumentException when it is not of that form
     */
    public static LogCutPlace parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1 || !text.substring(colon + 1).matches("\\d{1,18}")) {
            throw new IllegalArgumentException("'" + text + "' is not FILE:OFFSET");
        }
        return new LogCutPlace(Path.of(text.substring(0, colon)), Long.parseLong(text.substring(colon + 1)));
    }
}
