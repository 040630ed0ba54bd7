package dev.marrow.stress.load;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a Marrow says of itself in INFO.
 *
 * @param ringUsedBytes redo records that the log does not have yet
 * @param syncs of the log since the server started
 */
record StoreStatus(long ringUsedBytes, long ringSizeBytes, long syncs, long syncMicrosTotal, Commands commands) {

    /** Empty: not all of it is there. */
    static Optional<StoreStatus> parse(String info) {
        try {
            return Optional.of(new StoreStatus(field(info, "ring_used_bytes"), field(info, "ring_size_bytes"), field(info, "log_syncs"),
                    field(info, "log_sync_usec_total"), new Commands(field(info, "commands_door_on_host"), field(info, "commands_door_server"),
                            field(info, "commands_door_java"))));
        } catch (IOException notMarrow) {
            return Optional.empty();
        }
    }

    private static long field(String info, String name) throws IOException {
        return Long.parseLong(text(info, name).orElseThrow(() -> new IOException("INFO has no " + name)));
    }

    /** A field of INFO. */
    static Optional<String> text(String info, String name) {
        Matcher found = Pattern.compile("^" + name + ":(.*?)\\r?$", Pattern.MULTILINE).matcher(info);
        return found.find() ? Optional.of(found.group(1)) : Optional.empty();
    }

    /** For a line of progress: how full the ring is, and what a sync took on average since an earlier status. */
    String since(StoreStatus earlier) {
        long newSyncs = syncs - earlier.syncs;
        String ring = String.format(Locale.ROOT, "ring %.1f %%", 100.0 * ringUsedBytes / ringSizeBytes);
        return newSyncs <= 0 ? ring
                : ring + String.format(Locale.ROOT, ", fsync %,d µs (%,d)", (syncMicrosTotal - earlier.syncMicrosTotal) / newSyncs, newSyncs);
    }
}
