package dev.marrow.recovery.tiertwo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The small file beside the map that says whose it is: {@code tables=<hex> clean=<true|false>}. Only a map of the tables in the kernel, or one that was closed
 * cleanly by the last tables before these, is worth reading; anything else is made anew from base and log.
 *
 * @param tables {@link dev.marrow.bpf.ControlPage#tablesId} of the tables whose values the map holds
 * @param clean  whether the map was closed and synced when they were given up
 */
record TierTwoState(long tables, boolean clean) {
    private static final String FILE = "state";
    private static final int BYTES_MAX = 256;

    static Optional<TierTwoState> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file) || Files.size(file) > BYTES_MAX) {
            return Optional.empty();
        }
        String[] words = Files.readString(file, StandardCharsets.ISO_8859_1).strip().split(" ");
        if (words.length != 2 || !words[0].startsWith("tables=") || !words[1].startsWith("clean=")) {
            return Optional.empty();
        }
        try {
            return Optional.of(new TierTwoState(Long.parseUnsignedLong(words[0].substring("tables=".length()), 16),
                    words[1].equals("clean=true")));
        } catch (NumberFormatException unreadable) {
            return Optional.empty();
        }
    }

    /** Durable when this returns. A torn one reads as none. */
    void write(Path directory) throws IOException {
        String text = "tables=" + Long.toHexString(tables) + " clean=" + clean + "\n";
        try (FileChannel file = FileChannel.open(directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
            file.force(true);
        }
    }
}
