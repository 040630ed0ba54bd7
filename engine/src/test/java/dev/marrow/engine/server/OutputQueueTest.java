package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.engine.resp.LargeReply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Replies leave in order, no sooner than they may, whatever the socket takes of them. */
class OutputQueueTest {
    private static final int PIECE_BYTES = 65_536;
    /** Of one call of flush; the class says so. */
    private static final int LARGE_BYTES_MAX = 1 << 20;

    private final SplittableRandom random = new SplittableRandom(7);
    private final OutputQueue queue = new OutputQueue();
    private final Socket socket = new Socket();
    private final ByteArrayOutputStream due = new ByteArrayOutputStream();
    /** Behind the last large value. */
    private int tailBytes;

    @Test
    void sendsAllInOrderThroughASocketThatTakesLittle() throws IOException {
        List<Large> values = new ArrayList<>();
        for (int round = 0; round < 200; round++) {
            for (int i = random.nextInt(4); i > 0; i--) {
                append(round, random.nextInt(3) == 0 ? List.of() : List.of(large(values), large(values)));
            }
            socket.room = random.nextInt(3) == 0 ? 0 : random.nextLong(700_000);
            queue.flush(socket, round);
        }
        while (!queue.isEmpty()) {
            socket.room = random.nextLong(700_000);
            queue.flush(socket, 200);
        }
        assertArrayEquals(due.toByteArray(), socket.taken.toByteArray());
        assertEquals(0, queue.size());
        assertTrue(values.stream().allMatch(value -> value.closed == 1));
    }

    @Test
    void closesALargeValueWithItsLastByteAndNotSooner() throws IOException {
        List<Large> values = new ArrayList<>();
        append(0, List.of(large(values), large(values)));
        long end = due.size();
        while (!queue.isEmpty()) {
            socket.room = 10_000;
            queue.flush(socket, 0);
            long second = end - socket.taken.size();
            assertEquals(second <= tailBytes ? 1 : 0, values.get(1).closed, "left=" + second);
        }
        assertEquals(1, values.get(0).closed);
    }

    @Test
    void holdsBackWhatIsNotDurableAndAllBehindIt() throws IOException {
        append(5, List.of());
        int first = due.size();
        append(9, List.of(large(new ArrayList<>())));
        append(6, List.of());
        socket.room = Long.MAX_VALUE;
        assertEquals(0, queue.flush(socket, 4));
        assertTrue(queue.waitsFor(4));
        assertEquals(first, queue.flush(socket, 8));
        assertEquals(0, queue.flush(socket, 8));
        assertTrue(queue.waitsFor(8));
        while (!queue.isEmpty()) {
            queue.flush(socket, 9);
        }
        assertArrayEquals(due.toByteArray(), socket.taken.toByteArray());
    }

    @Test
    void offersALargeValueAndWhatIsAroundItInOneCall() throws IOException {
        append(0, List.of(new Large(3 * PIECE_BYTES + 5)));
        socket.room = Long.MAX_VALUE;
        queue.flush(socket, 0);
        assertTrue(queue.isEmpty());
        assertEquals(1, socket.calls);
    }

    @Test
    void givesOthersATurnAfterAMegabyteOfLargeValues() throws IOException {
        Large value = new Large(5 * LARGE_BYTES_MAX);
        append(0, List.of(value));
        socket.room = Long.MAX_VALUE;
        for (int turn = 1; turn < 5; turn++) {
            assertFalse(queue.flush(socket, 0) > LARGE_BYTES_MAX + due.size() - value.length());
            assertEquals(0, value.closed);
        }
    }

    @Test
    void closesEveryLargeValueWhenTheConnectionEnds() throws IOException {
        List<Large> values = new ArrayList<>();
        append(0, List.of(large(values), large(values)));
        append(3, List.of(large(values)));
        socket.room = 100;
        queue.flush(socket, 0);
        queue.close();
        assertEquals(0, queue.size());
        assertTrue(values.stream().allMatch(value -> value.closed == 1));
    }

    /** Some bytes, each of the values, and some bytes. */
    private void append(long wait, List<Large> values) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        List<LargeReply.Place> places = new ArrayList<>();
        for (Large value : values) {
            some(bytes);
            places.add(new LargeReply.Place(bytes.size(), value));
            due.writeBytes(value.bytes);
        }
        tailBytes = some(bytes);
        queue.append(ByteBuffer.wrap(bytes.toByteArray()), List.copyOf(places), wait);
    }

    private int some(ByteArrayOutputStream bytes) {
        byte[] part = new byte[1 + random.nextInt(random.nextInt(20) == 0 ? 400_000 : 50)];
        random.nextBytes(part);
        bytes.writeBytes(part);
        due.writeBytes(part);
        return part.length;
    }

    private Large large(List<Large> values) {
        Large value = new Large(1 + random.nextInt(4 * PIECE_BYTES));
        values.add(value);
        return value;
    }

    /** Lies in pieces, as tier two's do. */
    private final class Large implements LargeReply {
        private final byte[] bytes;
        private int closed;

        Large(int length) {
            bytes = new byte[length];
            random.nextBytes(bytes);
        }

        @Override
        public long length() {
            return bytes.length;
        }

        @Override
        public ByteBuffer view(long from) {
            assertEquals(0, closed, "closed already");
            int end = (int) Math.min(bytes.length, (from / PIECE_BYTES + 1) * PIECE_BYTES);
            return ByteBuffer.wrap(bytes).asReadOnlyBuffer().limit(end).position((int) from);
        }

        @Override
        public void close() {
            closed++;
        }
    }

    private static final class Socket implements GatheringByteChannel {
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        private long room;
        private int calls;

        @Override
        public int write(ByteBuffer source) {
            return (int) write(new ByteBuffer[] {source}, 0, 1);
        }

        @Override
        public long write(ByteBuffer[] sources) {
            return write(sources, 0, sources.length);
        }

        @Override
        public long write(ByteBuffer[] sources, int offset, int length) {
            calls++;
            long written = 0;
            for (int i = offset; i < offset + length; i++) {
                byte[] part = new byte[(int) Math.min(room, sources[i].remaining())];
                sources[i].get(part);
                taken.writeBytes(part);
                written += part.length;
                room -= part.length;
            }
            return written;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // nothing to close
        }
    }
}
