package dev.marrow.engine.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;

/**
 * Replies of one connection on their way out, in order (I9). Each stretch carries the log position that it depends on and
 * leaves only when that is durable (I3); what follows a held stretch waits behind it.
 *
 * <p>Not thread-safe: the connection's event loop owns it.
 */
final class OutputQueue {
    private static final int BYTES_FIRST = 4096;
    /** Up to here the buffer doubles; beyond, it grows by what is needed and an eighth. */
    private static final int DOUBLING_BYTES_MAX = 1 << 20;
    /** A buffer that a burst made larger than this is given back once empty. */
    private static final int BYTES_KEPT = 1 << 16;
    /** Most bytes offered to the socket at once: NIO copies what it is offered, and a slow reader takes little of it. */
    private static final int WRITE_BYTES_MAX = 1 << 18;
    private static final int SPARE_STRETCHES_MAX = 4;

    /** Unsent bytes are [start, position). */
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private int start;
    /** Bytes sent so far: the place of {@code start} in the connection's stream of replies. */
    private long sent;
    private final ArrayDeque<Stretch> held = new ArrayDeque<>();
    private final ArrayDeque<Stretch> spare = new ArrayDeque<>();

    /** Replies up to place {@code end} of the stream may leave when {@code wait} is durable. */
    private static final class Stretch {
        private long end;
        private long wait;
    }

    int size() {
        return buffer.position() - start;
    }

    /** Bytes of memory held. */
    int capacity() {
        return buffer.capacity();
    }

    boolean isEmpty() {
        return size() == 0;
    }

    /** Whether something waits for the log, rather than for the client to read. */
    boolean waitsFor(long durable) {
        return !held.isEmpty() && held.peekFirst().wait > durable;
    }

    void append(ByteBuffer replies, long wait) {
        int count = replies.remaining();
        if (count == 0) {
            return;
        }
        reserve(count);
        buffer.put(replies);
        long end = sent + size();
        Stretch last = held.peekLast();
        if (last != null && last.wait >= wait) {
            last.end = end;
        } else {
            Stretch next = spare.isEmpty() ? new Stretch() : spare.pollLast();
            next.end = end;
            next.wait = wait;
            held.addLast(next);
        }
    }

    private void reserve(int count) {
        if (buffer.remaining() >= count) {
            return;
        }
        int needed = Math.addExact(size(), count);
        ByteBuffer unsent = buffer.duplicate().flip().position(start);
        if (needed <= buffer.capacity() / 2) {
            buffer.clear();
            buffer.put(unsent);
        } else {
            int room = needed < DOUBLING_BYTES_MAX ? 2 * needed : Math.addExact(needed, needed / 8);
            buffer = ByteBuffer.allocate(Math.max(BYTES_FIRST, room)).put(unsent);
        }
        start = 0;
    }

    /**
     * Writes what may leave and the socket takes.
     *
     * @return bytes written
     */
    long flush(WritableByteChannel channel, long durable) throws IOException {
        long total = 0;
        while (!held.isEmpty() && held.peekFirst().wait <= durable) {
            int offered = (int) Math.min(held.peekFirst().end - sent, WRITE_BYTES_MAX);
            int written = channel.write(buffer.duplicate().limit(start + offered).position(start));
            start += written;
            sent += written;
            total += written;
            if (sent == held.peekFirst().end) {
                Stretch done = held.pollFirst();
                if (spare.size() < SPARE_STRETCHES_MAX) {
                    spare.addLast(done);
                }
            }
            if (written < offered) {
                break;
            }
        }
        if (isEmpty()) {
            start = 0;
            buffer = buffer.capacity() > BYTES_KEPT ? ByteBuffer.allocate(0) : buffer.clear();
        }
        return total;
    }
}
