package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static dev.marrow.wal.LogFixture.OPTIONS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A damaged log is cut where its operator said, nowhere else, and what is cut is kept. */
class LogCutTest {

    private static final int RECORDS = 200;
    private static final PrintStream QUIET = new PrintStream(new ByteArrayOutputStream());

    private FaultStorage storage;

    /** A log of several segments, of which the second is about to be damaged. */
    @BeforeEach
    void write() throws Exception {
        storage = LogFixture.write(new FaultStorage(), 1, RECORDS, false);
        assertTrue(lastSegment() >= 3, "the log was to roll");
    }

    private static Path segment(long sequence) {
        return DIR.resolve("wal").resolve(SegmentKind.LOG.fileName(sequence));
    }

    private long lastSegment() throws IOException {
        // a name that is none may be on its way to be one
        return storage.list(DIR.resolve("wal")).stream().filter(name -> SegmentKind.LOG.sequenceOf(name) != 0).count();
    }

    private void damageMiddle() {
        storage.content(segment(2))[SegmentDescriptor.HEADER_BYTES + 200] ^= 1;
    }

    private static LogDamagedException damage(FaultStorage damaged) throws IOException {
        try (LogDirectory directory = LogDirectory.open(DIR, damaged)) {
            return assertThrows(LogDamagedException.class, () -> LogScanner.verify(directory));
        }
    }

    private static String cut(FaultStorage damaged, LogCutPlace place) throws IOException {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (LogDirectory directory = LogDirectory.open(DIR, damaged)) {
            LogCut.cut(directory, place, new PrintStream(said));
        }
        return said.toString();
    }

    private static LogCutPlace placeOf(LogDamagedException damage) {
        return new LogCutPlace(Path.of(damage.file()).getFileName(), damage.offset());
    }

    /** Of the versions that are there: 1 to so much, without a gap. */
    private static int assertWholeUpToTheCut(FaultStorage after) throws IOException {
        try (LogDirectory directory = LogDirectory.open(DIR, after)) {
            Map<Long, byte[]> found = LogFixture.contents(directory);
            for (long version = 1; version <= found.size(); version++) {
                assertArrayEquals(LogFixture.value(version), found.get(version));
            }
            return found.size();
        }
    }

    private static long keptFiles(FaultStorage after) throws IOException {
        return after.list(DIR.resolve("cut-1")).size();
    }

    private static int versionsBefore(FaultStorage damaged, LogDamagedException damage) throws IOException {
        int[] count = {0};
        try (LogDirectory directory = LogDirectory.open(DIR, damaged)) {
            for (long sequence : directory.segments()) {
                if (sequence > SegmentKind.LOG.sequenceOf(Path.of(damage.file()).getFileName().toString())) {
                    break;
                }
                try (MappedSegment segment = MappedSegment.open(directory, sequence)) {
                    for (long at = SegmentDescriptor.HEADER_BYTES; segment.cursor().read(at, true); at = segment.cursor().end) {
                        count[0] += segment.cursor().records;
                    }
                } catch (LogDamagedException header) {
                    break;
                }
            }
        }
        return count[0];
    }

    private void assertCutAndServes(int kept) throws Exception {
        LogDamagedException damage = damage(storage);
        int before = versionsBefore(storage, damage);
        assertTrue(before > 0 && before < RECORDS);
        String said = cut(storage, placeOf(damage));
        assertTrue(said.contains("LOST") || kept == 0, said);
        assertEquals(before, assertWholeUpToTheCut(storage));
        assertEquals(kept, keptFiles(storage));
        assertEquals(before + 20, assertWholeUpToTheCut(LogFixture.write(storage, before + 1, 20, true)));
    }

    @Test
    void cutsInTheMiddleOfASegment() throws Exception {
        damageMiddle();
        byte[] damaged = storage.content(segment(2)).clone();
        assertCutAndServes((int) lastSegment() - 1);
        assertArrayEquals(damaged, storage.content(DIR.resolve("cut-1").resolve(SegmentKind.LOG.fileName(2))));
    }

    @Test
    void cutsAtADamagedHeader() throws Exception {
        storage.content(segment(2))[100] ^= 1;
        assertCutAndServes((int) lastSegment() - 1);
    }

    @Test
    void cutsAtAMissingSegment() throws Exception {
        storage.remove(segment(2));
        assertCutAndServes((int) lastSegment() - 1);
    }

    @Test
    void cutsAtAShortenedSegment() throws Exception {
        storage.resize(segment(2), 50_000);
        assertCutAndServes((int) lastSegment() - 1);
    }

    @Test
    void anotherPlaceIsRefusedAndNothingIsTouched() throws Exception {
        damageMiddle();
        LogDamagedException damage = damage(storage);
        Path file = placeOf(damage).file();
        List<LogCutPlace> others = List.of(new LogCutPlace(file, damage.offset() + 8), new LogCutPlace(file, 0),
                new LogCutPlace(segment(1), damage.offset()), new LogCutPlace(DIR.resolve("base/0000000000000001.base"), damage.offset()));
        for (LogCutPlace other : others) {
            assertThrows(LogDamagedException.class, () -> cut(storage, other));
        }
        assertEquals(damage.getMessage(), damage(storage).getMessage());
        assertFalse(storage.exists(DIR.resolve("cut-1")));
    }

    @Test
    void aWholeLogIsNotCut() {
        IOException refused = assertThrows(IOException.class, () -> cut(storage, new LogCutPlace(segment(2), 4096)));
        assertTrue(refused.getMessage().contains("not damaged"), refused.getMessage());
    }

    @Test
    void aDamagedBaseIsNotCut() throws Exception {
        FaultStorage disk = new FaultStorage();
        assertTrue(new CheckpointLife(disk, Durability.ALWAYS, CheckpointLife.Broken.NOTHING, 1, Recovered.NOTHING).run());
        FaultStorage other = disk.killed();
        LogCutPlace place;
        try (LogDirectory directory = LogDirectory.open(DIR, other)) {
            Path base = directory.path(SegmentKind.BASE, directory.manifest().base().firstSegment());
            other.content(base)[SegmentDescriptor.HEADER_BYTES + 70] ^= 1;
            LogDamagedException damage = assertThrows(LogDamagedException.class, () -> Recovered.read(directory));
            assertEquals(base.toString(), damage.file());
            place = placeOf(damage);
        }
        assertThrows(IOException.class, () -> cut(other, place));
        try (LogDirectory directory = LogDirectory.open(DIR, other)) {
            assertThrows(LogDamagedException.class, () -> Recovered.read(directory));
        }
    }

    /** Whatever the cut got to: the next one, or a start, finds what is before the damage, and nothing is lost that was not cut. */
    @Test
    void aCrashAtAnyCallCanBeRepeated() throws Exception {
        List<Runnable> damages = List.of(this::damageMiddle, () -> storage.content(segment(2))[100] ^= 1, () -> storage.remove(segment(2)));
        for (Runnable damaging : damages) {
            write();
            damaging.run();
            LogDamagedException damage = damage(storage);
            int before = versionsBefore(storage, damage);
            boolean ended = false;
            for (long call = 1; !ended; call++) {
                FaultStorage crashing = storage.killed();
                ended = !cutUntil(crashing, placeOf(damage), call);
                for (FaultStorage image : List.of(crashing.killed(), crashing.powerCut(new Random(call)))) {
                    repeat(image, damage);
                    assertEquals(before, assertWholeUpToTheCut(image), "call " + call);
                    try (LogDirectory directory = LogDirectory.open(DIR, image)) {
                        LogRecovery.prepare(directory, LogScanner.verify(directory), OPTIONS);
                    }
                    assertEquals(before, assertWholeUpToTheCut(image), "call " + call);
                }
            }
        }
    }

    /** False when the cut was over before. */
    private static boolean cutUntil(FaultStorage crashing, LogCutPlace place, long call) throws IOException {
        LogDirectory directory = LogDirectory.open(DIR, crashing);
        crashing.offAtCall = crashing.calls + call;
        try {
            LogCut.cut(directory, place, QUIET);
            return false;
        } catch (IOException off) {
            assertTrue(crashing.off(), off.toString());
            return true;
        }
    }

    /** Cut again where the damage is said to be now, if any is left: what vouched for it may be cut already. */
    private static void repeat(FaultStorage image, LogDamagedException first) throws IOException {
        try (LogDirectory directory = LogDirectory.open(DIR, image)) {
            LogScanner.verify(directory);
        } catch (LogDamagedException still) {
            assertEquals(first.file(), still.file());
            cut(image, placeOf(still));
        }
    }

    @Test
    void placesAreReadFromText() {
        assertEquals(new LogCutPlace(Path.of("/a:b/0001.wal"), 4096), LogCutPlace.parse("/a:b/0001.wal:4096"));
        for (String text : List.of("", ":", "x", "x:", ":1", "x:-1", "x:1a", "x:9999999999999999999")) {
            assertThrows(IllegalArgumentException.class, () -> LogCutPlace.parse(text), text);
        }
    }
}
