package dev.marrow.bpf;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions over staged keys, one thread: what they change, what they leave when they fail, and what they write to the log. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TransactionKernelIT {
    private static final StoreGeometry TINY = new StoreGeometry(StoreGeometry.CAPACITY_MIN, 64 << 20, 1 << 20);
    /** More than the table takes without chains. */
    private static final int KEYS = (int) (StoreGeometry.CAPACITY_MIN * 5 / 4);

    /** Stages the keys; indexes are theirs. */
    private static Staging stage(TestStore store, String... keys) {
        return stage(store, false, keys);
    }

    private static Staging stage(TestStore store, boolean hold, String... keys) {
        Staging staging = store.store.staging();
        staging.clear();
        for (String key : keys) {
            staging.add(latin(key), true);
        }
        assertEquals(0, staging.stage(store.store.slot(1), hold));
        return staging;
    }

    private static byte[] latin(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static int commit(TestStore store) {
        return store.store.staging().commit(store.store.slot(1));
    }

    private static String bulk(String value) {
        return "$" + value.length() + "\r\n" + value + "\r\n";
    }

    @Test
    void seesWhatIsThere() {
        try (TestStore store = TestStore.small()) {
            store.store.control().clockFixedMillis(1000);
            store.call("SET", "plain", "value");
            store.call("SET", "timed", "x", "PXAT", "5000");
            store.call("SET", "expired", "x", "PXAT", "1500");
            store.store.control().clockFixedMillis(2000);
            Staging staging = stage(store, "plain", "timed", "expired", "absent");
            assertEquals(2000, staging.nowMillis());
            assertTrue(staging.live(0) && staging.live(1) && !staging.live(2) && !staging.live(3));
            assertArrayEquals(latin("value"), staging.value(0));
            assertEquals(0, staging.expireMillis(0));
            assertEquals(5000, staging.expireMillis(1));
            assertTrue(staging.found(2) && !staging.found(3));
            assertTrue(staging.version(0) > 0 && staging.version(3) == 0);
            assertTrue(staging.logPosition(0) > 0);
        }
    }

    @Test
    void changesAllKeysAndWritesOneRecord() {
        try (TestStore store = TestStore.small()) {
            store.call("SET", "a", "1");
            store.call("SET", "b", "2");
            store.dropLog();
            long from = store.store.ring().producerPosition();
            Staging staging = stage(store, "a", "b", "c");
            staging.put(0, latin("one"), 0);
            staging.delete(1);
            staging.put(2, latin("three"), 9_999_999_999_999L);
            assertEquals(bulk("1"), store.call("GET", "a"), "nobody sees it before the commit");
            assertEquals(0, commit(store));
            assertEquals(bulk("one"), store.call("GET", "a"));
            assertEquals("$-1\r\n", store.call("GET", "b"));
            assertEquals(bulk("three"), store.call("GET", "c"));
            assertEquals(2, store.store.counters().keys());

            RedoRing ring = store.store.ring();
            MemorySegment bytes = ring.bytes(from, ring.producerPosition());
            int length = bytes.get(ValueLayout.JAVA_INT, 0);
            assertEquals(bytes.byteSize(), RedoRing.HEADER_BYTES + length, "one record");
            assertEquals(Abi.REDO_TRANSACTION, bytes.get(ValueLayout.JAVA_BYTE, 8 + 22));
            assertEquals(ring.producerPosition(), staging.position());
        }
    }

    @Test
    void oneKeyWritesAnOrdinaryRecord() {
        try (TestStore store = TestStore.small()) {
            store.dropLog();
            long from = store.store.ring().producerPosition();
            Staging staging = stage(store, "a");
            staging.put(0, latin("one"), 0);
            assertEquals(0, commit(store));
            assertEquals(bulk("one"), store.call("GET", "a"));
            assertEquals(Abi.REDO_PUT, store.store.ring().bytes(from, from + 64).get(ValueLayout.JAVA_BYTE, 8 + 22));
            staging = stage(store, "a");
            staging.delete(0);
            assertEquals(0, commit(store));
            assertEquals("$-1\r\n", store.call("GET", "a"));
        }
    }

    @Test
    void failsWhenAKeyWasChanged() {
        try (TestStore store = TestStore.small()) {
            for (String[] keys : new String[][] {{"a"}, {"a", "b"}}) {
                store.call("SET", "a", "0");
                Staging staging = stage(store, keys);
                store.call("SET", "a", "theirs");
                assertEquals(Abi.STATUS_CHANGED, commit(store), "without changes");
                staging = stage(store, keys);
                staging.put(0, latin("ours"), 0);
                store.call("DEL", "a");
                assertEquals(Abi.STATUS_CHANGED, commit(store));
                assertEquals("$-1\r\n", store.call("GET", "a"));
                staging = stage(store, keys);
                staging.put(0, latin("ours"), 0);
                store.store.slot(2).flush();
                assertEquals(Abi.STATUS_CHANGED, commit(store), "flushed");
                staging = stage(store, keys);
                staging.put(0, latin("ours"), 0);
                assertEquals(0, commit(store));
                assertEquals(bulk("ours"), store.call("GET", "a"));
            }
        }
    }

    @Test
    void hotCommandsWorkOnStagedKeysAsOnTheTable() {
        try (TestStore store = TestStore.small(); TestStore other = TestStore.small()) {
            String[][] commands = {{"GET", "k"}, {"SET", "k", "10"}, {"INCR", "k"}, {"APPEND", "k", "0"}, {"STRLEN", "k"}, {"GET", "k"},
                {"SET", "k", "v".repeat(300), "EX", "100"}, {"APPEND", "k", "w".repeat(9000)}, {"GET", "k"}, {"TTL", "k"}, {"PERSIST", "k"}, {"TTL", "k"},
                {"INCR", "k"}, {"SET", "k", "x", "NX"}, {"GETDEL", "k"}, {"EXISTS", "k"}, {"SETNX", "k", "5"}, {"DECRBY", "k", "7"}, {"EXPIRE", "k", "-1"},
                {"GET", "k"}, {"SET", "k", "last", "GET"}};
            store.store.control().clockFixedMillis(1_000_000);
            other.store.control().clockFixedMillis(1_000_000);
            stage(store, "k");
            for (String[] command : commands) {
                String expected = other.call(command);
                assertEquals(expected, store.run(1, TestStore.command(command), Abi.REQUEST_STAGED), String.join(" ", command));
            }
            assertEquals("$-1\r\n", store.call("GET", "k"));
            assertEquals(0, store.store.counters().keys());
            assertEquals(0, commit(store));
            assertEquals(other.call("GET", "k"), store.call("GET", "k"));
        }
    }

    @Test
    void repeatedChangesOfAKeyTakeNoMoreRoom() {
        try (TestStore store = TestStore.small()) {
            stage(store, "k", "n");
            String value = "v".repeat(60_000);
            for (int i = 0; i < 1_000; i++) {
                assertEquals("+OK\r\n", store.run(1, TestStore.command("SET", "k", value), Abi.REQUEST_STAGED));
                assertEquals(":" + (i + 1) + "\r\n", store.run(1, TestStore.command("INCR", "n"), Abi.REQUEST_STAGED | 1 << Abi.REQUEST_STAGED_SHIFT));
            }
            assertEquals(0, commit(store));
            assertEquals(bulk(value), store.call("GET", "k"));
        }
    }

    @Test
    void whatIsTooLargeIsRefusedAndChangesNothing() {
        try (TestStore store = TestStore.small()) {
            String[] keys = new String[100];
            for (int i = 0; i < keys.length; i++) {
                keys[i] = "key:" + i;
                store.call("SET", keys[i], "v".repeat(60_000));
                store.dropLog();
            }
            assertThrows(Staging.TooLargeException.class, () -> stage(store, keys));
            Staging staging = stage(store, "a", "b", "c", "d", "e", "f", "g", "h", "i");
            for (int i = 0; i < 9; i++) {
                staging.put(i, new byte[60_000], 0);
            }
            assertThrows(Staging.TooLargeException.class, () -> commit(store), "half the ring");
            assertEquals(100, store.store.counters().keys());
            staging.clear();
            for (int i = 0; i < Abi.STAGED_KEYS_MAX; i++) {
                staging.add(latin("k" + i), false);
            }
            assertThrows(Staging.TooLargeException.class, () -> staging.add(latin("one more"), false));
        }
    }

    @Test
    void aFullRingChangesNothing() {
        try (TestStore store = new TestStore(new StoreGeometry(1000, 64 << 20, StoreGeometry.RING_BYTES_MIN), 4)) {
            store.call("SET", "a", "before");
            IoSlot slot = store.store.slot(0);
            byte[] filler = latin(TestStore.command("SET", "filler", "f".repeat(1000)));
            do {
                slot.inBuffer().clear().put(filler);
                slot.request(0, 0, filler.length, 0);
                slot.serve(1);
            } while (slot.status(0) == Abi.STATUS_DONE);
            for (String[] keys : new String[][] {{"a"}, {"a", "b"}}) {
                for (int i = 0; i < 50; i++) {
                    Staging staging = stage(store, keys);
                    staging.put(0, new byte[2000], 0);
                    assertEquals(Abi.STATUS_RING_FULL, commit(store));
                }
                assertEquals(bulk("before"), store.call("GET", "a"));
            }
            store.dropLog();
            assertEquals(0, commit(store), "the same again");
            assertEquals(bulk("\0".repeat(2000)), store.call("GET", "a"));
        }
    }

    @Test
    void aFullTableOrBudgetChangesNothingAndLeaksNothing() {
        try (TestStore store = new TestStore(new StoreGeometry(20_000, StoreGeometry.SLAB_BYTES * 4, 4 << 20), 4)) {
            int held = 0;
            while (store.call("SET", "key:" + held, "m".repeat(5000)).equals("+OK\r\n")) {
                held++;
            }
            for (int i = 0; i < 100; i++) {
                Staging staging = stage(store, "key:0", "key:1", "new:1", "new:2", "new:3");
                staging.put(0, latin("changed"), 0);
                staging.put(2, new byte[20_000], 0);
                staging.put(3, new byte[20_000], 0);
                staging.put(4, new byte[60_000], 0);
                assertEquals(Abi.STATUS_MEMORY_FULL, commit(store));
            }
            assertEquals(bulk("m".repeat(5000)), store.call("GET", "key:0"));
            assertEquals(held, store.store.counters().keys());
            assertEquals(":1\r\n", store.call("DEL", "key:1"));
            Staging staging = stage(store, "key:2", "key:1");
            staging.delete(0);
            staging.put(1, new byte[5000], 0);
            assertEquals(0, commit(store), "what the failures took is back");
        }
    }

    /** Chains of several buckets, with keys of one home in one transaction. */
    @Test
    void agreesWithAModelOnATableOfChains() {
        Random random = new Random(7);
        try (TestStore store = new TestStore(TINY, 4)) {
            Map<String, String> model = new HashMap<>();
            String[] all = java.util.stream.IntStream.range(0, KEYS).mapToObj(i -> "k" + i).toArray(String[]::new);
            for (int round = 0; round < 3_000; round++) {
                int count = 1 + random.nextInt(Math.min(40, KEYS / 2));
                List<String> keys = new ArrayList<>(random.ints(0, KEYS).distinct().limit(count).mapToObj(i -> "k" + i).toList());
                Staging staging = stage(store, round % 2 == 0, keys.toArray(String[]::new));
                Map<String, Optional<String>> changes = new HashMap<>();
                for (int i = 0; i < count; i++) {
                    assertEquals(model.containsKey(keys.get(i)), staging.live(i), keys.get(i));
                    if (model.containsKey(keys.get(i))) {
                        assertEquals(model.get(keys.get(i)), new String(staging.value(i), ISO_8859_1));
                    }
                    switch (random.nextInt(4)) {
                        case 0, 1 -> {
                            String value = "v" + round + "x".repeat(random.nextInt(200));
                            staging.put(i, latin(value), 0);
                            changes.put(keys.get(i), Optional.of(value));
                        }
                        case 2 -> {
                            staging.delete(i);
                            changes.put(keys.get(i), Optional.empty());
                        }
                        default -> { }
                    }
                }
                int status = commit(store);
                if (status == Abi.STATUS_TABLE_FULL) {
                    continue;
                }
                assertEquals(0, status);
                changes.forEach((key, value) -> value.ifPresentOrElse(v -> model.put(key, v), () -> model.remove(key)));
                assertEquals(model.size(), store.store.counters().keys());
                if (round % 500 == 250) {
                    store.store.slot(2).flush();
                    model.clear();
                    stage(store, all);      // an ordinary attempt clears up behind it
                    assertEquals(0, store.store.counters().keys());
                }
                store.dropLog();
            }
            assertTrue(model.size() > StoreGeometry.CAPACITY_MIN / 2, "size=" + model.size());
            for (int i = 0; i < KEYS; i++) {
                assertEquals(model.containsKey("k" + i) ? bulk(model.get("k" + i)) : "$-1\r\n", store.call("GET", "k" + i));
            }
        }
    }

    @Test
    void aValueThatWasNotAskedForIsNotGiven() {
        try (TestStore store = TestStore.small()) {
            store.call("SET", "k", "value");
            Staging staging = store.store.staging();
            staging.clear();
            staging.add(latin("k"), false);
            assertEquals(0, staging.stage(store.store.slot(1), false));
            assertTrue(staging.live(0) && staging.version(0) > 0);
            assertThrows(IllegalStateException.class, () -> staging.value(0));
            staging.put(0, latin("new"), 0);
            assertArrayEquals(latin("new"), staging.value(0));
            assertEquals(0, commit(store));
            assertEquals(bulk("new"), store.call("GET", "k"));
        }
    }

    @Test
    void aDeletedKeyThatIsAbsentWritesNothing() {
        try (TestStore store = TestStore.small()) {
            Staging staging = stage(store, "a", "b");
            staging.delete(0);
            staging.delete(1);
            assertEquals(0, commit(store));
            assertEquals(0, staging.position());
            assertFalse(staging.live(0));
        }
    }
}
