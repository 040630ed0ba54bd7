package dev.marrow.engine.command;

import java.util.List;
import java.util.function.BooleanSupplier;

/** One connection. All calls come from its event-loop thread. */
public interface Session {
    /** Unique in the life of the server, from 1. */
    long id();

    /** Empty: none was given. */
    String name();

    void name(String name);

    /** As CLIENT SETINFO set it; empty: not set. */
    String libraryName();

    void libraryName(String name);

    /** As CLIENT SETINFO set it; empty: not set. */
    String libraryVersion();

    void libraryVersion(String version);

    /** RESP version, 2 or 3; 2 at first. */
    int protocol();

    void protocol(int version);

    /** True from the start when no password is configured. */
    boolean authenticated();

    void authenticated(boolean authenticated);

    /** Its MULTI and WATCH. */
    Multi multi();

    /** What CLIENT and MONITOR have set. */
    ClientState client();

    /** Whether the client is on this machine, as its address tells. */
    default boolean isLocal() {
        return remoteAddress().startsWith("127.") || remoteAddress().startsWith("::1:") || remoteAddress().startsWith("0:0:0:0:0:0:0:1:");
    }

    /** Whether a command of it waits for the log, a checkpoint, or the end of a pause. */
    boolean isBlocked();

    /** "ip:port" of the client. */
    String remoteAddress();

    /** "ip:port" that the client connected to. */
    String localAddress();

    long ageSeconds();

    long idleSeconds();

    /** Bytes received and not executed yet. */
    long queryBufferBytes();

    /** Bytes of replies not sent yet. */
    long outputBufferBytes();

    /** Log position at or behind the end of this connection's last write; 0: it has written nothing. */
    long lastWritePosition();

    /** Whether everything up to this log position is synced. */
    boolean isDurable(long position);

    /** The reply being built may leave when everything up to {@code position} is durable (I3). */
    void waitFor(long position);

    /**
     * Executes nothing more on this connection until {@code position} is durable or the time is over, then calls
     * {@code reply}, whose output follows everything replied before (I9). Forgotten when the connection closes.
     *
     * @param position log position, {@link Long#MAX_VALUE}: never reached, only the time ends the wait
     * @param timeoutMillis 0: no limit
     */
    default void suspendUntilDurable(long position, long timeoutMillis, DurableReply reply) {
        suspendUntil(() -> isDurable(position), timeoutMillis, reply);
    }

    /** The same for any condition, which is looked at every few milliseconds on the event loop's thread. */
    void suspendUntil(BooleanSupplier condition, long timeoutMillis, DurableReply reply);

    /** Executes this command, and nothing before it, when the pause that holds it up is over. Nothing of it was executed yet. */
    void postpone(List<byte[]> arguments);

    /** Reads nothing more; closes when the replies so far are sent. */
    void closeAfterReply();
}
