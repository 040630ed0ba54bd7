package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.Collection;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether tier two holds what keys refer to, and nothing else. */
final class TierTwoSpace {
    private static final Pattern USED = Pattern.compile("tier_two_used_bytes:(\\d+)");
    /** Longest value that the table itself holds. */
    private static final int TABLE_BYTES_MAX = 65_536;
    private static final int LOOKS_MAX = 200;
    private static final long LOOK_MILLIS = 50;

    private TierTwoSpace() {}

    /**
     * Waits until what was replaced and removed has been given back; nobody may be writing.
     *
     * @param keys all whose values may be large
     * @return what is wrong, if it stays so
     */
    static Optional<String> findOrphans(Caller server, Collection<String> keys) throws IOException, InterruptedException {
        long live = 0;
        for (String key : keys) {
            Reply length = server.call("STRLEN", key);
            if (!(length instanceof Reply.Number(long bytes))) {
                return Optional.of("STRLEN " + key + " answered " + length);
            }
            live += bytes > TABLE_BYTES_MAX ? bytes : 0;
        }
        long used = used(server);
        for (int looks = 0; used != live && looks < LOOKS_MAX; looks++) {
            Thread.sleep(LOOK_MILLIS);
            used = used(server);
        }
        return used == live ? Optional.empty() : Optional.of("tier two holds " + used + " bytes, keys refer to " + live);
    }

    private static long used(Caller server) throws IOException {
        Reply reply = server.call("INFO", "memory");
        if (reply instanceof Reply.Bulk(Optional<String> text)) {
            Matcher used = USED.matcher(text.orElse(""));
            if (used.find()) {
                return Long.parseLong(used.group(1));
            }
        }
        throw new IOException("INFO memory answered " + reply);
    }
}
