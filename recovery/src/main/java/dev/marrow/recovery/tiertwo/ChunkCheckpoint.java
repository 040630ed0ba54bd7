package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import dev.marrow.bpf.Stub;
import dev.marrow.wal.RedoRecords;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The large values' part of a checkpoint: whatever the base and the log behind it refer to has its chunks in one of the two.
 *
 * <p>Chunks of stubs that the scan meets go into the base. That leaves three kinds, and all are known at the scan's end: older values' stubs that were
 * committed while it ran, to which its bucket may have been behind already ({@link CommitTracker}); older values on their way in, whose first chunks may be
 * in the log before this checkpoint; and values that have begun since, which are in the new log. Ids are given in order, so they tell older values from
 * others. A value that is freed meanwhile is left out: its key has a newer record in the new log.
 */
public final class ChunkCheckpoint implements AutoCloseable {
    private static final int RECORD_BYTES = (RedoRing.HEADER_BYTES + Abi.REDO_HEADER_BYTES + Abi.SIZEOF_chunk_key + Abi.VALUE_BYTES_MAX + 7) / 8 * 8;

    /** Where chunks go. */
    @FunctionalInterface
    public interface Base {
        /** @param record one ring record */
        void append(ByteBuffer record) throws IOException;
    }

    private final TierTwo tier;
    private final CommitTracker tracker;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final MemorySegment memory = MemorySegment.ofBuffer(buffer);

    ChunkCheckpoint(TierTwo tier) {
        this.tier = tier;
        // the chunks of a value that has no id yet can only come to the new log
        this.tracker = new CommitTracker(tier.tables().control().largeIdBound());
        tier.track(tracker);
    }

    /** Writes the chunks of stubs among what the scan has given. */
    public void scanned(MemorySegment records, Base base) throws IOException {
        if (!tier.tables().control().hasHadLargeValues()) {
            return;
        }
        List<Stub> stubs = new ArrayList<>();
        RedoRecords.forEach(records, 0, records.byteSize(), (bytes, record, length) -> StubScan.of(bytes, record).ifPresent(stubs::add));
        for (Stub stub : stubs) {
            write(stub, stub.chunks(), base);
        }
    }

    /** The scan is over: writes what it may have missed. Whatever is committed behind this is in base or new log. */
    public void finish(Base base) throws IOException {
        for (Map<Stub, Integer> missed = missed(); !missed.isEmpty(); missed = missed()) {
            for (Map.Entry<Stub, Integer> value : missed.entrySet()) {
                write(value.getKey(), value.getValue(), base);
            }
        }
    }

    /** Values, and how many of their chunks; in the end none, because each is named once, and those that have begun since do not matter. */
    private Map<Stub, Integer> missed() {
        Map<Stub, Integer> missed = new HashMap<>();
        synchronized (tier.monitor()) {
            tracker.take().values().forEach(stub -> missed.put(stub, stub.chunks()));
            for (Upload upload : tier.uploads().values()) {
                int chunks = upload.chunksStored();
                if (chunks > 0 && tracker.wants(upload.stub().id())) {
                    tracker.took(upload.stub().id());
                    missed.put(upload.stub(), chunks);
                }
            }
        }
        return missed;
    }

    private void write(Stub stub, int chunks, Base base) throws IOException {
        Optional<LargeValue> found = tier.open(stub);
        if (found.isEmpty()) {
            return;
        }
        try (LargeValue value = found.get()) {
            for (int index = 0; index < chunks; index++) {
                long from = (long) index * Abi.VALUE_BYTES_MAX;
                int length = (int) Math.min(Abi.VALUE_BYTES_MAX, stub.length() - from);
                base.append(record(value, stub.id(), index, from, length));
            }
        }
    }

    private ByteBuffer record(LargeValue value, long id, int index, long from, int length) {
        int redo = Abi.REDO_HEADER_BYTES + Abi.SIZEOF_chunk_key + length;
        int bytes = RedoRing.HEADER_BYTES + (redo + 7) / 8 * 8;
        buffer.clear().putLong(bytes - 8, 0);
        buffer.putLong(redo).putLong(0).putLong(0).putInt(length).putShort((short) Abi.SIZEOF_chunk_key).put((byte) Abi.REDO_CHUNK).put((byte) 0);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, buffer.position() + (long) Abi.chunk_key_id, id);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, buffer.position() + (long) Abi.chunk_key_index, index);
        value.read(from, memory, buffer.position() + (long) Abi.SIZEOF_chunk_key, length);
        return buffer.clear().limit(bytes);
    }

    @Override
    public void close() {
        tier.untrack(tracker);
    }
}
