package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.Staging;
import dev.marrow.engine.command.RefusedException;
import dev.marrow.engine.command.Transaction;
import dev.marrow.engine.command.TransactionTooLargeException;
import dev.marrow.engine.resp.RequestParser;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;

/** One transaction over staged keys, from its beginning to its commit. Whoever calls holds the staging area's monitor. */
final class KernelTransaction implements Transaction {
    private static final byte[] NOTHING = new byte[0];

    private final Staging staging;
    private final IoSlot slot;
    private final int requestFlags;
    private final boolean withValues;
    private final Map<ByteBuffer, Integer> indexes = new HashMap<>();
    private long waitPosition;

    /** @param requestFlags of the session's hot commands */
    KernelTransaction(Staging staging, IoSlot slot, int requestFlags, boolean withValues) {
        this.staging = staging;
        this.slot = slot;
        this.requestFlags = requestFlags;
        this.withValues = withValues;
    }

    /**
     * Reads the keys.
     *
     * @return 0 or an {@code Abi.STATUS_*}
     */
    int begin(Collection<byte[]> keys) {
        staging.clear();
        for (byte[] key : keys) {
            indexes.computeIfAbsent(ByteBuffer.wrap(key), wrapped -> staging.add(key, withValues));
        }
        int status = staging.stage(slot);
        for (int i = 0; status == 0 && i < staging.count(); i++) {
            waitPosition = Math.max(waitPosition, staging.logPosition(i));
        }
        return status;
    }

    <T> T run(Function<Transaction, T> body) {
        return body.apply(this);
    }

    /**
     * Commits what the body changed.
     *
     * @return 0 or an {@code Abi.STATUS_*}, and nothing has changed
     */
    int commit() {
        return staging.commit(slot);
    }

    /** Log position of what the commit wrote, if it wrote. */
    long writePosition() {
        return staging.position();
    }

    /** Log position that the result depends on (I3). */
    long waitPosition() {
        return Math.max(waitPosition, staging.position());
    }

    @Override
    public long nowMillis() {
        return staging.nowMillis();
    }

    @Override
    public Entry entry(byte[] key) {
        OptionalInt index = indexes.containsKey(ByteBuffer.wrap(key)) ? OptionalInt.of(indexes.get(ByteBuffer.wrap(key))) : OptionalInt.empty();
        return new StagedEntry(index.orElseThrow(() -> new IllegalArgumentException("the transaction was begun without this key")));
    }

    private final class StagedEntry implements Entry {
        private final int index;

        StagedEntry(int index) {
            this.index = index;
        }

        @Override
        public boolean exists() {
            return staging.live(index);
        }

        @Override
        public byte[] value() {
            return exists() ? staging.value(index) : NOTHING;
        }

        @Override
        public int length() {
            return exists() ? staging.valueLength(index) : 0;
        }

        @Override
        public long expireMillis() {
            return exists() ? staging.expireMillis(index) : 0;
        }

        @Override
        public long version() {
            return exists() ? staging.version(index) : 0;
        }

        @Override
        public void put(byte[] value, long expireMillis) {
            staging.put(index, value, expireMillis);
        }

        @Override
        public void delete() {
            staging.delete(index);
        }

        @Override
        public byte[] execute(List<byte[]> command) {
            byte[] bytes = RequestParser.encode(command);
            if (bytes.length > Abi.IN_BYTES) {
                throw new RefusedException("ERR command is too long");
            }
            MemorySegment.copy(bytes, 0, slot.in(), ValueLayout.JAVA_BYTE, 0, bytes.length);
            slot.request(0, 0, bytes.length, requestFlags | Abi.REQUEST_STAGED | index << Abi.REQUEST_STAGED_SHIFT);
            slot.serve(1);
            return switch (slot.status(0)) {
                case Abi.STATUS_DONE -> slot.out().asSlice(slot.outOffset(0), slot.outEnd(0) - slot.outOffset(0)).toArray(ValueLayout.JAVA_BYTE);
                case Abi.STATUS_OUT_FULL -> throw new TransactionTooLargeException("ERR the transaction's values are more than " + Abi.STAGING_BYTES + " bytes");
                default -> throw new IllegalStateException("a hot command came back: status=" + slot.status(0));
            };
        }

        @Override
        public Seen seen() {
            return new Seen(exists(), staging.version(index), staging.homeVersion(index), staging.logPosition(index), staging.floor());
        }

        @Override
        public boolean unchangedSince(Seen seen) {
            long version = staging.version(index);
            if (seen.live()) {
                return exists() && version == seen.version();
            }
            if (seen.version() != 0) {
                // whoever removes what had expired already changes nothing
                return version == seen.version() || !exists() && version == 0;
            }
            // It may have come and gone. Nobody removed anything from its bucket; a FLUSHALL leaves buckets as they are.
            return version == 0 && (seen.floor() == staging.floor()
                    ? seen.removalPosition() == staging.logPosition(index)
                    : seen.homeVersion() == staging.homeVersion(index));
        }
    }
}
