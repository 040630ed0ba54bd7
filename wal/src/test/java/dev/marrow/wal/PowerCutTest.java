package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static dev.marrow.wal.LogFixture.OPTIONS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Lives that end in a power cut: what was acknowledged must be there afterwards. And the proof that this test would notice. */
class PowerCutTest {

    private static final int SEEDS = 40;
    private static final int LIVES = 3;
    private static final int RECORDS_PER_LIFE = 400;
    /** A clock that stands still: whatever is written is written quickly. */
    private static final LogWriterOptions HOLES = OPTIONS.withDurability(Durability.EVERYSEC).withSyncPeriodMillis(1).withClockNanos(() -> 0);

    @Test
    void powerCutLosesNothingAcknowledged() throws Exception {
        for (Durability durability : Durability.values()) {
            losesNothingAcknowledged(OPTIONS.withDurability(durability));
        }
    }

    /** Spare segments are holes, as while the log takes much at a time. */
    @Test
    void powerCutLosesNothingAcknowledgedInHoles() throws Exception {
        losesNothingAcknowledged(HOLES);
    }

    private static void losesNothingAcknowledged(LogWriterOptions options) throws Exception {
        for (long seed = 1; seed <= SEEDS; seed++) {
            List<String> losses = lives(seed, options, FaultStorage.Force.HONEST);
            assertEquals(List.of(), losses, "seed=" + seed + " durability=" + options.durability());
        }
    }

    @Test
    void aQuickLogWritesNoZeros() throws Exception {
        AtomicLong seconds = new AtomicLong();
        LogWriterOptions slow = HOLES.withClockNanos(() -> TimeUnit.SECONDS.toNanos(seconds.incrementAndGet()));
        FaultStorage zeros = new FaultStorage();
        FaultStorage holes = new FaultStorage();
        LogFixture.write(zeros, slow, 1, RECORDS_PER_LIFE, true);
        LogFixture.write(holes, HOLES, 1, RECORDS_PER_LIFE, true);
        FaultStorage always = new FaultStorage();
        LogFixture.write(always, HOLES.withDurability(Durability.ALWAYS), 1, RECORDS_PER_LIFE, true);
        // the first segment and its spare are made before anything is known
        long spares = LogDirectory.open(DIR, zeros.killed()).segments().size() - 2;
        assertTrue(spares > 2, "spares=" + spares);
        long saved = (spares - 1) * (OPTIONS.segmentBytes() - 3 * SegmentDescriptor.HEADER_BYTES);
        assertTrue(holes.bytesWritten < zeros.bytesWritten - saved, holes.bytesWritten + " of " + zeros.bytesWritten);
        assertTrue(holes.bytesWritten < always.bytesWritten - saved, holes.bytesWritten + " of " + always.bytesWritten);
    }

    @Test
    void controlNoSyncTurnsRed() throws Exception {
        assertTrue(seedsWithLosses(FaultStorage.Force.NOTHING) > 0);
    }

    @Test
    void controlAcknowledgeBeforeSyncTurnsRed() throws Exception {
        assertTrue(seedsWithLosses(FaultStorage.Force.LATE) > 0);
    }

    @Test
    void controlNoDirectorySyncTurnsRed() throws Exception {
        assertTrue(seedsWithLosses(FaultStorage.Force.NO_DIRECTORIES) > 0);
    }

    private static int seedsWithLosses(FaultStorage.Force force) throws Exception {
        int red = 0;
        for (long seed = 1; seed <= 10; seed++) {
            red += lives(seed, OPTIONS.withDurability(Durability.ALWAYS), force).isEmpty() ? 0 : 1;
        }
        return red;
    }

    /** Without the checksum this many torn batches would pass for whole ones; with it none does. */
    @Test
    void controlNoChecksumTurnsRed() throws Exception {
        int tornButWellFormed = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            FaultStorage storage = new FaultStorage();
            life(storage, new Random(seed), OPTIONS.withDurability(Durability.EVERYSEC), new TreeMap<>(), 1);
            FaultStorage image = storage.powerCut(new Random(seed));
            try (LogDirectory directory = LogDirectory.open(DIR, image)) {
                if (directory.segments().isEmpty()) {
                    continue;
                }
                LogTail tail = LogScanner.verify(directory).tail();
                try (MappedSegment segment = MappedSegment.open(directory, tail.segment())) {
                    BatchCursor cursor = segment.cursor();
                    tornButWellFormed += cursor.read(tail.offset(), false) && !cursor.read(tail.offset(), true) ? 1 : 0;
                }
            }
        }
        assertTrue(tornButWellFormed > 0);
    }

    @Test
    void ringIsReleasedOnlyAfterSync() throws Exception {
        assertEquals(0, releasesOfUnsynced(FaultStorage.Force.HONEST));
        assertTrue(releasesOfUnsynced(FaultStorage.Force.NOTHING) > 0, "the control must turn red");
    }

    private static int releasesOfUnsynced(FaultStorage.Force force) throws Exception {
        FaultStorage storage = new FaultStorage();
        int[] early = new int[1];
        MemoryRing ring = new MemoryRing();
        try (LogDirectory directory = LogDirectory.open(DIR, storage)) {
            // The spare is being filled at the same time: one long segment keeps other unsynced files away.
            LogFixture.Listener listener = new LogFixture.Listener();
            LogWriter writer = LogFixture.writer(ring, directory, OPTIONS, listener);
            writer.start();
            while (directory.segments().size() < 2) {
                Thread.sleep(1);
            }
            storage.force = force;
            ring.onRelease = () -> early[0] += storage.unsynced() ? 1 : 0;
            for (long version = 1; version <= 20; version++) {
                assertTrue(writer.awaitDurable(ring.put(version, "k", new byte[100]), 10_000_000_000L));
            }
            writer.close();
        }
        return early[0];
    }

    /** Several lives on one disk, each ended by a power cut at a random call; returns what was acknowledged and is lost or wrong. */
    private static List<String> lives(long seed, LogWriterOptions options, FaultStorage.Force force) throws Exception {
        Random random = new Random(seed);
        FaultStorage storage = new FaultStorage();
        Map<Long, Boolean> acknowledged = new TreeMap<>();
        List<String> losses = new ArrayList<>();
        for (int life = 0; life < LIVES && losses.isEmpty(); life++) {
            storage.force = force;
            life(storage, random, options, acknowledged, 1 + life * (long) RECORDS_PER_LIFE);
            storage = storage.powerCut(random);
            try (LogDirectory directory = LogDirectory.open(DIR, storage)) {
                compare(directory, acknowledged, losses);
                if (losses.isEmpty()) {
                    LogRecovery.prepare(directory, LogScanner.verify(directory), OPTIONS);
                    compare(directory, acknowledged, losses);
                }
            } catch (IOException refused) {
                losses.add(refused.toString());
            }
            storage = storage.powerCut(random);
        }
        return losses;
    }

    private static void compare(LogDirectory directory, Map<Long, Boolean> acknowledged, List<String> losses) throws IOException {
        Map<Long, byte[]> found = LogFixture.contents(directory);
        found.forEach((version, value) -> {
            if (!Arrays.equals(value, LogFixture.value(version))) {
                losses.add("wrong value of version " + version);
            }
        });
        acknowledged.keySet().stream().filter(version -> !found.containsKey(version)).forEach(version -> losses.add("lost version " + version));
    }

    /** Opens, recovers, writes until the power goes or the records are used up. Adds what was acknowledged. */
    private static void life(FaultStorage storage, Random random, LogWriterOptions options, Map<Long, Boolean> acknowledged, long first)
            throws Exception {
        MemoryRing ring = new MemoryRing();
        LogFixture.Listener listener = new LogFixture.Listener();
        Map<Long, Long> ends = new TreeMap<>();
        storage.offAtCall = 1 + random.nextInt(400);
        try {
            LogDirectory directory = LogDirectory.open(DIR, storage);
            LogWriter writer = LogFixture.writer(ring, directory, options.withSyncPeriodMillis(1), listener);
            writer.start();
            for (long version = first; version < first + RECORDS_PER_LIFE && !storage.off(); version++) {
                if (random.nextInt(20) == 0) {
                    ring.discard(ring.reserve(random.nextInt(300)));
                }
                long end = ring.put(version, "key" + version % 7, LogFixture.value(version));
                if (end < 0) {
                    break;
                }
                ends.put(version, end);
                if (random.nextBoolean()) {
                    writer.commit();
                } else {
                    writer.wake();
                }
                if (random.nextInt(4) == 0) {
                    writer.awaitDurable(end, 5_000_000);
                }
            }
            if (random.nextBoolean()) {
                writer.close();
            } else {
                storage.powerCut(new Random(0));
                writer.close();
            }
        } catch (IOException powerIsOff) {
            assertTrue(storage.off(), powerIsOff.toString());
        }
        assertEquals(List.of(), listener.broken);
        ends.forEach((version, end) -> {
            if (end <= listener.durable) {
                acknowledged.put(version, true);
            }
        });
    }

    @Test
    void recordWalkRefusesWhatIsNoRecord() {
        MemorySegment busy = MemorySegment.ofArray(new byte[] {24, 0, 0, (byte) 0x80, 0, 0, 0, 0});
        assertThrows(IllegalStateException.class, () -> RedoRecords.forEach(busy, 0, 8, (p, o, l) -> { }));
    }
}
