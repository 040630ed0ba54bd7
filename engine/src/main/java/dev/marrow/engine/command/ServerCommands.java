package dev.marrow.engine.command;

import dev.marrow.engine.resp.DecimalNumber;
import dev.marrow.engine.resp.ReplyWriter;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Commands about the whole server: its state, its keys together, its log, its end. */
final class ServerCommands {
    private static final String NOT_AN_INTEGER = "ERR value is not an integer or out of range";

    private final Kernel kernel;
    private final ServerControl control;

    ServerCommands(Kernel kernel, ServerControl control) {
        this.kernel = kernel;
        this.control = control;
    }

    void info(Session session, List<byte[]> arguments, ReplyWriter out) {
        List<String> sections = arguments.stream().skip(1).map(Words::lower).toList();
        out.verbatim(new ServerInfo(control, kernel.info(), kernel.keysObserved(session)).text(sections));
    }

    /** Unix time: seconds, and microseconds of the present one. */
    void time(ReplyWriter out) {
        Instant now = control.clock().instant();
        out.array(2).bulk(Long.toString(now.getEpochSecond())).bulk(Integer.toString(now.getNano() / 1_000));
    }

    void dbsize(Session session, ReplyWriter out) {
        out.integer(kernel.keysObserved(session));
    }

    /** ASYNC and SYNC are the same here: the flush is one event, not a walk. */
    void flush(Session session, List<byte[]> arguments, ReplyWriter out) {
        boolean valid = arguments.size() == 1
                || arguments.size() == 2 && (Words.is(arguments.get(1), "sync") || Words.is(arguments.get(1), "async"));
        if (!valid) {
            out.error("ERR syntax error");
            return;
        }
        kernel.flush(session);
        out.ok();
    }

    /** There is one database, and it changes places with itself. */
    void swapDatabases(List<byte[]> arguments, ReplyWriter out) {
        DecimalNumber first = DecimalNumber.parse(arguments.get(1));
        DecimalNumber second = DecimalNumber.parse(arguments.get(2));
        if (!first.valid() || first.value() != (int) first.value()) {
            out.error("ERR invalid first DB index");
        } else if (!second.valid() || second.value() != (int) second.value()) {
            out.error("ERR invalid second DB index");
        } else if (first.value() != 0 || second.value() != 0) {
            out.error("ERR DB index is out of range");
        } else {
            out.ok();
        }
    }

    /**
     * WAITAOF numlocal numreplicas timeout. There are no replicas: asking for one waits for the whole time-out. The reply
     * says what holds then: [1, 0] when this connection's writes are synced, else [0, 0].
     */
    void waitAof(Session session, List<byte[]> arguments, ReplyWriter out) {
        Optional<String> error = waitAofError(arguments);
        if (error.isPresent()) {
            out.error(error.get());
            return;
        }
        boolean local = DecimalNumber.parse(arguments.get(1)).value() > 0;
        boolean replicas = DecimalNumber.parse(arguments.get(2)).value() > 0;
        long timeoutMillis = DecimalNumber.parse(arguments.get(3)).value();
        long position = session.lastWritePosition();
        // inside a transaction nothing waits, as in Redis
        boolean satisfied = session.multi().isOpen() || !replicas && (!local || session.isDurable(position));
        if (satisfied) {
            waitAofReply(session.isDurable(position), out);
            return;
        }
        session.suspendUntilDurable(replicas ? Long.MAX_VALUE : position, timeoutMillis,
                (durable, later) -> waitAofReply(durable || session.isDurable(position), later));
    }

    private static void waitAofReply(boolean durable, ReplyWriter out) {
        out.array(2).integer(durable ? 1 : 0).integer(0);
    }

    private static Optional<String> waitAofError(List<byte[]> arguments) {
        DecimalNumber local = DecimalNumber.parse(arguments.get(1));
        DecimalNumber replicas = DecimalNumber.parse(arguments.get(2));
        DecimalNumber timeout = DecimalNumber.parse(arguments.get(3));
        if (!local.valid()) {
            return Optional.of(NOT_AN_INTEGER);
        }
        if (local.value() < 0 || local.value() > 1) {
            return Optional.of("ERR value is out of range, value must between 0 and 1");
        }
        if (!replicas.valid()) {
            return Optional.of(NOT_AN_INTEGER);
        }
        if (replicas.value() < 0) {
            return Optional.of("ERR value is out of range, must be positive");
        }
        if (!timeout.valid()) {
            return Optional.of("ERR timeout is not an integer or out of range");
        }
        return timeout.value() < 0 ? Optional.of("ERR timeout is negative") : Optional.empty();
    }

    /** No reply: the connection closes with the server. NOW and FORCE say nothing new here. */
    void shutdown(List<byte[]> arguments, ReplyWriter out) {
        Set<String> options = new HashSet<>();
        arguments.stream().skip(1).map(Words::lower).forEach(options::add);
        boolean abort = options.contains("abort");
        if (!Set.of("save", "nosave", "now", "force", "abort").containsAll(options)
                || options.containsAll(Set.of("save", "nosave"))
                || abort && options.size() > 1) {
            out.error("ERR syntax error");
        } else if (abort) {
            out.error("ERR No shutdown in progress.");
        } else {
            control.shutdown(!options.contains("nosave"));
        }
    }
}
