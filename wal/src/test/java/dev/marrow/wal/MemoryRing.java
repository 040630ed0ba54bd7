package dev.marrow.wal;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The ring without a kernel: one stretch of memory that is never reused, and the accounting of a ring of {@code capacity} bytes. */
final class MemoryRing implements RedoRing {

    private final long capacity;
    private final ByteBuffer data;
    private long consumer;
    private long producer;
    Runnable onRelease = () -> {};

    MemoryRing(int bytesTotal, long capacity) {
        this.data = ByteBuffer.allocate(bytesTotal).order(ByteOrder.LITTLE_ENDIAN);
        this.capacity = capacity;
    }

    MemoryRing() {
        this(8 << 20, 4 << 20);
    }

    /** Reserves a record, busy; returns its position, or -1 when the ring is full. */
    synchronized long reserve(int length) {
        long size = HEADER_BYTES + ((length + 7L) & ~7L);
        if (producer + size - consumer > capacity || producer + size > data.capacity()) {
            return -1;
        }
        long position = producer;
        data.putInt((int) position, length | BUSY_BIT);
        producer += size;
        return position;
    }

    synchronized void submit(long position, byte[] record) {
        data.put((int) position + HEADER_BYTES, record);
        data.putInt((int) position, record.length);
    }

    synchronized void discard(long position) {
        data.putInt((int) position, data.getInt((int) position) & ~BUSY_BIT | DISCARD_BIT);
    }

    /** Puts a record; returns the ring position behind it, or -1 when the ring is full. */
    synchronized long put(long version, String key, byte[] value) {
        byte[] record = record(Abi.REDO_PUT, version, key, value);
        long position = reserve(record.length);
        if (position < 0) {
            return -1;
        }
        submit(position, record);
        return producer;
    }

    static byte[] record(int type, long version, String key, byte[] value) {
        byte[] name = key.getBytes(StandardCharsets.UTF_8);
        ByteBuffer record = ByteBuffer.allocate(Abi.REDO_HEADER_BYTES + name.length + value.length).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(version).putLong(0).putInt(value.length).putShort((short) name.length).put((byte) type).put((byte) 0);
        return record.put(name).put(value).array();
    }

    @Override
    public long capacity() {
        return capacity;
    }

    @Override
    public synchronized long consumerPosition() {
        return consumer;
    }

    @Override
    public synchronized long producerPosition() {
        return producer;
    }

    @Override
    public synchronized long finishedEnd(long from, long bytesMax) {
        long end = from;
        while (end < producer) {
            int word = data.getInt((int) end);
            long next = end + HEADER_BYTES + (((word & ~(BUSY_BIT | DISCARD_BIT)) + 7L) & ~7L);
            if ((word & BUSY_BIT) != 0 || (next - from > bytesMax && end > from)) {
                return end;
            }
            end = next;
        }
        return end;
    }

    @Override
    public MemorySegment bytes(long from, long to) {
        return MemorySegment.ofArray(data.array()).asSlice(from, to - from);
    }

    @Override
    public void release(long position) {
        onRelease.run();
        synchronized (this) {
            if (position < consumer || position > producer) {
                throw new IllegalArgumentException("position=" + position + " consumer=" + consumer + " producer=" + producer);
            }
            consumer = position;
        }
    }
}
