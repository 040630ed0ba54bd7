package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.Staging;
import dev.marrow.bpf.Stub;
import dev.marrow.engine.command.RefusedException;
import dev.marrow.engine.command.SizeLimits;
import dev.marrow.engine.command.Transaction;
import dev.marrow.engine.command.TransactionTooLargeException;
import dev.marrow.engine.resp.Arguments;
import dev.marrow.engine.resp.LargeArgument;
import dev.marrow.engine.resp.ReplyWriter;
import dev.marrow.engine.resp.RequestParser;
import dev.marrow.recovery.tiertwo.LargeValue;
import dev.marrow.recovery.tiertwo.TierTwo;
import dev.marrow.recovery.tiertwo.Upload;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** One transaction over staged keys, from its beginning to its commit. Whoever calls holds the staging area's monitor. */
final class KernelTransaction implements Transaction {
    /** A large value was given back while the transaction looked for it: its key has changed, and the transaction begins again. */
    static final class ValueGoneException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ValueGoneException() {
            super("", null, false, false);
        }
    }

    private static final byte[] NOTHING = new byte[0];

    private final Server server;
    private final TierTwo tierTwo;
    private final Upload.Log log;
    private final Staging staging;
    private final IoSlot slot;
    private final int requestFlags;
    private final boolean withValues;
    private final Map<ByteBuffer, Integer> indexes = new HashMap<>();
    /** Large values that keys had before the transaction changed them. */
    private final Map<Integer, Stub> replaced = new HashMap<>();
    /** Large values that the transaction has made. */
    private final List<Upload> made = new ArrayList<>();
    private long waitPosition;
    private long heapBytes;

    /**
     * @param log          of large values
     * @param requestFlags of the session's hot commands
     */
    KernelTransaction(Server server, Upload.Log log, IoSlot slot, int requestFlags, boolean withValues) {
        this.server = server;
        this.tierTwo = server.tierTwo();
        this.log = log;
        this.staging = server.store().staging();
        this.slot = slot;
        this.requestFlags = requestFlags;
        this.withValues = withValues;
    }

    /**
     * Reads the keys.
     *
     * @param hold whether others are to be kept off meanwhile
     * @return 0 or an {@code Abi.STATUS_*}
     */
    int begin(Collection<byte[]> keys, boolean hold) {
        staging.clear();
        for (byte[] key : keys) {
            indexes.computeIfAbsent(ByteBuffer.wrap(key), wrapped -> staging.add(key, withValues));
        }
        int status = staging.stage(slot, hold);
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
        int status = staging.commit(slot);
        if (status == 0 && (!replaced.isEmpty() || indexes.values().stream().anyMatch(this::putsLarge))) {
            settleLarge();
        }
        return status;
    }

    private boolean putsLarge(int index) {
        return staging.putsValue(index) && staging.stub(index).isPresent();
    }

    /** Before anybody else commits: what the table refers to now is kept, what it does not refer to any more is given back. */
    private void settleLarge() {
        Map<Long, Stub> kept = new HashMap<>();
        indexes.values().stream().filter(this::putsLarge).map(index -> staging.stub(index).orElseThrow()).forEach(stub -> kept.put(stub.id(), stub));
        tierTwo.committed(kept.values());
        replaced.values().stream().filter(stub -> !kept.containsKey(stub.id())).forEach(tierTwo::free);
    }

    /** Whatever became of it: what it has made and not committed is forgotten. */
    void end() {
        made.forEach(Upload::abandon);
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
    public long valueBytesMax() {
        return tierTwo.bytesMax() == 0 ? Abi.VALUE_BYTES_MAX : server.config().valueBytesMax();
    }

    @Override
    public long heapBytesMax() {
        return server.heapValueBytesMax();
    }

    @Override
    public Entry entry(byte[] key) {
        OptionalInt index = indexes.containsKey(ByteBuffer.wrap(key)) ? OptionalInt.of(indexes.get(ByteBuffer.wrap(key))) : OptionalInt.empty();
        return new StagedEntry(index.orElseThrow(() -> new IllegalArgumentException("the transaction was begun without this key")));
    }

    private void awaitTierTwo() {
        if (!tierTwo.isReady()) {
            throw StalledException.untilOpen();
        }
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
            if (!exists()) {
                return NOTHING;
            }
            Optional<Stub> stub = staging.stub(index);
            if (stub.isEmpty()) {
                return staging.value(index);
            }
            heapBytes += stub.get().length();
            if (heapBytes > heapBytesMax()) {
                throw new RefusedException(SizeLimits.heapError(heapBytes, heapBytesMax()));
            }
            try (LargeValue value = open(stub.get())) {
                return Values.read(value, 0, (int) value.length());
            }
        }

        private LargeValue open(Stub stub) {
            awaitTierTwo();
            return tierTwo.open(stub).orElseThrow(ValueGoneException::new);
        }

        @Override
        public void reply(ReplyWriter out) {
            reply(out, 0, length());
        }

        @Override
        public void reply(ReplyWriter out, long from, int length) {
            Optional<Stub> stub = staging.stub(index);
            if (stub.isPresent()) {
                out.bulk(Values.reply(open(stub.get()), from, length));
            } else {
                out.bulk(Arrays.copyOfRange(staging.value(index), (int) from, (int) from + length));
            }
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
            if (value.length <= Abi.VALUE_BYTES_MAX) {
                replaces();
                staging.put(index, value, expireMillis);
            } else {
                LargeWriter writer = write(value.length);
                writer.bytes(value).end();
                put(made.getLast(), expireMillis);
            }
        }

        @Override
        public void put(List<byte[]> arguments, int argument, long expireMillis) {
            Optional<LargeArgument> large = Arguments.large(arguments, argument);
            if (large.isPresent()) {
                put(((UploadArguments.UploadArgument) large.get()).upload(), expireMillis);
            } else {
                put(arguments.get(argument), expireMillis);
            }
        }

        private void put(Upload upload, long expireMillis) {
            put(upload.stub(), expireMillis);
        }

        private void put(Stub stub, long expireMillis) {
            replaces();
            staging.put(index, stub, expireMillis);
        }

        /** The key's value, if it is a large one that was there before, will not be referred to by this key. */
        private void replaces() {
            if (!staging.changed(index) && staging.found(index)) {
                staging.stub(index).ifPresent(stub -> replaced.put(index, stub));
            }
        }

        private LargeWriter write(long length) {
            if (length > valueBytesMax()) {
                throw new RefusedException("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
            }
            awaitTierTwo();
            Upload upload = tierTwo.upload(length);
            made.add(upload);
            return new LargeWriter(server, upload, log);
        }

        @Override
        public void expire(long expireMillis) {
            Optional<Stub> stub = staging.stub(index);
            if (stub.isPresent()) {
                awaitTierTwo();
                put(stub.get(), expireMillis);
            } else {
                put(staging.value(index), expireMillis);
            }
        }

        @Override
        public void write(long offset, List<byte[]> arguments, int argument) {
            long part = Arguments.length(arguments, argument);
            long before = length();
            if (offset > valueBytesMax() - part) {
                throw SizeLimits.tooLong();
            }
            long after = Math.max(before, offset + part);
            if (after <= Abi.VALUE_BYTES_MAX) {
                byte[] value = Arrays.copyOf(value(), (int) after);
                System.arraycopy(arguments.get(argument), 0, value, (int) offset, (int) part);
                put(value, expireMillis());
                return;
            }
            LargeWriter writer = write(after);
            copy(writer, 0, Math.min(before, offset));
            writer.zeros(Math.max(0, offset - before));
            copy(writer, arguments, argument);
            copy(writer, Math.min(before, offset + part), before);
            writer.end();
            put(made.getLast(), expireMillis());
        }

        /** Bytes [from, to) of the present value. */
        private void copy(LargeWriter writer, long from, long to) {
            Optional<Stub> stub = from < to ? staging.stub(index) : Optional.empty();
            if (stub.isPresent()) {
                try (LargeValue value = open(stub.get())) {
                    writer.bytes(value, from, to);
                }
            } else if (from < to) {
                writer.bytes(Arrays.copyOfRange(value(), (int) from, (int) to));
            }
        }

        private void copy(LargeWriter writer, List<byte[]> arguments, int argument) {
            Optional<LargeArgument> large = Arguments.large(arguments, argument);
            if (large.isPresent()) {
                try (LargeValue value = open(((UploadArguments.UploadArgument) large.get()).upload().stub())) {
                    writer.bytes(value, 0, value.length());
                }
            } else {
                writer.bytes(arguments.get(argument));
            }
        }

        @Override
        public void copyTo(Entry other) {
            StagedEntry to = (StagedEntry) other;
            Optional<Stub> stub = staging.stub(index);
            if (stub.isEmpty()) {
                to.put(staging.value(index), expireMillis());
                return;
            }
            try (LargeValue value = open(stub.get())) {
                LargeWriter writer = write(value.length());
                writer.bytes(value, 0, value.length()).end();
            }
            to.put(made.getLast(), expireMillis());
        }

        @Override
        public void moveTo(Entry other) {
            StagedEntry to = (StagedEntry) other;
            Optional<Stub> stub = staging.stub(index);
            if (stub.isPresent()) {
                awaitTierTwo();
                to.put(stub.get(), expireMillis());
            } else {
                to.put(staging.value(index), expireMillis());
            }
            delete();
        }

        @Override
        public void delete() {
            replaces();
            staging.delete(index);
        }

        @Override
        public Optional<byte[]> execute(List<byte[]> command) {
            staging.requireValue(index);
            byte[] bytes = RequestParser.encode(command);
            if (bytes.length > Abi.IN_BYTES) {
                throw new RefusedException("ERR command is too long");
            }
            MemorySegment.copy(bytes, 0, slot.in(), ValueLayout.JAVA_BYTE, 0, bytes.length);
            slot.request(0, 0, bytes.length, requestFlags | Abi.REQUEST_STAGED | index << Abi.REQUEST_STAGED_SHIFT);
            slot.serve(1);
            return switch (slot.status(0)) {
                case Abi.STATUS_DONE ->
                        Optional.of(slot.out().asSlice(slot.outOffset(0), slot.outEnd(0) - slot.outOffset(0)).toArray(ValueLayout.JAVA_BYTE));
                case Abi.STATUS_COLD -> Optional.empty();
                case Abi.STATUS_OUT_FULL ->
                        throw new TransactionTooLargeException("ERR the transaction's values are more than " + Abi.STAGING_BYTES + " bytes");
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
