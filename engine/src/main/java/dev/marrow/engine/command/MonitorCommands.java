package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.time.Instant;
import java.util.List;

/** MONITOR: who is shown the commands, and what is shown. While somebody is, Java executes all commands of all connections. */
final class MonitorCommands {
    private final ServerControl control;

    MonitorCommands(ServerControl control) {
        this.control = control;
    }

    void monitor(Session session, ReplyWriter out) {
        if (session.multi().isOpen()) {
            out.error("ERR MONITOR isn't allowed for DENY BLOCKING client");
            return;
        }
        control.clients().monitor(session);
        out.ok();
    }

    /** Before a command is executed: what EXEC would execute. */
    List<Multi.Queued> queued(Session session, CommandSpec spec) {
        return spec.name().equals("exec") && control.clients().monitored() ? session.multi().queue() : List.of();
    }

    /** A command was executed; of EXEC {@code queued} too, if its reply, which begins at {@code start}, says so. */
    void executed(Session session, CommandSpec spec, List<byte[]> arguments, List<Multi.Queued> queued, ReplyWriter out, int start) {
        if (!control.clients().monitored()) {
            return;
        }
        if (out.size() > start + 1 && out.byteAt(start) == '*' && out.byteAt(start + 1) != '-') {
            queued.forEach(command -> show(session, command.spec(), command.arguments()));
        }
        show(session, spec, arguments);
    }

    /** Administrative commands are not shown, as in Redis. */
    private void show(Session session, CommandSpec spec, List<byte[]> arguments) {
        if (!spec.flags().contains("admin") && !spec.flags().contains("skip_monitor")) {
            Instant now = control.clock().instant();
            long micros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
            control.clients().show(MonitorLine.of(micros, session.remoteAddress(), Redaction.of(spec, arguments)));
        }
    }
}
