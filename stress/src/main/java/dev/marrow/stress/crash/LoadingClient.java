package dev.marrow.stress.crash;

import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** One connection's share of the load, each reply recorded as it comes, until it is told to stop or the server is gone. */
abstract class LoadingClient implements Runnable {
    private static final String SYNC_TIMEOUT_MILLIS = "5000";

    final Findings findings;
    private final Endpoint server;
    private final BooleanSupplier endExpected;
    private final List<Operation> unsynced = new ArrayList<>();
    private volatile boolean stopping;

    /** @param endExpected whether connections may end now */
    LoadingClient(Endpoint server, BooleanSupplier endExpected, Findings findings) {
        this.server = server;
        this.endExpected = endExpected;
        this.findings = findings;
    }

    /** No step is begun any more. */
    final void stop() {
        stopping = true;
    }

    @Override
    public final void run() {
        try (RespConnection connection = new RespConnection(server)) {
            while (!stopping) {
                step(connection);
            }
        } catch (ProtocolException garbage) {
            findings.wrong("a reply that is none: " + garbage.getMessage());
        } catch (SocketTimeoutException silent) {
            findings.wrong("the server did not answer for a long time: " + silent);
        } catch (IOException serverGone) {
            // The end of every cycle: what was sent and not answered stays in flight.
            if (!endExpected.getAsBoolean()) {
                findings.wrong("a server that nobody ended dropped a connection: " + serverGone);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    final Endpoint server() {
        return server;
    }

    /** Some commands and their replies. */
    abstract void step(RespConnection connection) throws IOException, InterruptedException;

    /** Takes the replies of an operation that was sent. */
    final void receive(RespConnection connection, Operation operation) throws IOException {
        for (int i = 1; i < operation.commands().size(); i++) {
            Reply reply = connection.receive();
            if (!(reply instanceof Reply.Status)) {
                findings.wrong(operation.commands().get(i - 1) + " answered " + reply);
            }
        }
        operation.answered(orRefused(connection.receive()));
        if (operation.writes()) {
            unsynced.add(operation);
        }
    }

    /**
     * A refusal is the end of the connection: the write was not executed, and those behind it are not to be sent. Of a server that nobody ended it
     * is a finding as any other end.
     */
    static Reply orRefused(Reply reply) throws IOException {
        if (reply instanceof Reply.Failure(String text) && Refusal.is(text)) {
            throw new IOException("refused: " + text);
        }
        return reply;
    }

    /** Covers what this connection wrote before it, which has been answered when its reply comes: replies keep their order (I9). */
    final class WaitAof implements Operation {
        @Override
        public List<String> command() {
            return List.of("WAITAOF", "1", "0", SYNC_TIMEOUT_MILLIS);
        }

        @Override
        public boolean writes() {
            return false;
        }

        @Override
        public void answered(Reply reply) {
            if (!(reply instanceof Reply.Numbers(List<Long> counts)) || counts.size() != 2) {
                findings.wrong("WAITAOF answered " + reply);
            } else if (counts.get(0) == 1) {
                unsynced.forEach(Operation::synced);
                unsynced.clear();
            }
        }
    }
}
