package dev.marrow.bpf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;

/**
 * {@code struct staging}: the keys of one transaction, copied out of the table and worked on unseen until {@link #commit}. One user at a time, who
 * holds this object's monitor.
 *
 * <p>A transaction is: {@link #clear}, {@link #add} every key, {@link #stage}; read and change; {@link #commit}. When that says
 * {@link Abi#STATUS_CHANGED}, somebody was faster, nothing has changed, and it begins again.
 */
public final class Staging {
    /** The transaction's keys and values, or its redo record, are larger than the staging area takes. Nothing has changed. */
    public static final class TooLargeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooLargeException(String message) {
            super(message);
        }
    }

    private static final int ALIGNMENT = 8;

    private final MemorySegment memory;
    private long redoBytesMax;
    private final byte[][] keys = new byte[Abi.STAGED_KEYS_MAX][];
    private int count;
    private boolean held;

    /** @param redoBytesMax of one transaction's redo record, at most {@link Abi#TRANSACTION_BYTES_MAX} */
    Staging(MemorySegment memory, long redoBytesMax) {
        this.memory = memory;
        this.redoBytesMax = Math.min(redoBytesMax, Abi.TRANSACTION_BYTES_MAX);
    }

    /** The log takes redo records of at most so many bytes, which may be fewer than the ring does. */
    public void limitRedo(long bytes) {
        redoBytesMax = Math.min(redoBytesMax, bytes);
    }

    // ---- which keys ----

    public void clear() {
        Arrays.fill(keys, 0, count, null);
        count = 0;
    }

    /**
     * One more key. Every key once only.
     *
     * @param withValue whether its value is wanted too; without it no command may run on the key, it can only be replaced or removed
     * @return its index
     * @throws TooLargeException more keys than {@link Abi#STAGED_KEYS_MAX}
     */
    public int add(byte[] key, boolean withValue) {
        if (count == Abi.STAGED_KEYS_MAX) {
            throw new TooLargeException("the transaction has more than " + Abi.STAGED_KEYS_MAX + " keys");
        }
        keys[count] = key;
        set(count, Abi.staged_key_with_value, withValue ? 1 : 0);
        return count++;
    }

    public int count() {
        return count;
    }

    /**
     * Reads all keys, each as it is at some moment; or, if they fit one run, all as they are at one moment, which keeps others off their buckets
     * meanwhile, and cannot be outrun.
     *
     * @param hold whether to try the latter
     * @return 0, or {@link Abi#STATUS_BUSY}: others were faster all the time
     * @throws TooLargeException the values do not fit
     */
    public int stage(IoSlot slot, boolean hold) {
        held = hold && Arrays.stream(keys, 0, count).mapToLong(key -> key.length).sum() <= Abi.IN_BYTES;
        // once without any key too: the floor and the time are the transaction's
        int from = 0;
        do {
            int to = fill(slot, from);
            slot.stage(from, to, held);
            if (slot.batchStatus() == Abi.STATUS_OUT_FULL) {
                throw new TooLargeException("the transaction's keys and values are more than " + Abi.STAGING_BYTES + " bytes");
            }
            if (slot.batchStatus() != 0) {
                return slot.batchStatus();
            }
            from = to;
        } while (from < count);
        return 0;
    }

    /** As many keys as the slot's input takes. */
    private int fill(IoSlot slot, int from) {
        int at = 0;
        int index = from;
        for (; index < count && at + keys[index].length <= Abi.IN_BYTES; index++) {
            MemorySegment.copy(keys[index], 0, slot.in(), ValueLayout.JAVA_BYTE, at, keys[index].length);
            set(index, Abi.staged_key_key_offset, at);
            set(index, Abi.staged_key_key_length, keys[index].length);
            at += keys[index].length;
        }
        return index;
    }

    // ---- what they are ----

    /** The time that deadlines are compared with, Unix time in milliseconds. */
    public long nowMillis() {
        return memory.get(ValueLayout.JAVA_LONG, Abi.staging_now_ms);
    }

    /** Whether the key is there and its deadline is not over, as the transaction sees it so far. */
    public boolean live(int index) {
        int change = get(index, Abi.staged_key_change);
        boolean present = change == Abi.STAGED_UNCHANGED ? found(index) : change == Abi.STAGED_PUT;
        long expire = present ? expireMillis(index) : 0;
        return present && (expire == 0 || expire >= nowMillis());
    }

    /** Whether the table had it when it was staged, perhaps past its deadline. */
    public boolean found(int index) {
        return get(index, Abi.staged_key_found) != 0;
    }

    public boolean changed(int index) {
        return get(index, Abi.staged_key_change) != Abi.STAGED_UNCHANGED;
    }

    /** Whether the transaction gives the key a value. */
    public boolean putsValue(int index) {
        return get(index, Abi.staged_key_change) == Abi.STAGED_PUT;
    }

    /** Deadline of a key that is there, Unix time in milliseconds; 0: none. */
    public long expireMillis(int index) {
        return memory.get(ValueLayout.JAVA_LONG, record(index) + Abi.record_expire_ms);
    }

    /** Version of the record that was found; 0: none. */
    public long version(int index) {
        return found(index) && !changed(index) ? memory.get(ValueLayout.JAVA_LONG, record(index) + Abi.record_version) : 0;
    }

    /** Length of the value in bytes, wherever it is. */
    public int valueLength(int index) {
        return stub(index).map(large -> Math.toIntExact(large.length())).orElseGet(() -> recordValueLength(index));
    }

    private int recordValueLength(int index) {
        return memory.get(ValueLayout.JAVA_INT, record(index) + Abi.record_value_length);
    }

    /** What stands for the value, when that is in tier two. */
    public Optional<Stub> stub(int index) {
        boolean isStub = (memory.get(ValueLayout.JAVA_BYTE, record(index) + Abi.record_flags) & Abi.RECORD_STUB) != 0;
        return isStub ? Optional.of(Stub.read(memory, record(index) + Abi.RECORD_HEADER_BYTES + keys[index].length)) : Optional.empty();
    }

    /** @throws IllegalStateException the key's value is not here: it was not asked for, and the transaction has given none */
    public void requireValue(int index) {
        if (get(index, Abi.staged_key_with_value) == 0 && !changed(index)) {
            throw new IllegalStateException("the key was staged without its value");
        }
    }

    /** The value of a key that is there, {@linkplain #requireValue with it}, and has no {@link #stub}. */
    public byte[] value(int index) {
        requireValue(index);
        return memory.asSlice(record(index) + Abi.RECORD_HEADER_BYTES + keys[index].length, recordValueLength(index)).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Log position that what was found, or its absence, depends on (I3). */
    public long logPosition(int index) {
        return memory.get(ValueLayout.JAVA_LONG, keyAt(index) + Abi.staged_key_log_position);
    }

    /** Version of the key's home bucket: while that and {@link #floor} stand still, so does the key. */
    public long homeVersion(int index) {
        return memory.get(ValueLayout.JAVA_LONG, keyAt(index) + Abi.staged_key_snapshot);
    }

    /** What FLUSHALL moves. */
    public long floor() {
        return memory.get(ValueLayout.JAVA_LONG, Abi.staging_floor);
    }

    // ---- what they become ----

    /**
     * The key gets this value.
     *
     * @param expireMillis deadline, Unix time in milliseconds; 0: none
     * @throws TooLargeException there is no room
     */
    public void put(int index, byte[] value, long expireMillis) {
        put(index, value, 0, expireMillis);
    }

    /** The same for a value that is in tier two, and in the log before this transaction's record. */
    public void put(int index, Stub stub, long expireMillis) {
        put(index, stub.toBytes(), Abi.RECORD_STUB, expireMillis);
    }

    private void put(int index, byte[] value, int flags, long expireMillis) {
        byte[] key = keys[index];
        int bytes = aligned(Abi.RECORD_HEADER_BYTES + key.length + value.length);
        if (bytes > get(index, Abi.staged_key_room)) {
            int used = memory.get(ValueLayout.JAVA_INT, Abi.staging_used);
            if (used > Abi.STAGING_BYTES - Abi.STAGED_RECORD_BYTES_MAX) {
                throw new TooLargeException("the transaction's keys and values are more than " + Abi.STAGING_BYTES + " bytes");
            }
            // what grows once may grow again
            int room = Math.min(get(index, Abi.staged_key_room) == 0 ? bytes : aligned(bytes + bytes / 2), Abi.RECORD_CLASS_BYTES_MAX);
            set(index, Abi.staged_key_offset, used);
            set(index, Abi.staged_key_room, room);
            memory.set(ValueLayout.JAVA_INT, Abi.staging_used, used + room);
        }
        long at = record(index);
        header(at, expireMillis, value.length, key.length, Abi.REDO_PUT, flags);
        MemorySegment.copy(key, 0, memory, ValueLayout.JAVA_BYTE, at + Abi.RECORD_HEADER_BYTES, key.length);
        MemorySegment.copy(value, 0, memory, ValueLayout.JAVA_BYTE, at + Abi.RECORD_HEADER_BYTES + key.length, value.length);
        set(index, Abi.staged_key_change, Abi.STAGED_PUT);
    }

    public void delete(int index) {
        set(index, Abi.staged_key_change, Abi.STAGED_DELETE);
    }

    private void header(long at, long expireMillis, int valueLength, int keyLength, int type, int flags) {
        memory.set(ValueLayout.JAVA_LONG, at + Abi.record_version, 0);
        memory.set(ValueLayout.JAVA_LONG, at + Abi.record_expire_ms, expireMillis);
        memory.set(ValueLayout.JAVA_INT, at + Abi.record_value_length, valueLength);
        memory.set(ValueLayout.JAVA_SHORT, at + Abi.record_key_length, (short) keyLength);
        memory.set(ValueLayout.JAVA_BYTE, at + Abi.record_type, (byte) type);
        memory.set(ValueLayout.JAVA_BYTE, at + Abi.record_flags, (byte) flags);
    }

    // ---- the end ----

    /**
     * All changes at once, or none. Without changes: whether all keys were at one moment as they were staged.
     *
     * @return 0, or an {@code Abi.STATUS_*} and nothing has changed
     * @throws TooLargeException the redo record would be
     */
    public int commit(IoSlot slot) {
        memory.set(ValueLayout.JAVA_INT, Abi.staging_count, count);
        int redo = writeRedo();
        memory.set(ValueLayout.JAVA_INT, Abi.staging_redo_bytes, redo);
        if (redo == 0 && held) {
            memory.set(ValueLayout.JAVA_LONG, Abi.staging_log_position, 0);
            return 0;
        }
        order();
        slot.commit();
        return slot.batchStatus();
    }

    /** Log position of the commit's redo record; 0: it changed nothing. */
    public long position() {
        return memory.get(ValueLayout.JAVA_LONG, Abi.staging_log_position);
    }

    /** A record of type TRANSACTION around one ring record a change; returns its length, 0 without changes. */
    private int writeRedo() {
        int at = Abi.REDO_HEADER_BYTES;
        for (int i = 0; i < count; i++) {
            int change = get(i, Abi.staged_key_change);
            if (change == Abi.STAGED_DELETE && !found(i)) {
                set(i, Abi.staged_key_change, Abi.STAGED_UNCHANGED);
            } else if (change != Abi.STAGED_UNCHANGED) {
                at = writeRedo(i, change, at);
            }
        }
        if (at == Abi.REDO_HEADER_BYTES) {
            return 0;
        }
        // the header of a redo record is a record's from the version on
        header(Abi.staging_redo - (long) Abi.record_version, 0, at - Abi.REDO_HEADER_BYTES, 0, Abi.REDO_TRANSACTION, 0);
        return at;
    }

    private int writeRedo(int index, int change, int at) {
        boolean put = change == Abi.STAGED_PUT;
        int bytes = Abi.RECORD_HEADER_BYTES + keys[index].length + (put ? recordValueLength(index) : 0);
        if (at + aligned(bytes) > redoBytesMax) {
            throw new TooLargeException("the transaction's log record would be more than " + redoBytesMax + " bytes");
        }
        long to = Abi.staging_redo + (long) at;
        memory.set(ValueLayout.JAVA_LONG, to + aligned(bytes) - ALIGNMENT, 0);
        MemorySegment.copy(memory, record(index), memory, to, bytes);
        memory.set(ValueLayout.JAVA_LONG, to, bytes - Abi.RECORD_HEADER_BYTES + Abi.REDO_HEADER_BYTES);
        if (!put) {
            header(to, 0, 0, keys[index].length, Abi.REDO_DELETE, 0);
        }
        set(index, Abi.staged_key_redo_offset, at);
        set(index, Abi.staged_key_record_bytes, bytes);
        return at + aligned(bytes);
    }

    /** Keys of one home together, and its deletes last. */
    private void order() {
        long[] order = new long[count];
        for (int i = 0; i < count; i++) {
            long last = get(i, Abi.staged_key_change) == Abi.STAGED_DELETE ? Abi.STAGED_KEYS_MAX : 0;
            order[i] = (long) get(i, Abi.staged_key_home) << Integer.SIZE | last | i;
        }
        Arrays.sort(order);
        for (int i = 0; i < count; i++) {
            memory.set(ValueLayout.JAVA_INT, Abi.staging_order + (long) i * Integer.BYTES, (int) order[i] & Abi.STAGED_KEYS_MAX - 1);
        }
    }

    private static int aligned(int bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private long keyAt(int index) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException("index=" + index + " count=" + count);
        }
        return Abi.staging_keys + (long) index * Abi.SIZEOF_staged_key;
    }

    private long record(int index) {
        return Abi.staging_records + (long) get(index, Abi.staged_key_offset);
    }

    private int get(int index, int field) {
        return memory.get(ValueLayout.JAVA_INT, keyAt(index) + field);
    }

    private void set(int index, int field, int value) {
        memory.set(ValueLayout.JAVA_INT, Abi.staging_keys + (long) index * Abi.SIZEOF_staged_key + field, value);
    }
}
