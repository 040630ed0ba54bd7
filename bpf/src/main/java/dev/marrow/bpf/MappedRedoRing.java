package dev.marrow.bpf;

import dev.marrow.bpf.libbpf.Bpf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The ring through its memory mapping: consumer page (writable), then producer page and the data twice in a row, so that
 * no record is split. Layout: kernel/bpf/ringbuf.c, documented in Documentation/bpf/ringbuf.rst.
 */
final class MappedRedoRing implements RedoRing {
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final long PAGE_BYTES = 4096;

    private final long capacity;
    private final MemorySegment consumer;
    private final MemorySegment producer;
    private final MemorySegment data;

    MappedRedoRing(int fd, long capacity, Arena arena) {
        this.capacity = capacity;
        this.consumer = Bpf.map(fd, 0, PAGE_BYTES, true, arena);
        this.producer = Bpf.map(fd, PAGE_BYTES, PAGE_BYTES + 2 * capacity, false, arena);
        this.data = producer.asSlice(PAGE_BYTES);
    }

    @Override
    public long capacity() {
        return capacity;
    }

    @Override
    public long consumerPosition() {
        return (long) LONG.getAcquire(consumer, 0L);
    }

    @Override
    public long producerPosition() {
        return (long) LONG.getAcquire(producer, 0L);
    }

    @Override
    public long finishedEnd(long from, long bytesMax) {
        long end = producerPosition();
        long at = from;
        while (at < end) {
            int header = (int) INT.getAcquire(data, at & (capacity - 1));
            if ((header & BUSY_BIT) != 0) {
                break;
            }
            long next = at + HEADER_BYTES + ((header & ~DISCARD_BIT) + 7L & ~7L);
            if (next - from > bytesMax && at > from) {
                break;
            }
            at = next;
        }
        return at;
    }

    @Override
    public MemorySegment bytes(long from, long to) {
        return data.asSlice(from & (capacity - 1), to - from);
    }

    @Override
    public void release(long position) {
        LONG.setRelease(consumer, 0L, position);
    }
}
