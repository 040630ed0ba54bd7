package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.Stub;
import java.lang.foreign.MemorySegment;

/** A large value that is being read: its chunks stay until it is closed, whatever happens to its key. One thread at a time. */
public final class LargeValue implements AutoCloseable {
    private final TierTwo tier;
    private final ChunkMap map;
    private final Stub stub;
    private boolean closed;

    LargeValue(TierTwo tier, ChunkMap map, Stub stub) {
        this.tier = tier;
        this.map = map;
        this.stub = stub;
    }

    /** In bytes. */
    public long length() {
        return stub.length();
    }

    /**
     * Copies bytes [from, from + length) to the target.
     *
     * @throws IllegalStateException a chunk is not there, which must not happen
     */
    public void read(long from, MemorySegment target, long targetOffset, int length) {
        int copied = 0;
        while (copied < length) {
            long at = from + copied;
            int index = (int) (at / Abi.VALUE_BYTES_MAX);
            int within = (int) (at % Abi.VALUE_BYTES_MAX);
            int part = Math.min(length - copied, Abi.VALUE_BYTES_MAX - within);
            if (closed || !map.read(stub.id(), index, within, target, targetOffset + copied, part)) {
                throw lacks(index);
            }
            copied += part;
        }
    }

    /**
     * The bytes from {@code from} on that lie in one chunk with it, where they lie: read-only, and good until this is closed.
     *
     * @throws IllegalStateException the chunk is not there, which must not happen
     */
    public MemorySegment view(long from) {
        int index = (int) (from / Abi.VALUE_BYTES_MAX);
        if (closed) {
            throw lacks(index);
        }
        return map.view(stub.id(), index, (int) (from % Abi.VALUE_BYTES_MAX)).orElseThrow(() -> lacks(index));
    }

    private IllegalStateException lacks(int index) {
        return new IllegalStateException("a large value lacks a chunk: id=" + stub.id() + " index=" + index + " of " + stub.chunks());
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            tier.unpin(stub);
        }
    }
}
