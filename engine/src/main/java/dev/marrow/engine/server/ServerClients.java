package dev.marrow.engine.server;

import dev.marrow.engine.command.Clients;
import dev.marrow.engine.command.RefusedException;
import dev.marrow.engine.command.Session;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The connections of all event loops, and what one may do to the others. */
final class ServerClients implements Clients {
    private final Server server;
    private final CommandGate gate;
    private final Map<Long, Connection> connections = new ConcurrentHashMap<>();
    private final List<Connection> monitors = new CopyOnWriteArrayList<>();
    /** Connections that are monitors or about to be; guarded by {@code monitors}. */
    private int watching;

    ServerClients(Server server, CommandGate gate) {
        this.server = server;
        this.gate = gate;
    }

    // ---- the event loops' view ----

    void opened(Connection connection) {
        connections.put(connection.id(), connection);
    }

    void closed(Connection connection) {
        connections.remove(connection.id());
        endMonitor(connection);
    }

    // ---- commands ----

    @Override
    public List<Session> all() {
        return connections.values().stream().sorted(Comparator.comparingLong(Connection::id)).map(Session.class::cast).toList();
    }

    @Override
    public void kill(Session asking, List<Session> targets) {
        for (Session target : targets) {
            if (target == asking) {
                target.closeAfterReply();
            } else {
                connections.remove(target.id());
                ((Connection) target).kill();
            }
        }
        if (!targets.isEmpty()) {
            awaitEarlier(asking, "done, but");
        }
    }

    @Override
    public void pause(Session asking, long millis, boolean writesOnly) {
        gate.pause(millis * 1_000_000, writesOnly);
        awaitEarlier(asking, "done, but");
    }

    private void awaitEarlier(Session asking, String otherwise) {
        if (!gate.awaitEarlier(((Connection) asking).loop().index())) {
            throw new RefusedException("ERR " + otherwise + " a command that began before is still running after "
                    + CommandGate.AWAIT_NANOS_MAX / 1_000_000 + " ms");
        }
    }

    @Override
    public void unpause() {
        gate.unpause();
        server.loops().forEach(EventLoop::wakeup);
    }

    @Override
    public boolean postpones(boolean write) {
        return gate.postpones(write);
    }

    @Override
    public boolean unblock(long id, boolean withError) {
        Connection connection = connections.get(id);
        return connection != null && connection.unblock(withError);
    }

    @Override
    public int blocked() {
        return (int) connections.values().stream().filter(Connection::isBlocked).count();
    }

    // ---- MONITOR ----

    @Override
    public void monitor(Session asking) {
        synchronized (monitors) {
            if (asking.client().monitor()) {
                return;
            }
            asking.client().monitor(true);
            watching++;
            gate.monitored(true);
        }
        try {
            // what runs now was begun before MONITOR, and nobody would show it
            awaitEarlier(asking, "nothing is shown:");
            monitors.add((Connection) asking);
        } catch (RefusedException refused) {
            endMonitor(asking);
            throw refused;
        }
    }

    @Override
    public void endMonitor(Session asking) {
        synchronized (monitors) {
            if (asking.client().monitor()) {
                asking.client().monitor(false);
                monitors.remove((Connection) asking);
                watching--;
                gate.monitored(watching > 0);
            }
        }
    }

    @Override
    public boolean monitored() {
        return !monitors.isEmpty();
    }

    @Override
    public void show(String line) {
        byte[] bytes = ('+' + line + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        monitors.forEach(monitor -> monitor.push(bytes, server.config().clientOutputBufferLimit()));
    }
}
