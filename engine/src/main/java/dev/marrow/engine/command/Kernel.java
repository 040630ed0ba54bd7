package dev.marrow.engine.command;

import java.util.List;

/** What a cold command may ask of the store in the kernel. Called on an event-loop thread. */
public interface Kernel {
    /**
     * Runs hot commands, each its arguments with the name first, as one batch through the eBPF programs. A full ring or a
     * store that is growing is waited for inside, within the named time (I1); after it that command's reply is an error.
     * What the replies depend on is added to the session by {@link Session#waitFor} (I3). A batch may be larger than the
     * shared page: it is then run piece by piece, in order.
     *
     * @return the replies in order, encoded in the session's protocol version; the first error reply is the last one
     */
    List<byte[]> execute(Session session, List<List<byte[]>> commands);

    /** Number of keys, for whoever needs no more than an estimate: not tied to what is durable. */
    long keys();

    /** Number of keys as a reply to this session; what it depends on is added to the session (I3). */
    long keysObserved(Session session);

    /** FLUSHALL: one redo record. What it waits for is added to the session. */
    void flush(Session session);

    /** Counters for INFO. */
    StoreInfo info();
}
