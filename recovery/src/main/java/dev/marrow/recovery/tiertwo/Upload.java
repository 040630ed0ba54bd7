package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.Stub;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A large value on its way in: bytes gather to a chunk, which goes into the map and then, through the kernel's ring, into the log. When all have come, a
 * transaction commits its {@link #stub}; until then nobody else knows of it. One thread at a time.
 */
public final class Upload {
    /** The way into the log. */
    @FunctionalInterface
    public interface Log {
        /**
         * Puts a chunk into the ring.
         *
         * @return its log position, 0: no room now
         */
        long append(long id, int index, MemorySegment bytes);
    }

    private enum State { OPEN, COMMITTED, ABANDONED }

    private final TierTwo tier;
    private final Stub stub;
    private Optional<MemorySegment> buffer = Optional.empty();
    private int buffered;
    private int chunksLogged;
    private volatile int chunksStored;
    private State state = State.OPEN;

    Upload(TierTwo tier, Stub stub) {
        this.tier = tier;
        this.stub = stub;
    }

    /** What stands for the value in the table. */
    public Stub stub() {
        return stub;
    }

    /** Bytes of memory that it holds outside the map. */
    public long bytesHeld() {
        return buffer.isPresent() ? Abi.VALUE_BYTES_MAX : 0;
    }

    /**
     * Takes bytes.
     *
     * @return how many, perhaps fewer than {@code count}: tier two is being opened, or the log is behind; try again in a moment
     * @throws TierTwoFullException        there is no room for it
     * @throws TierTwoUnavailableException tier two cannot be opened
     */
    public int take(ByteBuffer in, int count, Log log) {
        MemorySegment from = MemorySegment.ofBuffer(in);
        int taken = take(from, 0, count, log);
        in.position(in.position() + taken);
        return taken;
    }

    /** The same for bytes [from, from + count) of a segment. */
    public int take(MemorySegment bytes, long from, int count, Log log) {
        if (!tier.isOpen()) {
            tier.want();
            return 0;
        }
        int taken = 0;
        while (taken < count && makeRoom(log)) {
            int part = Math.min(count - taken, Abi.VALUE_BYTES_MAX - buffered);
            MemorySegment.copy(bytes, from + taken, buffer.orElseThrow(), buffered, part);
            buffered += part;
            taken += part;
        }
        return taken;
    }

    /** Called until it returns true when all bytes have been taken: then the last chunk is in the ring. */
    public boolean end(Log log) {
        boolean ended = buffered == 0 || flush(log);
        if (ended) {
            giveBuffer();
        }
        return ended;
    }

    private boolean makeRoom(Log log) {
        if (buffered == Abi.VALUE_BYTES_MAX && !flush(log)) {
            return false;
        }
        if (buffer.isEmpty()) {
            buffer = Optional.of(tier.takeBuffer());
        }
        return true;
    }

    /** First into the map, and known to be there: a chunk that is in the ring is where a checkpoint finds it. */
    private boolean flush(Log log) {
        MemorySegment chunk = buffer.orElseThrow().asSlice(0, buffered);
        if (chunksStored == chunksLogged) {
            if (!tier.store(stub.id(), chunksStored, chunk)) {
                return false;
            }
            chunksStored = chunksStored + 1;
        }
        if (log.append(stub.id(), chunksLogged, chunk) == 0) {
            return false;
        }
        chunksLogged++;
        buffered = 0;
        return true;
    }

    private void giveBuffer() {
        buffer.ifPresent(tier::giveBuffer);
        buffer = Optional.empty();
    }

    /** Chunks that are in the map; all but perhaps the last of them are in the ring too. */
    int chunksStored() {
        return chunksStored;
    }

    void committed() {
        state = State.COMMITTED;
    }

    /** Nothing will refer to it, unless it was committed: its chunks are given back. */
    public void abandon() {
        if (state == State.OPEN) {
            state = State.ABANDONED;
            giveBuffer();
            tier.abandon(this);
        }
    }
}
