package dev.marrow.recovery.tiertwo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;

/**
 * The small file beside the map that says whose it is, and what it is good for: {@code tables=<hex> map=<phase>}.
 *
 * @param tables {@link dev.marrow.bpf.ControlPage#tablesId} of the tables whose values the map holds
 */
record TierTwoState(long tables, Phase phase) {
    /** Of the map. */
    enum Phase {
        /** It is being made or checked: all values of these tables are in base and log, because none has been taken since. */
        OPENING,
        /** It holds the values of these tables, as long as the machine does not fall. */
        OPEN,
        /** It was closed and synced when these tables were given up. */
        CLOSED
    }

    private static final String FILE = "state";
    private static final int BYTES_MAX = 256;
    private static final String TABLES = "tables=";
    private static final String MAP = "map=";

    static Optional<TierTwoState> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file) || Files.size(file) > BYTES_MAX) {
            return Optional.empty();
        }
        String[] words = Files.readString(file, StandardCharsets.ISO_8859_1).strip().split(" ");
        if (words.length != 2 || !words[0].startsWith(TABLES) || !words[1].startsWith(MAP)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new TierTwoState(Long.parseUnsignedLong(words[0].substring(TABLES.length()), 16),
                    Phase.valueOf(words[1].substring(MAP.length()).toUpperCase(Locale.ROOT))));
        } catch (IllegalArgumentException unreadable) {
            return Optional.empty();
        }
    }

    /** Durable when this returns. One that was torn is none. */
    void write(Path directory) throws IOException {
        String text = TABLES + Long.toHexString(tables) + " " + MAP + phase.name().toLowerCase(Locale.ROOT) + "\n";
        try (FileChannel file = FileChannel.open(directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
            file.force(true);
        }
    }
}
