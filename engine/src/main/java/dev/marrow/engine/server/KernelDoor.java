package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.RedoRing;
import dev.marrow.engine.command.Kernel;
import dev.marrow.engine.command.Session;
import dev.marrow.engine.command.StoreInfo;
import dev.marrow.engine.resp.RequestParser;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What cold commands do in the kernel: hot commands as RESP through a slot of their own, beside the one in which the loop's
 * batch lies. One an event loop.
 */
final class KernelDoor implements Kernel {
    private static final long RETRY_NANOS = 100_000;
    /** Of a redo record in the ring, with its alignment. */
    private static final int REDO_OVERHEAD_BYTES = RedoRing.HEADER_BYTES + Abi.REDO_HEADER_BYTES + 8;
    private static final int SWEEP_BUCKETS = 1 << 14;

    private final Server server;
    private final IoSlot slot;

    KernelDoor(Server server, IoSlot slot) {
        this.server = server;
        this.slot = slot;
    }

    @Override
    public List<byte[]> execute(Session session, List<List<byte[]>> commands) {
        List<byte[]> replies = new ArrayList<>(commands.size());
        long startNanos = System.nanoTime();
        Connection connection = (Connection) session;
        if (commands.size() > 1 && writes(commands.getFirst()) && !connection.coldStarted && !ringHasRoomFor(commands)) {
            throw new StalledException();
        }
        for (List<byte[]> command : commands) {
            byte[] reply = execute(connection, RequestParser.encode(command), startNanos);
            replies.add(reply);
            if (reply[0] == '-') {
                break;
            }
        }
        return replies;
    }

    /** Of several commands, which are of one kind: GET and EXISTS read, SET and DEL write. */
    private static boolean writes(List<byte[]> command) {
        int first = command.getFirst()[0] | 0x20;
        return first != 'g' && first != 'e';
    }

    /** Whether the whole of it fits now, so that it need not stop half-way; half a ring is enough for anything. */
    private boolean ringHasRoomFor(List<List<byte[]>> commands) {
        long bytes = 0;
        for (List<byte[]> command : commands) {
            bytes += REDO_OVERHEAD_BYTES;
            for (byte[] argument : command) {
                bytes += argument.length;
            }
        }
        RedoRing ring = server.store().ring();
        return ring.capacity() - (ring.producerPosition() - ring.consumerPosition()) >= Math.min(bytes, ring.capacity() / 2);
    }

    private byte[] execute(Connection session, byte[] command, long startNanos) {
        if (command.length > Abi.IN_BYTES) {
            return "-ERR command is too long\r\n".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        }
        MemorySegment.copy(command, 0, slot.in(), ValueLayout.JAVA_BYTE, 0, command.length);
        int flags = session.requestFlags() & ~Abi.REQUEST_PASS_ALL;
        while (true) {
            boolean stalled = System.nanoTime() - startNanos > server.stallTimeoutNanos() || server.isStopping();
            slot.request(0, 0, command.length, stalled ? flags | Abi.REQUEST_FAIL_STALLED : flags);
            slot.serve(1);
            switch (slot.status(0)) {
                case Abi.STATUS_DONE -> {
                    if (slot.writes(0) > 0) {
                        session.coldStarted = true;
                        server.wrote();
                    }
                    session.wrote(slot.writePosition(0));
                    session.waitFor(slot.waitPosition(0));
                    return slot.out().asSlice(slot.outOffset(0), slot.outEnd(0) - slot.outOffset(0)).toArray(ValueLayout.JAVA_BYTE);
                }
                case Abi.STATUS_RING_FULL, Abi.STATUS_GROWING, Abi.STATUS_BUSY -> {
                    server.log().wake();
                    server.memory().wakeIfNeeded();
                    if (stalled || !session.coldStarted) {
                        throw new StalledException();
                    }
                    // half of it is done and cannot be taken back: the rest follows, or the client hears of the error
                    LockSupport.parkNanos(RETRY_NANOS);
                }
                default -> throw new IllegalStateException("a hot command came back: status=" + slot.status(0));
            }
        }
    }

    @Override
    public long keys() {
        return server.store().counters().keys();
    }

    @Override
    public long keysObserved(Session session) {
        long keys = keys();
        session.waitFor(server.store().ring().producerPosition());
        return keys;
    }

    @Override
    public void flush(Session session) {
        synchronized (server.store()) {
            slot.flush();
            if (slot.batchStatus() == Abi.STATUS_RING_FULL) {
                server.log().wake();
                throw new StalledException();
            }
            ((Connection) session).wrote(slot.batchResult());
            session.waitFor(slot.batchResult());
            server.log().wake();
            sweep(IoSlot.Sweep.STALE);
        }
    }

    /** Gives the memory of what FLUSHALL removed back before it is answered, as Redis does. */
    private void sweep(IoSlot.Sweep what) {
        int buckets = server.store().geometry().bucketCount();
        for (long first = 0; first < buckets; first = slot.batchCursor()) {
            slot.sweep(first, SWEEP_BUCKETS, what);
        }
    }

    @Override
    public StoreInfo info() {
        return server.info();
    }
}
