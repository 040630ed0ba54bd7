package dev.marrow.engine.server;

import dev.marrow.engine.command.ColdCommands;
import dev.marrow.engine.command.DurableReply;
import dev.marrow.engine.resp.Arguments;
import dev.marrow.engine.resp.LargeReply;
import dev.marrow.engine.resp.ParseResult;
import dev.marrow.engine.resp.ReplyWriter;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The commands of one event loop that are Java's: cut out of the input, executed, and answered in their place among the
 * connection's replies (I9). Belongs to the loop's thread.
 */
final class ColdPath {
    /** What the loop has to do with the connection. */
    enum Outcome {
        GO_ON,
        /** The argument that is coming in cannot be taken just now: the input goes on in a moment. */
        BLOCKED,
        /** The command found no room in the ring and waits as hot ones do (I1): {@link #retry} it in a moment. */
        RETRY,
        CLOSE,
    }

    private final Server server;
    private final ColdCommands commands;
    private final ReplyWriter reply;
    private volatile long commandCount;

    ColdPath(Server server, ColdCommands commands) {
        this.server = server;
        this.commands = commands;
        this.reply = new ReplyWriter(2, Math.min(server.config().clientOutputBufferLimit(), server.clientBytesMax() / 2));
    }

    long commandCount() {
        return commandCount;
    }

    /** Takes at most one command from the input, and executes it when it is whole. */
    Outcome take(Connection connection, ByteBuffer in, long nowNanos) {
        int start = in.position();
        ParseResult result = connection.parser.parse(in, connection.mayCommand());
        connection.took(in.position() - start);
        reply.clear();
        try {
            switch (result) {
                case ParseResult.Complete command -> {
                    commandCount++;
                    return execute(connection, command.arguments(), nowNanos);
                }
                case ParseResult.Oversized command -> commands.oversized(connection, command, reply);
                case ParseResult.Incomplete ignored -> {
                    return Outcome.GO_ON;
                }
                case ParseResult.Blocked ignored -> {
                    return Outcome.BLOCKED;
                }
                case ParseResult.ProtocolError error -> {
                    reply.error(error.message());
                    connection.closeAfterReply();
                    in.position(in.limit());
                }
                case ParseResult.QueryBufferFull ignored -> {
                    return Outcome.CLOSE;
                }
            }
        } catch (ReplyWriter.ReplyTooLargeException e) {
            return Outcome.CLOSE;
        }
        append(connection);
        return Outcome.GO_ON;
    }

    /** Executes the command that waits. */
    Outcome retry(Connection connection, List<byte[]> arguments, long nowNanos) {
        reply.clear();
        try {
            return execute(connection, arguments, nowNanos);
        } catch (ReplyWriter.ReplyTooLargeException e) {
            return Outcome.CLOSE;
        }
    }

    private Outcome execute(Connection connection, List<byte[]> arguments, long nowNanos) {
        connection.commandBegins();
        server.gate().enter(connection.loop().index());
        try {
            commands.execute(connection, arguments, reply);
        } catch (StalledException e) {
            reply.clear();
            connection.takeColdWait();
            if (!(e.isBounded() && connection.stalledFor(nowNanos, server.stallTimeoutNanos())) && !server.isStopping()) {
                connection.commandWaits(arguments);
                connection.stalled(nowNanos);
                return Outcome.RETRY;
            }
            commands.gaveUp(connection, arguments);
            reply.error("ERR " + e.getMessage() + " (--stall-timeout); nothing was changed");
        } catch (ReplyWriter.ReplyTooLargeException e) {
            Arguments.release(arguments);
            throw e;
        } finally {
            server.gate().leave(connection.loop().index());
        }
        if (connection.isPostponed()) {
            return Outcome.GO_ON;
        }
        if (!connection.multi().holds(arguments)) {
            Arguments.release(arguments);
        }
        connection.commandDone();
        connection.notStalled();
        append(connection);
        return Outcome.GO_ON;
    }

    /** The reply of a command whose wait for the log is over. */
    void resume(Connection connection, DurableReply rest, boolean isDurable) {
        reply.clear();
        reply.protocol(connection.protocol());
        rest.write(isDurable, reply);
        append(connection);
    }

    /** In {@code everysec} cold commands are acknowledged at once too (I2). */
    private void append(Connection connection) {
        long wait = connection.takeColdWait();
        if (connection.isSuspended()) {
            return;     // its reply comes later
        }
        if (connection.client().dropsReply()) {
            reply.clear();
        }
        List<LargeReply.Place> large = reply.takeLarge();
        connection.takenAnswered(reply.buffer().remaining() + large.stream().mapToLong(place -> place.value().length()).sum());
        connection.output.append(reply.buffer(), large, server.acknowledgesAtOnce() ? 0 : wait);
    }
}
