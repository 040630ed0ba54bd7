package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;

/** SAVE, BGSAVE, BGREWRITEAOF, LASTSAVE: here all of them are about the one kind of checkpoint there is. */
final class PersistenceCommands {
    private static final String UNDER_WAY = "ERR Background save already in progress";

    private final ServerControl control;

    PersistenceCommands(ServerControl control) {
        this.control = control;
    }

    /** Replies when the checkpoint is durable. Other connections are served meanwhile. */
    void save(Session session, ReplyWriter out) {
        long before = control.checkpoint().finished();
        if (!control.startCheckpoint()) {
            out.error(UNDER_WAY);
            return;
        }
        session.suspendUntil(() -> control.checkpoint().finished() > before || control.checkpoint().failed(), 0, (done, later) -> {
            if (control.checkpoint().failed()) {
                later.error("ERR the checkpoint was not taken: the server stops");
            } else {
                later.ok();
            }
        });
    }

    void bgsave(List<byte[]> arguments, ReplyWriter out) {
        boolean schedule = arguments.size() == 2 && Words.is(arguments.get(1), "schedule");
        if (arguments.size() > 1 && !schedule) {
            out.error("ERR syntax error");
        } else if (control.startCheckpoint()) {
            out.simple("Background saving started");
        } else if (schedule) {
            control.scheduleCheckpoint();
            out.simple("Background saving scheduled");
        } else {
            out.error(UNDER_WAY);
        }
    }

    void rewriteAof(ReplyWriter out) {
        if (control.startCheckpoint()) {
            out.simple("Background append only file rewriting started");
        } else {
            out.error("ERR Background append only file rewriting already in progress");
        }
    }

    /** Unix time in seconds. */
    void lastSave(ReplyWriter out) {
        out.integer(control.checkpoint().timeMillis() / 1000);
    }
}
