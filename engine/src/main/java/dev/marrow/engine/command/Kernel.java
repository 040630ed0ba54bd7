package dev.marrow.engine.command;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What a cold command may ask of the store in the kernel. Called on an event-loop thread. */
public interface Kernel {
    /**
     * Runs a hot command, its arguments with the name first, through the eBPF programs. What the reply depends on is added to the session by
     * {@link Session#waitFor} (I3).
     *
     * @return the reply, encoded in the session's protocol version; empty: the value is too long for that, {@link LargeCommands} has to do it
     */
    Optional<byte[]> execute(Session session, List<byte[]> command);

    /**
     * One transaction over these keys: all that the body reads is of one moment, all that it changes happens at that moment, in the table and in the log.
     * What the result depends on is added to the session by {@link Session#waitFor} (I3).
     *
     * @param keys may name one key twice
     * @param body may run several times and must change nothing but the transaction's keys; the last run's result counts
     * @throws RefusedException nothing was changed
     */
    <T> T transact(Session session, Collection<byte[]> keys, Patience patience, Function<Transaction, T> body);

    default <T> T transact(Session session, Collection<byte[]> keys, Function<Transaction, T> body) {
        return transact(session, keys, Patience.STALL_TIMEOUT, body);
    }

    /** The same for a body that replaces or deletes keys and looks at nothing but whether they exist, their versions and deadlines. */
    <T> T transactWithoutValues(Session session, Collection<byte[]> keys, Patience patience, Function<Transaction, T> body);

    /** How long a transaction is tried again while others change its keys. */
    enum Patience {
        /** Until {@code --stall-timeout}. */
        STALL_TIMEOUT,
        /** A number of times at once; then {@link TransactionOutrunException}. */
        BRIEF
    }

    /** Number of home buckets, always the same: keys never move between them. */
    long buckets();

    /**
     * Keys of whole home buckets. A key that is there throughout is among those of its bucket; none is named twice, and none that has expired. What the
     * reply depends on, absence too, is added to the session (I3).
     *
     * @param first   the bucket to begin with, below {@link #buckets}
     * @param buckets most buckets to visit, at least 1
     * @param keys    ends behind the bucket with which so many are found, at least 1; may end earlier, but visits one at least
     */
    Keys scanKeys(Session session, long first, int buckets, int keys);

    /** @param next the bucket behind those that were visited */
    record Keys(List<byte[]> keys, long next) {}

    /** Number of keys, for whoever needs no more than an estimate: not tied to what is durable. */
    long keys();

    /** Number of keys as a reply to this session; what it depends on is added to the session (I3). */
    long keysObserved(Session session);

    /** FLUSHALL: one redo record. What it waits for is added to the session. */
    void flush(Session session);

    /** Counters for INFO. */
    StoreInfo info();
}
