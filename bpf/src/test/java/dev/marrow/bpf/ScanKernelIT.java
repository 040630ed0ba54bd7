package dev.marrow.bpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The scan gives every key that stays, and whatever it gives is whole, whatever others write meanwhile; and with its second look taken out these tests turn red. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScanKernelIT {
    private static final String OBJECT = "/bpf/marrow.bpf.o";
    private static final int STEP_BYTES = 64 << 10;
    private static final int STEPS_MAX = 100_000;
    private static final int SCANNER = 0;
    private static final int WRITERS = 3;
    /** More than the tiny table's buckets, so that each has a chain. */
    private static final int KEYS = 24;
    private static final int SCANS = 60;
    private static final int CONTROL_SCANS_MAX = 600;
    private static final int KEY_SCANS = 4_000;
    private static final int SLOW_KEY_SCANS = 500;
    private static final int CONTROL_KEY_SCANS_MAX = 20_000;

    private record Found(long version, long expireMillis, String value) {}

    /** A scan's records in their order; fails on whatever is no record. */
    private static List<Map.Entry<String, Found>> scan(KernelStore store, int stepBytes) {
        List<Map.Entry<String, Found>> found = new ArrayList<>();
        IoSlot slot = store.slot(SCANNER);
        slot.beginScan();
        for (int steps = 0; slot.batchCursor() < store.geometry().bucketCount(); steps++) {
            assertTrue(steps < STEPS_MAX, "the scan finds no end");
            slot.scan(512, stepBytes);
            int before = found.size();
            long versionMax = read(slot.out(), slot.scannedBytes(), found);
            assertEquals(slot.batchResult(), found.size() - before);
            assertEquals(slot.scannedVersionMax(), versionMax);
        }
        return found;
    }

    private static long read(MemorySegment out, int bytes, List<Map.Entry<String, Found>> found) {
        long versionMax = 0;
        int at = 0;
        while (at < bytes) {
            long length = out.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
            long body = at + RedoRing.HEADER_BYTES;
            long version = out.get(ValueLayout.JAVA_LONG_UNALIGNED, body);
            int valueLength = out.get(ValueLayout.JAVA_INT_UNALIGNED, body + 16);
            int keyLength = out.get(ValueLayout.JAVA_SHORT_UNALIGNED, body + 20);
            assertEquals(Abi.REDO_PUT, out.get(ValueLayout.JAVA_BYTE, body + 22));
            assertEquals(Abi.REDO_HEADER_BYTES + keyLength + valueLength, length);
            String key = text(out, body + Abi.REDO_HEADER_BYTES, keyLength);
            String value = text(out, body + Abi.REDO_HEADER_BYTES + keyLength, valueLength);
            found.add(Map.entry(key, new Found(version, out.get(ValueLayout.JAVA_LONG_UNALIGNED, body + 8), value)));
            versionMax = Math.max(versionMax, version);
            int padded = (int) (length + 7 & ~7);
            for (long i = body + length; i < body + padded; i++) {
                assertEquals(0, out.get(ValueLayout.JAVA_BYTE, i), "stale bytes behind a record");
            }
            at += RedoRing.HEADER_BYTES + padded;
        }
        assertEquals(bytes, at);
        return versionMax;
    }

    private static String text(MemorySegment memory, long at, int length) {
        return new String(memory.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }

    private static Map<String, String> values(List<Map.Entry<String, Found>> found) {
        Map<String, String> values = new TreeMap<>();
        found.forEach(one -> values.put(one.getKey(), one.getValue().value));
        return values;
    }

    @Test
    void aTableThatRestsIsGivenExactly() {
        for (int stepBytes : new int[] {1, 4096, STEP_BYTES}) {
            try (TestStore store = new TestStore(new StoreGeometry(300, 64 << 20, 1 << 20), 2)) {
                assertEquals(List.of(), scan(store.store, stepBytes));
                Map<String, String> expected = new TreeMap<>();
                // every size class is a seventh above the one before
                for (int bytes = 0, n = 0; bytes <= 65_536; bytes = bytes < 65_536 ? Math.min(65_536, bytes + 1 + bytes / 8) : bytes + 1, n++) {
                    for (String key : List.of("k" + n, ("long" + n + "-").repeat(1 + n % 40))) {
                        expected.put(key, "v".repeat(bytes));
                        assertEquals("+OK\r\n", store.call("SET", key, "v".repeat(bytes)));
                    }
                }
                store.call("SET", "gone", "x");
                store.call("DEL", "gone");
                List<Map.Entry<String, Found>> found = scan(store.store, stepBytes);
                assertEquals(expected.size(), found.size(), "given twice");
                assertEquals(expected, values(found));
            }
        }
    }

    @Test
    void aChainThatExceedsOneOutputIsResumed() {
        try (TestStore store = new TestStore(new StoreGeometry(StoreGeometry.CAPACITY_MIN, 64 << 20, 1 << 20), 2)) {
            Map<String, String> expected = new TreeMap<>();
            for (int i = 0; i < KEYS; i++) {
                expected.put("k" + i, String.valueOf((char) ('a' + i)).repeat(65_536));
                assertEquals("+OK\r\n", store.call("SET", "k" + i, expected.get("k" + i)));
            }
            List<Map.Entry<String, Found>> found = scan(store.store, STEP_BYTES);
            assertEquals(KEYS, found.size());
            assertEquals(expected, values(found));
        }
    }

    @Test
    void expiredAndFlushedKeysAreLeftOut() {
        try (TestStore store = TestStore.small()) {
            long now = System.currentTimeMillis();
            store.store.control().clockFixedMillis(now);
            store.call("SET", "stays", "v");
            store.call("SET", "later", "v", "PXAT", Long.toString(now + 10_000));
            store.call("SET", "soon", "v", "PXAT", Long.toString(now + 100));
            store.store.control().clockFixedMillis(now + 5_000);
            assertEquals(Map.of("stays", "v", "later", "v"), values(scan(store.store, STEP_BYTES)));
            store.store.slot(1).flush();
            store.call("SET", "after", "v");
            assertEquals(Map.of("after", "v"), values(scan(store.store, STEP_BYTES)));
        }
    }

    // ---- while others write ----

    /** All that has been given is overwritten before the next step, and then the rest: it would go on for ever if it gave all that is new. */
    @Test
    void aScanEndsHoweverMuchIsOverwritten() {
        try (TestStore store = new TestStore(new StoreGeometry(StoreGeometry.CAPACITY_MIN, 64 << 20, 1 << 20), 2)) {
            for (int i = 0; i < KEYS; i++) {
                store.call("SET", "changes" + i, "v".repeat(100));
                store.call("SET", "stays" + i, "v".repeat(100));
            }
            List<Map.Entry<String, Found>> found = new ArrayList<>();
            IoSlot slot = store.store.slot(SCANNER);
            slot.beginScan();
            // what a scan remembers of a home bounds what it gives of it
            int stepsMax = 64 * store.store.geometry().bucketCount();
            for (int steps = 0; slot.batchCursor() < store.store.geometry().bucketCount(); steps++) {
                assertTrue(steps <= stepsMax, "the scan finds no end");
                slot.scan(512, 1);
                read(slot.out(), slot.scannedBytes(), found);
                Map<String, String> given = values(found);
                for (boolean first : new boolean[] {true, false}) {
                    for (int i = 0; i < KEYS; i++) {
                        if (given.containsKey("changes" + i) == first) {
                            store.run(1, TestStore.command("SET", "changes" + i, "w".repeat(100)), 0);
                        }
                    }
                }
            }
            for (int i = 0; i < KEYS; i++) {
                assertTrue(values(found).containsKey("stays" + i), "not given: stays" + i);
            }
        }
    }

    /** A value that carries its own checksum and its key. */
    private static String sealed(String key, Random random) {
        byte[] bytes = new byte[random.nextInt(4) == 0 ? 30_000 + random.nextInt(30_000) : random.nextInt(400)];
        Arrays.fill(bytes, (byte) ('a' + random.nextInt(26)));
        String body = key + ":" + random.nextLong() + ":" + new String(bytes, StandardCharsets.ISO_8859_1);
        return checksum(body) + body;
    }

    private static String checksum(String body) {
        CRC32C crc = new CRC32C();
        crc.update(body.getBytes(StandardCharsets.ISO_8859_1));
        return String.format("%08x", crc.getValue());
    }

    private static String wrongWith(Map.Entry<String, Found> one) {
        String value = one.getValue().value;
        boolean whole = value.length() > 8 && value.substring(0, 8).equals(checksum(value.substring(8)))
                && value.startsWith(one.getKey() + ":", 8);
        return whole ? "" : "torn or mixed: " + one.getKey() + " version " + one.getValue().version + " of " + value.length() + " bytes";
    }

    /** Scans beside writers of this object; returns the first thing that is wrong, empty when there is none. */
    private static String scanBesideWriters(String object, int scans) throws Exception {
        try (TestStore store = new TestStore(object, new StoreGeometry(StoreGeometry.CAPACITY_MIN, 64 << 20, 1 << 20), WRITERS + 1);
                ExecutorService threads = Executors.newFixedThreadPool(WRITERS + 1)) {
            store.drainedElsewhere = true;
            AtomicBoolean running = new AtomicBoolean(true);
            AtomicBoolean draining = new AtomicBoolean(true);
            List<Future<?>> writers = new ArrayList<>();
            Future<?> drainer = threads.submit(() -> {
                while (draining.get()) {
                    store.dropLog();
                    Thread.onSpinWait();
                }
            });
            for (int i = 0; i < KEYS; i++) {
                store.run(1, TestStore.command("SET", "stays" + i, sealed("stays" + i, new Random(i))), 0);
                store.run(1, TestStore.command("SET", "changes" + i, sealed("changes" + i, new Random(i))), 0);
            }
            for (int writer = 1; writer <= WRITERS; writer++) {
                int slot = writer;
                writers.add(threads.submit(() -> write(store, slot, running)));
            }
            try {
                return scans(store, scans);
            } finally {
                // a writer that meets a full ring waits for the drainer
                running.set(false);
                for (Future<?> writer : writers) {
                    writer.get();
                }
                draining.set(false);
                drainer.get();
            }
        }
    }

    /** Around the keys that stay some change and others come and go, so that references move through the chains. */
    private static void write(TestStore store, int slot, AtomicBoolean running) {
        Random random = new Random();
        while (running.get()) {
            StringBuilder commands = new StringBuilder();
            for (int i = 0; i < 16; i++) {
                String key = (random.nextBoolean() ? "changes" : "comes" + slot + "-") + random.nextInt(KEYS);
                commands.append(key.startsWith("comes") && random.nextBoolean() ? TestStore.command("DEL", key)
                        : TestStore.command("SET", key, sealed(key, random)));
                if (commands.length() > 30_000) {
                    break;
                }
            }
            store.run(slot, commands.toString(), 0);
        }
    }

    private static String scans(TestStore store, int scans) {
        Map<String, Long> newest = new HashMap<>();
        for (int n = 0; n < scans; n++) {
            Map<String, Long> given = new HashMap<>();
            for (Map.Entry<String, Found> one : scan(store.store, STEP_BYTES)) {
                if (!wrongWith(one).isEmpty()) {
                    return wrongWith(one);
                }
                if (one.getValue().version < newest.getOrDefault(one.getKey(), 0L)) {
                    return "given as it was before the scan: " + one.getKey();
                }
                given.merge(one.getKey(), one.getValue().version, Math::max);
            }
            for (int i = 0; i < KEYS; i++) {
                if (!given.containsKey("stays" + i)) {
                    return "not given: stays" + i + " in scan " + n;
                }
            }
            newest.putAll(given);
        }
        return "";
    }

    @Test
    void everyKeyThatStaysIsGivenAndAllAreWholeWhileOthersWrite() throws Exception {
        assertEquals("", scanBesideWriters(OBJECT, SCANS));
    }

    /** The same pause between a record's header and the rest, with and without the look that comes after. */
    @Test
    void withoutTheSecondLookATornRecordIsNoticed() throws Exception {
        assertEquals("", scanBesideWriters("/mutants/SLOW_SCAN.bpf.o", SCANS));
        String noticed;
        try {
            noticed = scanBesideWriters("/mutants/NO_SCAN_CHECK.bpf.o", CONTROL_SCANS_MAX);
        } catch (AssertionError noRecord) {
            noticed = noRecord.getMessage();
        }
        assertFalse(noticed.isEmpty(), "torn records were given and nobody noticed");
    }

    // ---- keys only ----

    /** Keys of one scan with their homes, in their order. */
    private static List<Map.Entry<String, Integer>> scanKeys(KernelStore store, int homes, int keys) {
        List<Map.Entry<String, Integer>> found = new ArrayList<>();
        IoSlot slot = store.slot(SCANNER);
        slot.beginScan(0);
        for (int steps = 0; slot.batchCursor() < store.geometry().bucketCount(); steps++) {
            assertTrue(steps < STEPS_MAX, "the scan finds no end");
            slot.scanKeys(homes, keys);
            int before = found.size();
            int at = 0;
            while (at < slot.scannedBytes()) {
                int length = slot.out().get(ValueLayout.JAVA_INT_UNALIGNED, at);
                int home = slot.out().get(ValueLayout.JAVA_INT_UNALIGNED, at + 4);
                long body = at + RedoRing.HEADER_BYTES;
                int keyLength = slot.out().get(ValueLayout.JAVA_SHORT_UNALIGNED, body + 20);
                assertEquals(0, slot.out().get(ValueLayout.JAVA_INT_UNALIGNED, body + 16), "a value's length without the value");
                assertEquals(Abi.REDO_HEADER_BYTES + keyLength, length);
                found.add(Map.entry(text(slot.out(), body + Abi.REDO_HEADER_BYTES, keyLength), home));
                at += RedoRing.HEADER_BYTES + (length + 7 & ~7);
            }
            assertEquals(slot.scannedBytes(), at);
            assertEquals(slot.batchResult(), found.size() - before);
            assertTrue(found.size() - before < keys + 45, "a run ends behind the home with which there are enough");
        }
        return found;
    }

    @Test
    void keysOfATableThatRestsAreGivenExactlyHomeByHome() {
        for (int keys : new int[] {1, 10, 100_000}) {
            try (TestStore store = new TestStore(new StoreGeometry(300, 64 << 20, 1 << 20), 2)) {
                assertEquals(List.of(), scanKeys(store.store, 512, keys));
                Map<String, String> expected = new TreeMap<>();
                for (int n = 0; n < 300; n++) {
                    String key = "x".repeat(n % 7 == 0 ? 505 : n % 64) + n;
                    expected.put(key, "");
                    store.call("SET", key, "v".repeat(n % 5 == 0 ? 65_536 : n));
                }
                store.call("DEL", expected.keySet().iterator().next());
                expected.remove(expected.keySet().iterator().next());
                List<Map.Entry<String, Integer>> found = scanKeys(store.store, 512, keys);
                assertEquals(expected.size(), found.size(), "given twice");
                Map<String, String> given = new TreeMap<>();
                found.forEach(one -> given.put(one.getKey(), ""));
                assertEquals(expected, given);
                List<Integer> homes = found.stream().map(Map.Entry::getValue).toList();
                assertEquals(homes.stream().sorted().toList(), homes, "homes in their order");
                assertEquals(found, scanKeys(store.store, 1, keys), "home by home");
            }
        }
    }

    /** Unlike a scan of records, one of keys gives every key that stays even if it is written to all the time. */
    @Test
    void everyKeyThatStaysIsGivenHoweverMuchItIsOverwritten() throws Exception {
        assertEquals("", keysBesideWriters(OBJECT, KEY_SCANS));
    }

    /** The same pause at each key, and the walk in both directions: a removal moves the last reference to where a walk forwards has been. */
    @Test
    void walkedForwardsAKeyThatMovesIsMissed() throws Exception {
        assertEquals("", keysBesideWriters("/mutants/SLOW_SCAN_KEYS.bpf.o", SLOW_KEY_SCANS));
        assertFalse(keysBesideWriters("/mutants/SCAN_KEYS_FORWARDS.bpf.o", CONTROL_KEY_SCANS_MAX).isEmpty(), "keys were missed and nobody noticed");
    }

    private static String keysBesideWriters(String object, int scans) throws Exception {
        try (TestStore store = new TestStore(object, new StoreGeometry(StoreGeometry.CAPACITY_MIN, 64 << 20, 1 << 20), WRITERS + 1);
                ExecutorService threads = Executors.newFixedThreadPool(WRITERS + 1)) {
            store.drainedElsewhere = true;
            AtomicBoolean running = new AtomicBoolean(true);
            AtomicBoolean draining = new AtomicBoolean(true);
            List<Future<?>> writers = new ArrayList<>();
            Future<?> drainer = threads.submit(() -> {
                while (draining.get()) {
                    store.dropLog();
                    Thread.onSpinWait();
                }
            });
            for (int i = 0; i < KEYS; i++) {
                store.run(1, TestStore.command("SET", "changes" + i, "v"), 0);
            }
            for (int writer = 1; writer <= WRITERS; writer++) {
                int slot = writer;
                writers.add(threads.submit(() -> writeSmall(store, slot, running)));
            }
            try {
                for (int n = 0; n < scans; n++) {
                    List<String> given = scanKeys(store.store, 512, 1000).stream().map(Map.Entry::getKey).toList();
                    for (int i = 0; i < KEYS; i++) {
                        if (!given.contains("changes" + i)) {
                            return "not given: changes" + i + " in scan " + n;
                        }
                    }
                    for (String key : given) {
                        if (!key.matches("changes[0-9]+|comes[0-9]-[0-9]+")) {
                            return "torn: " + key;
                        }
                    }
                }
                return "";
            } finally {
                running.set(false);
                for (Future<?> writer : writers) {
                    writer.get();
                }
                draining.set(false);
                drainer.get();
            }
        }
    }

    /** Overwrites the keys that stay all the time, and has others come and go in front of them. */
    private static void writeSmall(TestStore store, int slot, AtomicBoolean running) {
        Random random = new Random();
        while (running.get()) {
            StringBuilder commands = new StringBuilder();
            for (int i = 0; i < 64; i++) {
                int key = random.nextInt(KEYS);
                String comes = "comes" + slot + "-" + random.nextInt(KEYS);
                commands.append(random.nextInt(4) > 0 ? TestStore.command("SET", "changes" + key, "w".repeat(random.nextInt(9)))
                        : random.nextBoolean() ? TestStore.command("DEL", comes) : TestStore.command("SET", comes, "x"));
            }
            store.run(slot, commands.toString(), 0);
        }
    }
}
