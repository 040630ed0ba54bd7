package dev.marrow.engine.server;

import java.util.ArrayList;
import java.util.List;

/**
 * The connections of a loop that wait for the log, and when the loop has it move: once there is nothing else to do, so that one sync serves
 * as many as possible.
 *
 * <p>Belongs to the loop's thread, but for {@link #wantsWakeup}.
 */
final class LogWaits {
    /** Turns of a loop that always finds something else to do. */
    private static final int TURNS_OWED_MAX = 4;

    private final Server server;
    /** Those whose oldest reply waits. */
    private final List<Connection> held = new ArrayList<>();
    /** Those whose command waits, for the log or for something else. */
    private final List<Connection> suspended = new ArrayList<>();
    private volatile boolean sleeping;
    /** As far as the loop has been told. */
    private long durable;
    private boolean commitOwed;
    private int turnsOwed;

    LogWaits(Server server) {
        this.server = server;
    }

    long durable() {
        return durable;
    }

    void hold(Connection connection) {
        if (!connection.inHeldList) {
            connection.inHeldList = true;
            held.add(connection);
            oweCommit();
        }
    }

    void suspend(Connection connection) {
        suspended.add(connection);
        oweCommit();
    }

    void remove(Connection connection) {
        held.remove(connection);
        suspended.remove(connection);
    }

    boolean hasSuspended() {
        return !suspended.isEmpty();
    }

    List<Connection> suspended() {
        return suspended.isEmpty() ? List.of() : List.copyOf(suspended);
    }

    void resume(Connection connection) {
        suspended.remove(connection);
    }

    /** Looks at the log: those whose replies may leave now, or wait for more than that. */
    List<Connection> release() {
        long position = server.durable();
        if (position == durable) {
            return List.of();
        }
        durable = position;
        List<Connection> released = List.copyOf(held);
        held.clear();
        released.forEach(connection -> connection.inHeldList = false);
        return released;
    }

    /** Whether somebody waits for the log, and it has moved. */
    boolean hasMoved() {
        return !(held.isEmpty() && suspended.isEmpty()) && server.durable() != durable;
    }

    /** The loop is about to sleep, if {@link #hasMoved} says no after this: whoever moves the log later wakes it. */
    void beginSleep() {
        sleeping = !(held.isEmpty() && suspended.isEmpty());
    }

    void endSleep() {
        sleeping = false;
    }

    /** Whether the loop sleeps and should hear that the log has moved. From any thread. */
    boolean wantsWakeup() {
        return sleeping;
    }

    /** Whether somebody waits for what the log was not asked for. */
    boolean isCommitOwed() {
        return commitOwed;
    }

    /** The loop has looked for something to do: whether it should have the log move at the end of this turn. */
    boolean wantCommit(boolean found) {
        return commitOwed && (!found || ++turnsOwed > TURNS_OWED_MAX);
    }

    /** The log is asked to move, for all that wait so far. */
    void beginCommit() {
        commitOwed = false;
    }

    private void oweCommit() {
        if (!commitOwed) {
            commitOwed = true;
            turnsOwed = 0;
        }
    }
}
