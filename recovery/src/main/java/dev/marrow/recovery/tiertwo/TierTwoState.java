package dev.marrow.recovery.tiertwo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The small file beside the map that says whose it is: {@code tables=<hex> map=<filling|whole|clean>}. Only a map of the tables in the kernel, or one that was
 * closed cleanly by the last tables before these, is worth reading; anything else is made anew from base and log.
 *
 * @param tables {@link dev.marrow.bpf.ControlPage#tablesId} of the tables whose values the map holds
 */
record TierTwoState(long tables, Content content) {
    enum Content {
        /** It is being filled from base and log, which have everything: no value has come in since these tables are there. */
        FILLING,
        /** It has what these tables refer to. */
        WHOLE,
        /** It was closed and synced when they were given up. */
        CLEAN;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final String FILE = "state";
    private static final int BYTES_MAX = 256;

    static Optional<TierTwoState> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file) || Files.size(file) > BYTES_MAX) {
            return Optional.empty();
        }
        String[] words = Files.readString(file, StandardCharsets.ISO_8859_1).strip().split(" ");
        if (words.length != 2 || !words[0].startsWith("tables=")) {
            return Optional.empty();
        }
        try {
            long tables = Long.parseUnsignedLong(words[0].substring("tables=".length()), 16);
            return Arrays.stream(Content.values()).filter(content -> words[1].equals("map=" + content.word())).findFirst()
                    .map(content -> new TierTwoState(tables, content));
        } catch (NumberFormatException unreadable) {
            return Optional.empty();
        }
    }

    /** Durable when this returns. A torn one reads as none. */
    void write(Path directory) throws IOException {
        String text = "tables=" + Long.toHexString(tables) + " map=" + content.word() + "\n";
        try (FileChannel file = FileChannel.open(directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
            file.force(true);
        }
    }
}
