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
     * Waits until what was replaced, removed or has expired has been given back; nobody may be writing.
     *
     * @param keys all whose values may be large
     * @return what is wrong, if it stays so
     */
    static Optional<String> findOrphans(Caller server, Collection<String> keys) throws IOException, InterruptedException {
        return findOrphans(server, keys, LOOKS_MAX);
    }

    static Optional<String> findOrphans(Caller server, Collection<String> keys, int looksMax) throws IOException, InterruptedException {
        long used = 0;
        long live = 0;
        for (int looks = 0; looks < looksMax; looks++) {
            used = used(server);
            live = live(server, keys);
            if (used == live) {
                return Optional.empty();
            }
            Thread.sleep(LOOK_MILLIS);
        }
        return Optional.of("tier two holds " + used + " bytes, keys refer to " + live);
    }

    /** Asked anew with each look: keys expire. */
    private static long live(Caller server, Collection<String> keys) throws IOException {
        long live = 0;
        for (String key : keys) {
            Reply length = server.call("STRLEN", key);
            if (!(length instanceof Reply.Number(long bytes))) {
                throw new IOException("STRLEN " + key + " answered " + length);
            }
            live += bytes > TABLE_BYTES_MAX ? bytes : 0;
        }
        return live;
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
