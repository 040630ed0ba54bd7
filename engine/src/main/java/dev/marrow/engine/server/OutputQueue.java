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
    /** A buffer that a burst made larger than this is given back once empty. */
    private static final int BYTES_KEPT = 1 << 16;

    private ByteBuffer buffer = ByteBuffer.allocate(0);
    /** Position of buffer[0] in the connection's stream of replies. */
    private long base;
    private final ArrayDeque<Stretch> held = new ArrayDeque<>();
    private final ArrayDeque<Stretch> spare = new ArrayDeque<>();

    /** Replies up to stream position {@code end} may leave when {@code wait} is durable. */
    private static final class Stretch {
        private long end;
        private long wait;
    }

    int size() {
        return buffer.position();
    }

    /** Bytes of memory held. */
    int capacity() {
        return buffer.capacity();
    }

    boolean isEmpty() {
        return buffer.position() == 0;
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
        long end = base + buffer.position();
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
        int needed = Math.addExact(buffer.position(), count);
        ByteBuffer larger = ByteBuffer.allocate(Math.max(BYTES_FIRST, Math.max(needed, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * needed))));
        buffer.flip();
        larger.put(buffer);
        buffer = larger;
    }

    /**
     * Writes what may leave.
     *
     * @return bytes written
     */
    int flush(WritableByteChannel channel, long durable) throws IOException {
        long end = base;
        while (!held.isEmpty() && held.peekFirst().wait <= durable) {
            Stretch done = held.pollFirst();
            end = done.end;
            if (spare.size() < 4) {
                spare.addLast(done);
            }
        }
        int count = (int) (end - base);
        if (count == 0) {
            return 0;
        }
        ByteBuffer out = buffer.duplicate().flip().limit(count);
        int written = channel.write(out);
        drop(written);
        if (written < count) {
            Stretch rest = spare.isEmpty() ? new Stretch() : spare.pollLast();
            rest.end = end;
            rest.wait = 0;
            held.addFirst(rest);
        }
        return written;
    }

    private void drop(int count) {
        buffer.flip().position(count);
        if (buffer.hasRemaining()) {
            buffer.compact();
        } else if (buffer.capacity() > BYTES_KEPT) {
            buffer = ByteBuffer.allocate(0);
        } else {
            buffer.clear();
        }
        base += count;
    }
}
