package dev.marrow.engine.command;

import dev.marrow.engine.resp.LargeArgument;
import dev.marrow.engine.resp.ParseResult;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Executes the commands that reach Java: those that are not hot, and hot ones in a form that the kernel's parser leaves to
 * us. Checks come in Redis's order: existence, arity, authentication. One instance serves all connections; it holds no
 * state of its own.
 */
public final class ColdCommands {
    /** What a browser would send that some web page leads to this port: as in Redis, nothing of it is executed from there on. */
    private static final List<String> HTTP_WORDS = List.of("post", "host:");

    /** What has several keys and comes here is a transaction: the kernel does not execute it, or has left it. */
    private static final Set<String> SEVERAL_KEYS = Set.of("del", "exists", "mget");

    private final ServerControl control;
    private final HotCommands hot;
    private final DataCommands data;
    private final MultiCommands multi;
    private final ConnectionCommands connection;
    private final ConfigCommands config;
    private final ServerCommands server;
    private final ScanCommands scan;
    private final PersistenceCommands persistence;
    private final ClientCommands clients;
    private final MonitorCommands monitor;
    private final SlowLogCommands slowLog;
    private final LatencyCommands latency;
    private final MemoryCommands memory;
    private final DebugCommands debug;

    public ColdCommands(Kernel kernel, ServerControl control) {
        this.control = control;
        this.data = new DataCommands(kernel);
        this.hot = new HotCommands(kernel, data);
        this.multi = new MultiCommands(kernel, control, data, this::dispatch);
        this.connection = new ConnectionCommands(control);
        this.config = new ConfigCommands(control);
        this.server = new ServerCommands(kernel, control);
        this.scan = new ScanCommands(kernel);
        this.persistence = new PersistenceCommands(control);
        this.clients = new ClientCommands(control);
        this.monitor = new MonitorCommands(control);
        this.slowLog = new SlowLogCommands(control.diagnostics().slowLog());
        this.latency = new LatencyCommands(control.diagnostics().latency(), control);
        this.memory = new MemoryCommands(kernel);
        this.debug = new DebugCommands(control);
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
        Optional<String> refusal = refusal(session, called, arguments);
        if (refusal.isPresent()) {
            MultiCommands.refused(session);
            called.ifPresentOrElse(known -> control.diagnostics().statistics().rejected(known, refusal.get()),
                    () -> control.diagnostics().statistics().error(refusal.get()));
            out.error(refusal.get());
            return;
        }
        CommandSpec spec = called.get();
        if (control.clients().postpones(writes(session, spec))) {
            session.postpone(arguments);
            return;
        }
        session.client().lastCommand(spec.name());
        if (multi.queue(session, spec, arguments, out)) {
            return;
        }
        int start = out.size();
        List<Multi.Queued> queued = monitor.queued(session, spec);
        long startNanos = System.nanoTime();
        try {
            dispatch(session, spec, arguments, out);
        } catch (RefusedException | LargeArgument.NoRoomException refused) {
            out.truncate(start);
            out.error(refused.getMessage());
        }
        control.diagnostics().executed(control, session, spec, arguments, (System.nanoTime() - startNanos) / 1000, out, start);
        monitor.executed(session, spec, arguments, queued, out, start);
    }

    /** Whether the command may change keys, of itself or by what waits for it. */
    private static boolean writes(Session session, CommandSpec spec) {
        return spec.flags().contains("write") || spec.name().equals("exec") && session.multi().writes();
    }

    /** A command that waited for room in the log is not tried again: it was refused. */
    public void gaveUp(Session session, List<byte[]> arguments) {
        if (CommandTable.called(arguments).filter(spec -> spec.name().equals("exec")).isPresent()) {
            session.multi().end();
        }
    }

    private Optional<String> refusal(Session session, Optional<CommandSpec> called, List<byte[]> arguments) {
        if (called.isEmpty()) {
            return Optional.of(CommandTable.unknown(arguments));
        }
        if (!called.get().accepts(arguments.size())) {
            return Optional.of(CommandTable.wrongArity(called.get()));
        }
        return mustAuthenticate(session, called.get()) ? Optional.of("NOAUTH Authentication required.") : Optional.empty();
    }

    /** Answers a command that was discarded because one of its arguments is too long: the error names the limit. */
    public void oversized(Session session, ParseResult.Oversized command, ReplyWriter out) {
        MultiCommands.refused(session);
        out.protocol(session.protocol());
        List<byte[]> arguments = command.arguments();
        Optional<CommandSpec> called = CommandTable.called(arguments);
        if (called.isEmpty()) {
            out.error(CommandTable.unknown(arguments));
        } else if (!called.get().accepts(command.count()) || refusedByCount(called.get(), command.count())) {
            out.error(CommandTable.wrongArity(called.get()));
        } else if (mustAuthenticate(session, called.get())) {
            out.error("NOAUTH Authentication required.");
        } else if (command.refusal().isPresent()) {
            out.error(command.refusal().get());
        } else {
            out.error(called.get().isKey(command.index())
                    ? SizeLimits.keyError(command.length())
                    : SizeLimits.valueError(command.length()));
        }
    }

    /** What MSET, MSETNX and PING check beyond their declared arity. */
    private static boolean refusedByCount(CommandSpec spec, int count) {
        return DataCommands.lacksValue(spec, count) || spec.name().equals("ping") && count > 2;
    }

    private boolean mustAuthenticate(Session session, CommandSpec spec) {
        return !session.authenticated() && spec.needsAuthentication() && control.config().authenticationRequired();
    }

    private void dispatch(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        switch (spec.name()) {
            case "multi" -> multi.multi(session, out);
            case "exec" -> multi.exec(session, out);
            case "discard" -> multi.discard(session, out);
            case "watch" -> multi.watch(session, spec, arguments, out);
            case "unwatch" -> multi.unwatch(session, out);
            case "hello" -> connection.hello(session, arguments, out);
            case "auth" -> connection.auth(session, arguments, out);
            case "select" -> connection.select(arguments, out);
            case "reset" -> connection.reset(session, out);
            case "quit" -> connection.quit(session, out);
            case "client|id" -> out.integer(session.id());
            case "client|setname" -> connection.clientSetName(session, arguments, out);
            case "client|getname" -> connection.clientGetName(session, out);
            case "client|setinfo" -> connection.clientSetInfo(session, arguments, out);
            case "client|info" -> clients.info(session, out);
            case "client|list" -> clients.list(arguments, out);
            case "client|kill" -> clients.kill(session, arguments, out);
            case "client|pause" -> clients.pause(session, arguments, out);
            case "client|unpause" -> clients.unpause(out);
            case "client|unblock" -> clients.unblock(arguments, out);
            case "client|reply" -> clients.reply(session, arguments, out);
            case "client|no-evict" -> clients.noEvict(session, arguments, out);
            case "client|no-touch" -> clients.noTouch(session, arguments, out);
            case "client|getredir" -> out.integer(-1);
            case "client|tracking" -> clients.tracking(arguments, out);
            case "client|trackinginfo" -> clients.trackingInfo(out);
            case "client|caching" -> clients.caching(out);
            case "client|help" -> out.lines(HelpTexts.CLIENT);
            case "command" -> CommandDescriptions.all(out);
            case "command|count" -> out.integer(CommandTable.commands().size());
            case "command|docs" -> CommandDescriptions.docs(arguments, out);
            case "command|info" -> CommandDescriptions.info(arguments, out);
            case "command|list" -> CommandDescriptions.list(arguments, out);
            case "command|getkeys" -> CommandDescriptions.keys(arguments, out);
            case "command|getkeysandflags" -> CommandDescriptions.keysAndFlags(arguments, out);
            case "command|help" -> out.lines(HelpTexts.COMMAND);
            case "config|get" -> config.get(arguments, out);
            case "config|set" -> config.set(arguments, out);
            case "config|rewrite" -> config.rewrite(out);
            case "config|resetstat" -> config.resetStatistics(out);
            case "config|help" -> out.lines(HelpTexts.CONFIG);
            case "info" -> server.info(session, arguments, out);
            case "time" -> server.time(out);
            case "dbsize" -> server.dbsize(session, out);
            case "flushall", "flushdb" -> server.flush(session, arguments, out);
            case "waitaof" -> server.waitAof(session, arguments, out);
            case "save" -> persistence.save(session, out);
            case "bgsave" -> persistence.bgsave(arguments, out);
            case "bgrewriteaof" -> persistence.rewriteAof(out);
            case "lastsave" -> persistence.lastSave(out);
            case "monitor" -> monitor.monitor(session, out);
            case "debug" -> debug.debug(session, arguments, out);
            case "slowlog|get" -> slowLog.get(arguments, out);
            case "slowlog|len" -> slowLog.length(out);
            case "slowlog|reset" -> slowLog.reset(out);
            case "slowlog|help" -> out.lines(HelpTexts.SLOWLOG);
            case "latency|latest" -> latency.latest(out);
            case "latency|history" -> latency.history(arguments, out);
            case "latency|reset" -> latency.reset(arguments, out);
            case "latency|graph" -> latency.graph(arguments, out);
            case "latency|doctor" -> latency.doctor(out);
            case "latency|help" -> out.lines(HelpTexts.LATENCY);
            case "memory|stats" -> memory.stats(session, out);
            case "memory|doctor" -> memory.doctor(out);
            case "memory|purge" -> memory.purge(out);
            case "memory|malloc-stats" -> memory.mallocStats(out);
            case "memory|help" -> out.lines(HelpTexts.MEMORY);
            case "function|flush" -> FunctionCommands.flush(arguments, out);
            case "function|list" -> FunctionCommands.list(out);
            case "function|help" -> out.lines(HelpTexts.FUNCTION);
            case "shutdown" -> server.shutdown(arguments, out);
            case "keys" -> scan.keys(session, arguments, out);
            case "scan" -> scan.scan(session, arguments, out);
            case "randomkey" -> scan.randomKey(session, out);
            case "swapdb" -> server.swapDatabases(arguments, out);
            case "object|help" -> out.lines(HelpTexts.OBJECT);
            default -> {
                if (DataCommands.isData(spec) && !spec.hot() || arguments.size() > 2 && SEVERAL_KEYS.contains(spec.name())
                        || ConditionalCommands.isConditionalSet(spec, arguments)) {
                    data.execute(session, spec, arguments, out);
                } else {
                    hot.execute(session, spec, arguments, out);
                }
            }
        }
    }
}
