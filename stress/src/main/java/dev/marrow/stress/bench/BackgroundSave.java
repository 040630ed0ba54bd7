package dev.marrow.stress.bench;

import dev.marrow.stress.crash.Reply;
import dev.marrow.stress.crash.RespConnection;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The commands that make a server write all of its keys beside its work; INFO tells when that is done, and how it went. */
enum BackgroundSave {
    /** Marrow's checkpoint, Redis's RDB. */
    BGSAVE("rdb_saves", "rdb_bgsave_in_progress", "rdb_last_bgsave_status"),
    /** Redis's base of the append-only file. */
    BGREWRITEAOF("aof_rewrites", "aof_rewrite_in_progress", "aof_last_bgrewrite_status");

    private static final int SECONDS_MAX = 300;
    private static final int POLL_MILLIS = 5;

    /** Marrow counts those that ended, Redis those that began. Marrow's may begin a moment after the command's reply. */
    private final String count;
    private final String inProgress;
    private final String status;

    BackgroundSave(String count, String inProgress, String status) {
        this.count = count;
        this.inProgress = inProgress;
        this.status = status;
    }

    /**
     * Does it once.
     *
     * @return seconds from the command to an INFO that says it is done
     * @throws IOException it was refused or failed, or is not done in time
     */
    double run(RespConnection connection) throws IOException, InterruptedException {
        long before = number(info(connection, "persistence"), count);
        long startNanos = System.nanoTime();
        if (!(connection.call(name()) instanceof Reply.Status)) {
            throw new IOException(name() + " was refused");
        }
        while (System.nanoTime() - startNanos < TimeUnit.SECONDS.toNanos(SECONDS_MAX)) {
            String info = info(connection, "persistence");
            if (number(info, count) > before && number(info, inProgress) == 0) {
                if (!field(info, status).equals("ok")) {
                    throw new IOException(name() + " failed");
                }
                return (System.nanoTime() - startNanos) / 1e9;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        throw new IOException(name() + " is not done in " + SECONDS_MAX + " s");
    }

    static String info(RespConnection connection, String section) throws IOException {
        if (connection.call("INFO", section) instanceof Reply.Bulk(var text)) {
            return text.orElse("");
        }
        throw new IOException("INFO was not answered with a text");
    }

    static long number(String info, String name) throws IOException {
        return Long.parseLong(field(info, name));
    }

    /** @throws IOException it is not there */
    private static String field(String info, String name) throws IOException {
        Matcher found = Pattern.compile("^" + name + ":(\\S+)\\s*$", Pattern.MULTILINE).matcher(info);
        if (!found.find()) {
            throw new IOException("INFO has no " + name);
        }
        return found.group(1);
    }
}
