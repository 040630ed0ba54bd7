package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static dev.marrow.wal.LogFixture.OPTIONS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class LogRecoveryTest {

    private static final Path FIRST = DIR.resolve("wal/0000000000000001.wal");
    private static final Path SECOND = DIR.resolve("wal/0000000000000002.wal");
    private static final PrintStream QUIET = new PrintStream(OutputStream.nullOutputStream());

    private static LogDirectory open(FaultStorage storage) throws IOException {
        return LogDirectory.open(DIR, storage);
    }

    /** File offset behind the last valid batch. */
    private static long tailOffset(FaultStorage storage) throws IOException {
        try (LogDirectory directory = open(storage)) {
            return LogScanner.verify(directory).tail().offset();
        }
    }

    private static long lastBatch(FaultStorage storage) throws IOException {
        long[] last = new long[1];
        try (LogDirectory directory = open(storage)) {
            LogScanner.scan(directory, (lsn, file, offset, length) -> last[0] = offset - BatchDescriptor.HEADER_BYTES);
        }
        return last[0];
    }

    private static void assertVersions(FaultStorage storage, int count) throws IOException {
        try (LogDirectory directory = open(storage)) {
            Map<Long, byte[]> found = LogFixture.contents(directory);
            assertEquals(count, found.size());
            found.forEach((version, value) -> assertArrayEquals(LogFixture.value(version), value));
        }
    }

    @Test
    void replaysEverythingAfterCleanStop() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 300, true);
        try (LogDirectory directory = open(storage)) {
            LogScan scan = LogScanner.verify(directory);
            assertTrue(scan.cleanStop());
            assertEquals(300, scan.versionMax());
            assertEquals(0, scan.tail().cutBytes());
            assertTrue(scan.segments() > 1, "the log was to roll: " + scan);
            assertTrue(LogRecovery.openTail(directory).cleanStop());
        }
        assertVersions(storage, 300);
        assertEquals(LogVerify.OK, LogVerify.run(DIR, storage, QUIET));
    }

    @Test
    void replaysCommittedAfterTornTail() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 20, false);
        int last = (int) lastBatch(storage);
        storage.content(FIRST)[last + BatchDescriptor.HEADER_BYTES + 3] ^= 1;
        assertEquals(LogVerify.TAIL, LogVerify.run(DIR, storage, QUIET));
        assertVersions(storage, 19);
        try (LogDirectory directory = open(storage)) {
            LogScan scan = LogRecovery.openTail(directory);
            assertEquals(last, scan.tail().offset());
            assertTrue(scan.tail().cutBytes() > 0);
            LogPosition start = LogRecovery.prepare(directory, scan, OPTIONS);
            assertEquals(2, start.segment());
            assertEquals(19, start.versionMax());
        }
        assertEquals(LogVerify.OK, LogVerify.run(DIR, storage, QUIET));
        FaultStorage later = LogFixture.write(storage, 20, 30, false);
        assertVersions(later, 49);
    }

    @Test
    void cutsTailWhateverFollowsIt() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 5, false);
        byte[] file = storage.content(FIRST);
        int end = (int) tailOffset(storage);
        Arrays.fill(file, end, end + 5000, (byte) 0x5a);
        assertVersions(storage, 5);
        try (LogDirectory directory = open(storage)) {
            LogScan scan = LogScanner.verify(directory);
            assertEquals(5000, scan.tail().cutBytes());
            LogRecovery.prepare(directory, scan, OPTIONS);
        }
        assertVersions(storage, 5);
        assertEquals(LogVerify.OK, LogVerify.run(DIR, storage, QUIET));
    }

    @Test
    void refusesDamageBelowSynced() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 20, false);
        int last = (int) lastBatch(storage);
        storage.content(FIRST)[last - 1] ^= 1;
        try (LogDirectory directory = open(storage)) {
            LogDamagedException damage = assertThrows(LogDamagedException.class, () -> LogScanner.verify(directory));
            assertEquals(FIRST.toString(), damage.file());
            assertTrue(damage.offset() >= SegmentDescriptor.HEADER_BYTES && damage.offset() < last, damage.getMessage());
            assertTrue(damage.expected().contains("crc32c"), damage.getMessage());
            assertThrows(LogDamagedException.class, () -> LogRecovery.openTail(directory));
        }
        assertEquals(LogVerify.DAMAGE, LogVerify.run(DIR, storage, QUIET));
    }

    @Test
    void noticesAClaimBehindTheHole() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 20, false);
        // The first batch of all, wiped whole: only the claims of the batches behind it say that it was synced.
        Arrays.fill(storage.content(FIRST), SegmentDescriptor.HEADER_BYTES, SegmentDescriptor.HEADER_BYTES + 64, (byte) 0);
        try (LogDirectory directory = open(storage)) {
            assertThrows(LogDamagedException.class, () -> LogScanner.verify(directory));
            assertThrows(LogDamagedException.class, () -> LogRecovery.openTail(directory));
        }
    }

    @Test
    void aHeaderWithATornPayloadStillVouchesForItsClaim() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 20, false);
        int last = (int) lastBatch(storage);
        byte[] file = storage.content(FIRST);
        file[last + BatchDescriptor.HEADER_BYTES] ^= 1;
        file[last - 1] ^= 1;
        try (LogDirectory directory = open(storage)) {
            assertThrows(LogDamagedException.class, () -> LogScanner.verify(directory));
        }
    }

    @Test
    void refusesAMissingSegment() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 300, false);
        for (Path missing : List.of(FIRST, SECOND)) {
            FaultStorage damaged = storage.killed();
            damaged.remove(missing);
            try (LogDirectory directory = open(damaged)) {
                assertThrows(LogDamagedException.class, () -> LogScanner.verify(directory));
                assertThrows(LogDamagedException.class, () -> LogRecovery.openTail(directory));
            }
        }
    }

    @Test
    void refusesASealThatPromisesASegmentWhichIsGone() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 300, false);
        for (int sequence = 2; sequence < 40; sequence++) {
            storage.remove(DIR.resolve("wal/" + SegmentKind.LOG.fileName(sequence)));
        }
        try (LogDirectory directory = open(storage)) {
            LogDamagedException damage = assertThrows(LogDamagedException.class, () -> LogScanner.verify(directory));
            assertEquals(SECOND.toString(), damage.file());
        }
    }

    @Test
    void refusesAShortenedSegment() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 20, false);
        storage.resize(FIRST, (int) tailOffset(storage));
        try (LogDirectory directory = open(storage)) {
            assertThrows(LogDamagedException.class, () -> LogScanner.verify(directory));
        }
    }

    @Test
    void tellsNewerFromOlderFromDamaged() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 3, true);
        for (int version : new int[] {0, 2, 1}) {
            FaultStorage other = storage.killed();
            byte[] header = other.content(FIRST);
            header[8] = (byte) version;
            boolean sealed = version != 1;
            if (sealed) {
                CRC32C crc = new CRC32C();
                crc.update(header, 0, 4092);
                ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putInt(4092, (int) crc.getValue());
            } else {
                header[20] ^= 4;
            }
            Class<? extends IOException> expected = version == 0 ? LogTooOldException.class
                    : version == 2 ? LogTooNewException.class : LogDamagedException.class;
            try (LogDirectory directory = open(other)) {
                assertThrows(expected, () -> LogScanner.verify(directory));
            }
        }
    }

    @Test
    void refusesALogWithoutIdentityAndAnIdentityWithoutLog() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 3, true);
        storage.remove(DIR.resolve("marrow.id"));
        assertThrows(LogDamagedException.class, () -> open(storage));
    }

    @Test
    void warmEndAgreesWithFullScan() throws Exception {
        for (int records : new int[] {0, 1, 50, 300}) {
            FaultStorage storage = LogFixture.write(new FaultStorage(), 1, records, false);
            try (LogDirectory directory = open(storage)) {
                LogScan full = LogScanner.verify(directory);
                LogScan end = LogRecovery.openTail(directory);
                assertEquals(full.tail(), end.tail());
                assertEquals(full.versionMax(), end.versionMax());
                assertEquals(full.lsnNext(), end.lsnNext());
                assertEquals(full.timeMaxMillis(), end.timeMaxMillis());
                assertTrue(end.segments() <= 2);
            }
        }
    }

    @Test
    void restartsDoNotGrowTheLogByWholeSegments() throws Exception {
        FaultStorage storage = new FaultStorage();
        for (int life = 0; life < 6; life++) {
            storage = LogFixture.write(storage, 1 + life * 10L, 10, life % 2 == 0);
        }
        assertVersions(storage, 60);
        for (int sequence = 1; sequence < 6; sequence++) {
            assertTrue(storage.content(DIR.resolve("wal/" + SegmentKind.LOG.fileName(sequence))).length < OPTIONS.segmentBytes());
        }
    }

    @Test
    void bitFlipAnywhereIsDetectedOrHarmless() throws Exception {
        FaultStorage storage = LogFixture.write(LogFixture.write(new FaultStorage(), 1, 6, true), 7, 6, false);
        int tails = 0;
        for (Path path : List.of(FIRST, SECOND)) {
            byte[] file = storage.content(path);
            int end = 0;
            for (int i = 0; i < file.length; i++) {
                end = file[i] != 0 ? i : end;
            }
            for (int at = 0; at <= end + 64 && at < file.length; at += at < 64 || at >= 4088 ? 1 : 97) {
                file[at] ^= (byte) (1 << (at % 8));
                try (LogDirectory directory = open(storage)) {
                    Map<Long, byte[]> found = LogFixture.contents(directory);
                    found.forEach((version, value) -> assertArrayEquals(LogFixture.value(version), value));
                    // Only the very last batch may be taken for an unsynced tail: see docs/formats/wal.md.
                    assertTrue(found.size() >= 11, path + " offset " + at + ": " + found.keySet());
                    tails += found.size() == 11 ? 1 : 0;
                } catch (LogDamagedException | LogTooNewException | LogTooOldException detected) {
                    assertTrue(detected.getMessage().contains(path.toString()), detected.getMessage() + " for " + path + " offset " + at);
                } finally {
                    file[at] ^= (byte) (1 << (at % 8));
                }
            }
        }
        assertTrue(tails > 0);
    }

    @Test
    void aFailedSyncWhilePreparingIsNotRetriedByTheNextStart() throws Exception {
        FaultStorage killed = LogFixture.write(new FaultStorage(), 1, 10, false);
        int failedSyncs = 0;
        for (int n = 1;; n++) {
            FaultStorage storage = killed.killed();
            try (LogDirectory directory = open(storage)) {
                LogScan scan = LogRecovery.openTail(directory);
                storage.failAtCall = storage.calls + n;
                LogRecovery.prepare(directory, scan, OPTIONS);
            } catch (IOException failure) {
                if (storage.faultWasLogForce) {
                    failedSyncs++;
                    try (LogDirectory directory = open(storage)) {
                        LogScan scan = LogRecovery.openTail(directory);
                        assertThrows(LogFailedException.class, () -> LogRecovery.prepare(directory, scan, OPTIONS));
                    }
                }
            }
            if (!storage.faultFired) {
                break;
            }
        }
        assertTrue(failedSyncs >= 2);
    }

    @Test
    void secondInstanceIsRefused() throws Exception {
        FaultStorage storage = new FaultStorage();
        try (LogDirectory directory = open(storage)) {
            assertFalse(directory.path().toString().isEmpty());
            assertThrows(DirectoryInUseException.class, () -> open(storage));
        }
        open(storage).close();
    }
}
