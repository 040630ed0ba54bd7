package dev.marrow.engine.server;

import dev.marrow.engine.resp.LargeReply;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Replies of one connection on their way out, in order (I9). Each stretch carries the log position that it depends on and
 * leaves only when that is durable (I3); what follows a held stretch waits behind it. A large value is no part of the buffer: it is the end of
 * a stretch, and its bytes are fetched as the socket takes them.
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
    /** Most bytes of large values in one go: other clients wait meanwhile. */
    private static final int LARGE_BYTES_MAX = 1 << 20;
    private static final int SPARE_STRETCHES_MAX = 4;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    /** Of a thread, for the pieces of large values. */
    private static final ThreadLocal<ByteBuffer> PIECE = ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(WRITE_BYTES_MAX));

    private static final LargeReply NONE = new LargeReply() {
        @Override
        public long length() {
            return 0;
        }

        @Override
        public void read(long from, ByteBuffer to) {
            throw new IllegalStateException("nothing is read of nothing");
        }

        @Override
        public void close() {
            // there is nothing to close
        }
    };

    /** Unsent bytes are [start, position). */
    private ByteBuffer buffer = NOTHING;
    private int start;
    /** Bytes of the buffer sent so far: the place of {@code start} in the connection's stream of replies, large values left out. */
    private long sent;
    private long largeUnsent;
    private final ArrayDeque<Stretch> held = new ArrayDeque<>();
    private final ArrayDeque<Stretch> spare = new ArrayDeque<>();

    /** Replies up to place {@code end} of the stream, and the large value behind them, may leave when {@code wait} is durable. */
    private static final class Stretch {
        private long end;
        private long wait;
        private LargeReply large = NONE;
        private long largeSent;
    }

    /** Unsent bytes, wherever they are. */
    long size() {
        return buffer.position() - start + largeUnsent;
    }

    /** Bytes of memory held. */
    int capacity() {
        return buffer.capacity();
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    /** Whether something waits for the log, rather than for the client to read. */
    boolean waitsFor(long durable) {
        return !held.isEmpty() && held.peekFirst().wait > durable;
    }

    void append(ByteBuffer replies, long wait) {
        append(replies, List.of(), wait);
    }

    /** @param large values that belong into the replies; closed when they are sent, or with {@link #close} */
    void append(ByteBuffer replies, List<LargeReply.Place> large, long wait) {
        int begin = replies.position();
        int end = replies.limit();
        for (LargeReply.Place place : large) {
            appendBytes(replies.limit(begin + place.at()), wait);
            Stretch last = held.isEmpty() || held.peekLast().large != NONE || held.peekLast().wait < wait ? add(wait) : held.peekLast();
            last.large = place.value();
            largeUnsent += place.value().length();
        }
        appendBytes(replies.limit(end), wait);
    }

    private void appendBytes(ByteBuffer replies, long wait) {
        int count = replies.remaining();
        if (count == 0) {
            return;
        }
        reserve(count);
        buffer.put(replies);
        Stretch last = held.peekLast();
        if (last != null && last.wait >= wait && last.large == NONE) {
            last.end = streamEnd();
        } else {
            add(wait);
        }
    }

    private Stretch add(long wait) {
        Stretch next = spare.isEmpty() ? new Stretch() : spare.pollLast();
        next.end = streamEnd();
        next.wait = wait;
        next.large = NONE;
        next.largeSent = 0;
        held.addLast(next);
        return next;
    }

    private long streamEnd() {
        return sent + buffer.position() - start;
    }

    private void reserve(int count) {
        if (buffer.remaining() >= count) {
            return;
        }
        int needed = Math.addExact(buffer.position() - start, count);
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
     * Writes what may leave and the socket takes; of large values a part at a time.
     *
     * @return bytes written
     */
    long flush(WritableByteChannel channel, long durable) throws IOException {
        long total = 0;
        long large = 0;
        while (!held.isEmpty() && held.peekFirst().wait <= durable && large < LARGE_BYTES_MAX) {
            Stretch first = held.peekFirst();
            int offered = (int) Math.min(first.end - sent, WRITE_BYTES_MAX);
            int written = offered > 0 ? channel.write(buffer.duplicate().limit(start + offered).position(start)) : 0;
            start += written;
            sent += written;
            total += written;
            if (written < offered) {
                break;
            }
            if (sent < first.end) {
                continue;
            }
            long left = first.large.length() - first.largeSent;
            long piece = left == 0 ? 0 : flush(first, (int) Math.min(left, WRITE_BYTES_MAX), channel);
            large += piece;
            total += piece;
            if (piece == left) {
                end(held.pollFirst());
            } else if (piece < Math.min(left, WRITE_BYTES_MAX)) {
                break;
            }
        }
        if (buffer.position() == start) {
            start = 0;
            buffer = buffer.capacity() > BYTES_KEPT ? NOTHING : buffer.clear();
        }
        return total;
    }

    private int flush(Stretch stretch, int offered, WritableByteChannel channel) throws IOException {
        ByteBuffer piece = PIECE.get().clear().limit(offered);
        stretch.large.read(stretch.largeSent, piece);
        int written = channel.write(piece.flip());
        stretch.largeSent += written;
        largeUnsent -= written;
        return written;
    }

    private void end(Stretch done) {
        done.large.close();
        done.large = NONE;
        if (spare.size() < SPARE_STRETCHES_MAX) {
            spare.addLast(done);
        }
    }

    /** The connection ends: nothing more is sent. */
    void close() {
        held.forEach(stretch -> stretch.large.close());
        held.clear();
        largeUnsent = 0;
        start = buffer.position();
    }
}
