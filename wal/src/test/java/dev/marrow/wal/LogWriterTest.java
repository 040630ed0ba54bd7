package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static dev.marrow.wal.LogFixture.OPTIONS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogWriterTest {

    private static final long TEN_SECONDS = 10_000_000_000L;

    @Test
    void writesToTheRealFileSystem(@TempDir Path dir) throws Exception {
        MemoryRing ring = new MemoryRing();
        try (LogDirectory directory = LogDirectory.open(dir)) {
            assertThrows(DirectoryInUseException.class, () -> LogDirectory.open(dir));
            LogWriter writer = LogFixture.writer(ring, directory, OPTIONS, new LogFixture.Listener());
            writer.start();
            long end = 0;
            for (long version = 1; version <= 300; version++) {
                end = ring.put(version, "key" + version, LogFixture.value(version));
                writer.wake();
            }
            assertTrue(writer.awaitDurable(end, TEN_SECONDS));
            assertEquals(end, ring.consumerPosition());
            LogStats stats = writer.stats();
            assertEquals(300, stats.records());
            assertTrue(stats.syncs() > 0 && stats.segments() > 1, stats.toString());
            writer.close();
            writer.close();
            assertEquals(300, LogFixture.contents(directory).size());
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
        assertEquals(LogVerify.OK, LogVerify.run(dir, out));
        assertEquals(LogVerify.OK, LogDump.run(dir, false, false, out));
        assertEquals(LogVerify.UNREADABLE, LogVerify.run(dir.resolve("none"), out));
        assertTrue(text.toString(StandardCharsets.UTF_8).contains("seal (clean stop)"));
        assertTrue(Files.exists(dir.resolve("wal/0000000000000001.wal")));
    }

    @Test
    void neverAcknowledgesAfterFailedSync() throws Exception {
        FaultStorage storage = new FaultStorage();
        LogDirectory directory = LogDirectory.open(DIR, storage);
        MemoryRing ring = new MemoryRing();
        LogFixture.Listener listener = new LogFixture.Listener();
        LogWriter writer = LogFixture.writer(ring, directory, OPTIONS, listener);
        writer.start();
        long first = ring.put(1, "a", new byte[10]);
        assertTrue(writer.awaitDurable(first, TEN_SECONDS));
        // the next two calls are the write of the batch and its sync
        LogFixture.failNext(storage, directory, 2);
        long second = ring.put(2, "a", new byte[10]);
        writer.wake();
        assertFalse(writer.awaitDurable(second, TEN_SECONDS));
        ring.put(3, "a", new byte[10]);
        writer.close();
        assertTrue(writer.failed());
        assertEquals(first, writer.durable());
        assertEquals(first, ring.consumerPosition());
        assertEquals(1, listener.failures.size());
        assertEquals(List.of(), listener.broken);
        assertTrue(listener.failures.getFirst().getMessage().contains("force"), listener.failures.toString());
        assertEquals(0, storage.logForcesAfterFault, "a failed sync is never retried");
        assertTrue(FailedMarker.read(DIR, storage).orElseThrow().contains("injected"));
        assertThrows(LogFailedException.class, () -> LogFixture.writer(ring, directory, OPTIONS, listener), "not by a restart either");
        FailedMarker.clear(DIR, storage);
        assertTrue(FailedMarker.read(DIR, storage).isEmpty());
        storage.create(DIR.resolve(FailedMarker.FILE_NAME)).close();
        assertTrue(FailedMarker.read(DIR, storage).orElseThrow().contains("could not be written"), "a full disk takes an empty file");
        assertThrows(LogFailedException.class, () -> LogFixture.writer(ring, directory, OPTIONS, listener));
    }

    /** One fault at each call of a whole life in turn: an error or a failed writer, one report, no acknowledgement that is not true. */
    @Test
    void everyNthStorageCallFailing() throws Exception {
        for (Durability durability : Durability.values()) {
            everyNthStorageCallFailing(durability);
        }
    }

    private static void everyNthStorageCallFailing(Durability durability) throws Exception {
        LogWriterOptions options = OPTIONS.withDurability(durability).withSyncPeriodMillis(1);
        int reached = 0;
        for (int n = 1;; n++) {
            FaultStorage storage = new FaultStorage();
            storage.failAtCall = n;
            LogFixture.Listener listener = new LogFixture.Listener();
            Map<Long, Long> ends = new TreeMap<>();
            boolean refused = false;
            boolean failed = false;
            try {
                LogDirectory directory = LogDirectory.open(DIR, storage);
                MemoryRing ring = new MemoryRing();
                LogWriter writer = LogFixture.writer(ring, directory, options, listener);
                writer.start();
                for (long version = 1; version <= 24 && !writer.failed(); version++) {
                    ends.put(version, ring.put(version, "key", new byte[(int) (version % 4) * 10_000]));
                    if (version % 2 == 0) {
                        writer.commit();
                    } else {
                        writer.wake();
                    }
                    writer.awaitDurable(ends.get(version), TEN_SECONDS);
                }
                writer.close();
                failed = writer.failed();
            } catch (IOException expected) {
                refused = true;
            }
            if (!storage.faultFired) {
                assertFalse(refused || failed);
                assertTrue(reached > 40, "calls enumerated: " + reached);
                return;
            }
            reached++;
            String which = durability + " n=" + n;
            assertTrue(!storage.faultWasLogForce || storage.logForcesAfterFault == 0, which);
            assertTrue(refused || failed, which);
            assertEquals(failed ? 1 : 0, listener.failures.size(), which);
            assertEquals(List.of(), listener.broken, which);
            FaultStorage image = storage.powerCut(new Random(n));
            if (failed) {
                assertTrue(FailedMarker.read(DIR, image).isPresent(), which);
            }
            try (LogDirectory directory = LogDirectory.open(DIR, image)) {
                Map<Long, byte[]> found = LogFixture.contents(directory);
                ends.forEach((version, end) -> assertTrue(end > listener.durable || found.containsKey(version), which + " version " + version));
            }
        }
    }

    @Test
    void everysecReleasesAtOnceAndSyncsByItself() throws Exception {
        FaultStorage storage = new FaultStorage();
        LogDirectory directory = LogDirectory.open(DIR, storage);
        MemoryRing ring = new MemoryRing();
        LogWriter writer = LogFixture.writer(ring, directory, OPTIONS.withDurability(Durability.EVERYSEC), new LogFixture.Listener());
        writer.start();
        long end = ring.put(1, "a", new byte[10]);
        writer.wake();
        long begin = System.nanoTime();
        while (writer.durable() < end) {
            assertTrue(System.nanoTime() - begin < TEN_SECONDS, "nobody waited, and nobody synced");
            Thread.sleep(1);
        }
        assertEquals(end, ring.consumerPosition());
        writer.durability(Durability.ALWAYS);
        assertEquals(Durability.ALWAYS, writer.durability());
        long later = ring.put(2, "a", new byte[10]);
        assertTrue(writer.awaitDurable(later, TEN_SECONDS));
        writer.close();
        assertEquals(2, LogFixture.contents(directory).size());
    }

    @Test
    void showsHowLongABusyRecordHoldsUpTheLog() throws Exception {
        FaultStorage storage = new FaultStorage();
        LogDirectory directory = LogDirectory.open(DIR, storage);
        MemoryRing ring = new MemoryRing();
        LogWriter writer = LogFixture.writer(ring, directory, OPTIONS, new LogFixture.Listener());
        writer.start();
        byte[] record = MemoryRing.record(Abi.REDO_FLUSH, 9, "", new byte[0]);
        long busy = ring.reserve(record.length);
        long end = ring.put(1, "a", new byte[10]);
        assertFalse(writer.awaitDurable(end, 20_000_000));
        long age = writer.stats().oldestBusyNanos();
        for (long begin = System.nanoTime(); age <= 1_000_000 && System.nanoTime() - begin < TEN_SECONDS; age = writer.stats().oldestBusyNanos()) {
            Thread.sleep(1);
        }
        assertTrue(age > 1_000_000);
        assertTrue(writer.lagNanos() >= age);
        ring.submit(busy, record);
        assertTrue(writer.awaitDurable(end, TEN_SECONDS));
        assertEquals(0, writer.stats().oldestBusyNanos());
        writer.close();
        assertEquals(9, LogScanner.verify(directory).flushVersion());
    }

    @Test
    void discardedRecordsNeedNoBatch() throws Exception {
        FaultStorage storage = new FaultStorage();
        LogDirectory directory = LogDirectory.open(DIR, storage);
        MemoryRing ring = new MemoryRing();
        LogWriter writer = LogFixture.writer(ring, directory, OPTIONS, new LogFixture.Listener());
        writer.start();
        ring.discard(ring.reserve(100));
        assertTrue(writer.awaitDurable(ring.producerPosition(), TEN_SECONDS));
        assertEquals(0, writer.stats().batches());
        writer.close();
        assertEquals(0, LogScanner.verify(directory).records());
    }

    @Test
    void durabilityWordsAreRedisOwn() {
        assertEquals(Durability.ALWAYS, Durability.parse("always"));
        assertEquals(Durability.EVERYSEC, Durability.parse("EverySec"));
        assertThrows(IllegalArgumentException.class, () -> Durability.parse("no"));
    }
}
