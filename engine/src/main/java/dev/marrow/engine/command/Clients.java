package dev.marrow.engine.command;

import java.util.List;

/** All connections together, whichever event loop serves them and through whichever door. Thread-safe. */
public interface Clients {
    /** In order of their ids. What another event loop's connection says of itself is of some moment. */
    List<Session> all();

    /**
     * Closes connections. On return none of them executes anything any more; the asking one is closed behind its reply.
     *
     * @throws RefusedException a command that began before took too long to end
     */
    void kill(Session asking, List<Session> targets);

    /**
     * Postpones commands for so long; of two pauses the longer and the stricter counts. On return no command that is postponed runs any more.
     *
     * @throws RefusedException a command that began before took too long to end; the pause holds
     */
    void pause(Session asking, long millis, boolean writesOnly);

    void unpause();

    /** Whether a command has to wait for the end of a pause. */
    boolean postpones(boolean write);

    /** Ends the wait of a connection for its log; false when it does not wait. */
    boolean unblock(long id, boolean withError);

    /**
     * Shows this connection every command from now on.
     *
     * @throws RefusedException a command that began before took too long to end
     */
    void monitor(Session asking);

    void endMonitor(Session asking);

    /** Whether somebody is shown the commands. */
    boolean monitored();

    /** Shows a line to all who want it. */
    void show(String line);

    /** Connections whose command waits for something: the log, a checkpoint, the end of a pause. */
    int blocked();
}
