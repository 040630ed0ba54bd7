package dev.marrow.bpf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** The load program: idempotent, and indifferent to order (I5). */
class ReplayKernelIT {
    private record Redo(long version, int type, String key, String value) {}

    private static int put(MemorySegment in, int at, Redo redo) {
        byte[] key = redo.key.getBytes(StandardCharsets.ISO_8859_1);
        byte[] value = redo.value.getBytes(StandardCharsets.ISO_8859_1);
        int length = Abi.REDO_HEADER_BYTES + key.length + value.length;
        in.set(ValueLayout.JAVA_LONG_UNALIGNED, at, length);
        long body = at + RedoRing.HEADER_BYTES;
        in.set(ValueLayout.JAVA_LONG_UNALIGNED, body, redo.version);
        in.set(ValueLayout.JAVA_LONG_UNALIGNED, body + 8, 0);
        in.set(ValueLayout.JAVA_INT_UNALIGNED, body + 16, value.length);
        in.set(ValueLayout.JAVA_SHORT_UNALIGNED, body + 20, (short) key.length);
        in.set(ValueLayout.JAVA_BYTE, body + 22, (byte) redo.type);
        in.set(ValueLayout.JAVA_BYTE, body + 23, (byte) 0);
        MemorySegment.copy(key, 0, in, ValueLayout.JAVA_BYTE, body + Abi.REDO_HEADER_BYTES, key.length);
        MemorySegment.copy(value, 0, in, ValueLayout.JAVA_BYTE, body + Abi.REDO_HEADER_BYTES + key.length, value.length);
        return at + RedoRing.HEADER_BYTES + (length + 7 & ~7);
    }

    private static void load(TestStore store, List<Redo> records, long flushed) {
        IoSlot slot = store.store.slot(0);
        int end = fill(slot, records);
        slot.load(0, end, flushed, records.size() % 2 == 0);
        assertEquals(0, slot.batchStatus());
        assertEquals(end, slot.batchCursor());
    }

    private static void dropTombstones(TestStore store, List<Redo> records, long flushed) {
        IoSlot slot = store.store.slot(1);
        int end = fill(slot, records);
        slot.dropTombstones(0, end, flushed);
        assertEquals(0, slot.batchStatus());
        assertEquals(end, slot.batchCursor());
    }

    private static int fill(IoSlot slot, List<Redo> records) {
        int end = 0;
        for (Redo record : records) {
            end = put(slot.in(), end, record);
        }
        return end;
    }

    /** Two writers whose records lie in the ring the other way round than they took the lock, and every other order. */
    @Test
    void highestVersionWinsInEveryOrder() {
        everyOrder("/bpf/marrow.bpf.o");
    }

    @Test
    void replayInRingOrderIsNoticed() {
        assertThrows(AssertionFailedError.class, () -> everyOrder("/mutants/REPLAY_IN_RING_ORDER.bpf.o"));
    }

    private static void everyOrder(String object) {
        List<Redo> records = new ArrayList<>(List.of(
                new Redo(11, Abi.REDO_PUT, "a", "old"),
                new Redo(12, Abi.REDO_PUT, "a", "new"),
                new Redo(21, Abi.REDO_PUT, "b", "gone"),
                new Redo(22, Abi.REDO_DELETE, "b", ""),
                new Redo(31, Abi.REDO_DELETE, "c", ""),
                new Redo(32, Abi.REDO_PUT, "c", "back"),
                new Redo(5, Abi.REDO_PUT, "d", "flushed")));
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (TestStore store = new TestStore(object, new StoreGeometry(1000, 64 << 20, 1 << 20), 2)) {
            for (int round = 0; round < 40; round++) {
                // a new floor empties the table
                store.store.control().versionFloor(store.store.control().versionFloor() + 4 * Abi.VERSION_STEP);
                Collections.shuffle(records, random);
                load(store, records, 10);
                load(store, records.subList(0, 3), 10);
                assertEquals(3, store.store.counters().keys(), "a, c and b's tombstone");
                dropTombstones(store, records, 10);
                assertEquals(2, store.store.counters().keys());
                String where = "seed " + seed + " order " + records;
                assertEquals("$3\r\nnew\r\n", store.call("GET", "a"), where);
                assertEquals("$-1\r\n", store.call("GET", "b"), where);
                assertEquals("$4\r\nback\r\n", store.call("GET", "c"), where);
                assertEquals("$-1\r\n", store.call("GET", "d"), where);
            }
        }
    }

    @Test
    void versionsGoOnAboveWhatWasLoaded() {
        try (TestStore store = TestStore.small()) {
            long high = 5 * Abi.VERSION_STEP + 17;
            store.store.control().versionFloor(7 * Abi.VERSION_STEP);
            load(store, List.of(new Redo(high, Abi.REDO_PUT, "k", "v")), 0);
            store.dropLog();
            assertEquals("+OK\r\n", store.call("SET", "k", "w"));
            RedoRing ring = store.store.ring();
            long at = ring.consumerPosition();
            long version = ring.bytes(at, ring.finishedEnd(at, 4096)).get(ValueLayout.JAVA_LONG_UNALIGNED, RedoRing.HEADER_BYTES);
            assertEquals(true, version > high, "version=" + version + " loaded=" + high);
        }
    }
}
