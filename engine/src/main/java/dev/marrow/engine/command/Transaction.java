package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;
import java.util.Optional;

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

    /** Longest value that a key may have, in bytes. */
    long valueBytesMax();

    /** Longest value that {@link Entry#value} gives, or that is put from the heap. */
    long heapBytesMax();

    /** A key. */
    interface Entry {
        /** Whether it is there, and not past its deadline. */
        boolean exists();

        /**
         * Its value; empty when it does not exist.
         *
         * @throws CommandErrorException it is longer than {@link #heapBytesMax}
         */
        byte[] value();

        /** Appends the value of a key that exists to the replies, however long it is. */
        void reply(ReplyWriter out);

        /** The same for {@code length} bytes from {@code from} on, which it has. */
        void reply(ReplyWriter out, long from, int length);

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

        /** The same with an argument of a command as the value, which may be a large one. */
        void put(List<byte[]> arguments, int index, long expireMillis);

        /** A key that exists keeps its value and gets this deadline. */
        void expire(long expireMillis);

        /**
         * An argument of a command is written over the value, from {@code offset} on; what is missing before it is zeros. The deadline stays.
         *
         * @throws CommandErrorException the value would be too long
         */
        void write(long offset, List<byte[]> arguments, int index);

        /** Value and deadline of this key, which exists, are that one's too. */
        void copyTo(Entry other);

        /** That one has value and deadline of this key, which exists; this one is gone. */
        void moveTo(Entry other);

        /** The key is gone. */
        void delete();

        /**
         * Runs a hot command on the key, in the kernel.
         *
         * @return its reply, encoded in the session's protocol version; empty: the value is too long for that, {@link LargeCommands} has to do it
         */
        Optional<byte[]> execute(List<byte[]> command);

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
