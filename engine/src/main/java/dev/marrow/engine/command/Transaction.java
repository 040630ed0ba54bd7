package dev.marrow.engine.command;

import java.util.List;

/**
 * The keys of one transaction, as they were when it began and as it has changed them so far. Nobody else sees a change before all are committed
 * at once; when others have changed one of the keys meanwhile, the body runs again, on what they have become.
 */
public interface Transaction {
    /** The time that deadlines are compared with, Unix time in milliseconds. */
    long nowMillis();

    /**
     * One of the keys that the transaction was begun with.
     *
     * @throws IllegalArgumentException it is none of them
     */
    Entry entry(byte[] key);

    /** A key. */
    interface Entry {
        /** Whether it is there, and not past its deadline. */
        boolean exists();

        /** Its value; empty when it does not exist. */
        byte[] value();

        /** Length of the value in bytes, 0 when it does not exist. */
        int length();

        /** Its deadline, Unix time in milliseconds; 0: none, or it does not exist. */
        long expireMillis();

        /**
         * The version of the value that the transaction found: of one key every write has a higher one than all before, also after a delete or a restart.
         * 0 when the key did not exist, or this transaction has changed it.
         */
        long version();

        /**
         * The key has this value, whatever it was.
         *
         * @param expireMillis deadline, Unix time in milliseconds; 0: none
         */
        void put(byte[] value, long expireMillis);

        /** The key is gone. */
        void delete();

        /** Runs a hot command on the key, in the kernel. Returns its reply, encoded in the session's protocol version. */
        byte[] execute(List<byte[]> command);

        /** What WATCH remembers. */
        Seen seen();

        /** Whether it is still what it was: not written, removed, flushed or expired since. */
        boolean unchangedSince(Seen seen);
    }

    /**
     * A key at one moment.
     *
     * @param live            it was there, and not past its deadline
     * @param version         of the record, expired or not; 0: none
     * @param homeVersion     of its bucket
     * @param removalPosition without a record: log position of the last removal from its bucket
     * @param floor           what FLUSHALL moves
     */
    record Seen(boolean live, long version, long homeVersion, long removalPosition, long floor) {}
}
