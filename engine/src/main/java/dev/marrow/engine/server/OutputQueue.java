package dev.marrow.engine.server;

import dev.marrow.engine.resp.LargeReply;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;

/**
 * Replies of one connection on their way out, in order (I9). Each stretch carries the log position that it depends on and
 * leaves only when that is durable (I3); what follows a held stretch waits behind it. A large value is no part of the buffer: it is the end of
 * a stretch, and its bytes go to the socket from where they lie, in one call with what is around them.
 *
 * <p>Not thread-safe: the connection's event loop owns it.
 */
final class OutputQueue {
    private static final int BYTES_FIRST = 4096;
    /** Up to here the buffer doubles; beyond, it grows by what is needed and an eighth. */
    private static final int DOUBLING_BYTES_MAX = 1 << 20;
    /** A buffer that a burst made larger than this is given back once empty. */
    private static final int BYTES_KEPT = 1 << 16;
    /** Most bytes of the buffer offered to the socket at once: NIO copies what it is offered, and a slow reader takes little of it. */
    private static final int WRITE_BYTES_MAX = 1 << 18;
    /** Most bytes of large values in one go: other clients wait meanwhile. */
    private static final int LARGE_BYTES_MAX = 1 << 20;
    /** Most pieces of one call: a large value lies in pieces of 64 KiB. */
    private static final int PIECES_MAX = 32;
    private static final int SPARE_STRETCHES_MAX = 4;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    /** Of a thread: what one call offers to the socket. */
    private static final ThreadLocal<Offer> OFFER = ThreadLocal.withInitial(Offer::new);

    private static final LargeReply NONE = new LargeReply() {
        @Override
        public long length() {
            return 0;
        }

        @Override
        public ByteBuffer view(long from) {
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

    /** What one call writes: pieces of buffers and of large values, in order. */
    private static final class Offer {
        private final ByteBuffer[] pieces = new ByteBuffer[PIECES_MAX];
        private int count;
        private long bytes;
        private long largeBytes;

        /** Bytes [from, to) of a buffer; false: there is no place. */
        boolean add(ByteBuffer buffer, int from, int to) {
            return from == to || add(buffer.duplicate().limit(to).position(from));
        }

        private boolean add(ByteBuffer piece) {
            if (count == PIECES_MAX) {
                return false;
            }
            pieces[count++] = piece;
            bytes += piece.remaining();
            return true;
        }

        /** What is unsent of a large value, as long as the limit is not reached; false: not all of it. */
        boolean add(Stretch stretch, long largeMax) {
            long at = stretch.largeSent;
            long length = stretch.large.length();
            while (at < length && largeBytes < largeMax && count < PIECES_MAX) {
                ByteBuffer piece = stretch.large.view(at);
                piece.limit(piece.position() + (int) Math.min(piece.remaining(), largeMax - largeBytes));
                largeBytes += piece.remaining();
                at += piece.remaining();
                add(piece);
            }
            return at == length;
        }

        long write(GatheringByteChannel channel) throws IOException {
            return count == 1 ? channel.write(pieces[0]) : channel.write(pieces, 0, count);
        }

        /** Holds on to nothing. */
        void clear() {
            Arrays.fill(pieces, 0, count, NOTHING);
            count = 0;
            bytes = 0;
            largeBytes = 0;
        }
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
    long flush(GatheringByteChannel channel, long durable) throws IOException {
        Offer offer = OFFER.get();
        long total = 0;
        long large = 0;
        boolean taken = true;
        while (taken && large < LARGE_BYTES_MAX && !held.isEmpty() && held.peekFirst().wait <= durable) {
            try {
                gather(offer, durable, LARGE_BYTES_MAX - large);
                long written = offer.write(channel);
                sent(written);
                total += written;
                large += offer.largeBytes;
                taken = written == offer.bytes;
            } finally {
                offer.clear();
            }
        }
        if (buffer.position() == start) {
            start = 0;
            buffer = buffer.capacity() > BYTES_KEPT ? NOTHING : buffer.clear();
        }
        return total;
    }

    /** What may leave, from its beginning on; stretches of the buffer that lie side by side are one piece. */
    private void gather(Offer offer, long durable, long largeMax) {
        int from = start;
        int to = start;
        for (Stretch stretch : held) {
            if (stretch.wait > durable) {
                break;
            }
            int end = start + (int) (stretch.end - sent);
            to = Math.min(end, start + WRITE_BYTES_MAX);
            if (to < end) {
                break;
            }
            if (stretch.large != NONE) {
                if (!offer.add(buffer, from, to) || !offer.add(stretch, largeMax)) {
                    return;
                }
                from = to;
            }
        }
        offer.add(buffer, from, to);
    }

    /** So many bytes have gone; large values that have gone whole are closed. */
    private void sent(long count) {
        long left = count;
        while (!held.isEmpty()) {
            Stretch first = held.peekFirst();
            int plain = (int) Math.min(left, first.end - sent);
            start += plain;
            sent += plain;
            left -= plain;
            long part = Math.min(left, first.large.length() - first.largeSent);
            first.largeSent += part;
            largeUnsent -= part;
            left -= part;
            if (sent < first.end || first.largeSent < first.large.length()) {
                return;
            }
            end(held.pollFirst());
        }
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
