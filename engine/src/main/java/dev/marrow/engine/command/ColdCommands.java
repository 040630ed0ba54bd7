package dev.marrow.engine.command;

import dev.marrow.engine.resp.ParseResult;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;
import java.util.Optional;

/**
 * Executes the commands that reach Java: those that are not hot, and hot ones in a form that the kernel's parser leaves to
 * us. Checks come in Redis's order: existence, arity, authentication. One instance serves all connections; it holds no
 * state of its own.
 */
public final class ColdCommands {
    /** What a browser would send that some web page leads to this port: as in Redis, nothing of it is executed from there on. */
    private static final List<String> HTTP_WORDS = List.of("post", "host:");

    private final ServerControl control;
    private final KeyCommands keys;
    private final ConnectionCommands connection;
    private final ConfigCommands config;
    private final ServerCommands server;
    private final PersistenceCommands persistence;

    public ColdCommands(Kernel kernel, ServerControl control) {
        this.control = control;
        this.keys = new KeyCommands(kernel);
        this.connection = new ConnectionCommands(control);
        this.config = new ConfigCommands(control);
        this.server = new ServerCommands(kernel, control);
        this.persistence = new PersistenceCommands(control);
    }

    /**
     * Executes one command and appends its reply; appends nothing for an empty one, for SHUTDOWN, and when the session was
     * suspended.
     *
     * @throws ReplyWriter.ReplyTooLargeException the connection must be closed
     */
    public void execute(Session session, List<byte[]> arguments, ReplyWriter out) {
        if (arguments.isEmpty()) {
            return;
        }
        out.protocol(session.protocol());
        Optional<CommandSpec> called = CommandTable.called(arguments);
        if (called.isEmpty() && HTTP_WORDS.contains(Words.lower(arguments.get(0)))) {
            session.closeAfterReply();
            return;
        }
        if (called.isEmpty()) {
            out.error(CommandTable.unknown(arguments));
            return;
        }
        CommandSpec spec = called.get();
        if (!spec.accepts(arguments.size())) {
            out.error(CommandTable.wrongArity(spec));
            return;
        }
        if (mustAuthenticate(session, spec)) {
            out.error("NOAUTH Authentication required.");
            return;
        }
        dispatch(session, spec, arguments, out);
    }

    /** Answers a command that was discarded because one of its arguments is too long: the error names the limit. */
    public void oversized(Session session, ParseResult.Oversized command, ReplyWriter out) {
        out.protocol(session.protocol());
        List<byte[]> arguments = command.arguments();
        Optional<CommandSpec> called = CommandTable.called(arguments);
        if (called.isEmpty()) {
            out.error(CommandTable.unknown(arguments));
        } else if (!called.get().accepts(command.count()) || refusedByCount(called.get(), command.count())) {
            out.error(CommandTable.wrongArity(called.get()));
        } else if (mustAuthenticate(session, called.get())) {
            out.error("NOAUTH Authentication required.");
        } else {
            out.error(called.get().isKey(command.index())
                    ? SizeLimits.keyError(command.length())
                    : SizeLimits.valueError(command.length()));
        }
    }

    /** What MSET and PING check beyond their declared arity. */
    private static boolean refusedByCount(CommandSpec spec, int count) {
        return spec.name().equals("mset") && count % 2 == 0 || spec.name().equals("ping") && count > 2;
    }

    private boolean mustAuthenticate(Session session, CommandSpec spec) {
        return !session.authenticated() && spec.needsAuthentication() && control.config().authenticationRequired();
    }

    private void dispatch(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        switch (spec.name()) {
            case "del", "exists" -> keys.countKeys(session, spec, arguments, out);
            case "mget" -> keys.mget(session, spec, arguments, out);
            case "mset" -> keys.mset(session, spec, arguments, out);
            case "hello" -> connection.hello(session, arguments, out);
            case "auth" -> connection.auth(session, arguments, out);
            case "select" -> connection.select(arguments, out);
            case "reset" -> connection.reset(session, out);
            case "quit" -> connection.quit(session, out);
            case "client|id" -> out.integer(session.id());
            case "client|setname" -> connection.clientSetName(session, arguments, out);
            case "client|getname" -> connection.clientGetName(session, out);
            case "client|setinfo" -> connection.clientSetInfo(session, arguments, out);
            case "client|info" -> connection.clientInfo(session, out);
            case "client|help" -> out.lines(HelpTexts.CLIENT);
            case "command" -> CommandDescriptions.all(out);
            case "command|count" -> out.integer(CommandTable.commands().size());
            case "command|docs" -> CommandDescriptions.docs(arguments, out);
            case "command|info" -> CommandDescriptions.info(arguments, out);
            case "command|list" -> CommandDescriptions.list(arguments, out);
            case "command|getkeys" -> CommandDescriptions.keys(arguments, out);
            case "command|help" -> out.lines(HelpTexts.COMMAND);
            case "config|get" -> config.get(arguments, out);
            case "config|set" -> config.set(arguments, out);
            case "config|resetstat" -> config.resetStatistics(out);
            case "config|help" -> out.lines(HelpTexts.CONFIG);
            case "info" -> server.info(session, arguments, out);
            case "dbsize" -> server.dbsize(session, out);
            case "flushall", "flushdb" -> server.flush(session, arguments, out);
            case "waitaof" -> server.waitAof(session, arguments, out);
            case "save" -> persistence.save(session, out);
            case "bgsave" -> persistence.bgsave(arguments, out);
            case "bgrewriteaof" -> persistence.rewriteAof(out);
            case "lastsave" -> persistence.lastSave(out);
            case "shutdown" -> server.shutdown(arguments, out);
            default -> keys.hot(session, spec, arguments, out);
        }
    }
}
