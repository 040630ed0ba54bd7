package dev.marrow.bpf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;

/** A real store with pins of its own, which close() removes. Drops its log: these tests are about the table. */
final class TestStore implements AutoCloseable {
    /** Others may be interrupted with a lock or marks in their hands, but not for so long. */
    private static final long BUSY_NANOS_MAX = 30_000_000_000L;

    final byte[] instance = new byte[16];
    final KernelStore store;
    /** Somebody else empties the ring, which has one consumer only. */
    volatile boolean drainedElsewhere;

    TestStore(StoreGeometry geometry, int slotCount) {
        this("/bpf/marrow.bpf.o", geometry, slotCount);
    }

    /** @param object resource with the programs; {@code /mutants/…} has some with one promise broken each */
    TestStore(String object, StoreGeometry geometry, int slotCount) {
        new SecureRandom().nextBytes(instance);
        store = KernelStore.create(KernelStore.image(object), BpfFs.prepare(instance), geometry, instance, HashSeed.random(), slotCount);
        store.updateClock();
    }

    static TestStore small() {
        return new TestStore(new StoreGeometry(10_000, 64 << 20, 1 << 20), 4);
    }

    /** Runs RESP text and returns the replies. */
    String run(String resp) {
        return run(0, resp, 0);
    }

    String run(int slotIndex, String resp, int flags) {
        IoSlot slot = store.slot(slotIndex);
        byte[] in = resp.getBytes(StandardCharsets.ISO_8859_1);
        MemorySegment.copy(in, 0, slot.in(), ValueLayout.JAVA_BYTE, 0, in.length);
        StringBuilder replies = new StringBuilder();
        int from = 0;
        long startNanos = System.nanoTime();
        while (true) {
            slot.request(0, from, in.length, flags);
            slot.serve(1);
            replies.append(new String(slot.out().asSlice(slot.outOffset(0), slot.outEnd(0) - slot.outOffset(0))
                    .toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1));
            from = slot.inOffset(0);
            switch (slot.status(0)) {
                case Abi.STATUS_DONE -> {
                    return replies.toString();
                }
                case Abi.STATUS_OUT_FULL, Abi.STATUS_RUN_LIMIT -> { }
                case Abi.STATUS_BUSY -> {
                    if (System.nanoTime() - startNanos > BUSY_NANOS_MAX) {
                        throw new AssertionError("a transaction finds no end: the table is broken");
                    }
                }
                case Abi.STATUS_RING_FULL -> {
                    if (!drainedElsewhere) {
                        dropLog();
                    }
                }
                case Abi.STATUS_GROWING -> store.heap().grow();
                default -> throw new IllegalStateException("status=" + slot.status(0) + " offset=" + from);
            }
        }
    }

    void dropLog() {
        RedoRing ring = store.ring();
        ring.release(ring.finishedEnd(ring.consumerPosition(), ring.capacity()));
    }

    /** One command as RESP. */
    static String command(String... arguments) {
        StringBuilder text = new StringBuilder("*").append(arguments.length).append("\r\n");
        for (String argument : arguments) {
            text.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
        }
        return text.toString();
    }

    String call(String... arguments) {
        return run(command(arguments));
    }

    @Override
    public void close() {
        store.close();
        BpfFs.unpin(instance);
    }
}
