package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One bit at a time: reading is refused or finds what was written. */
class BitFlipTest {

    private FaultStorage disk;
    private Recovered written;

    /** A directory with a base, a manifest and a log that was stopped cleanly. */
    @BeforeEach
    void write() throws Exception {
        FaultStorage storage = new FaultStorage();
        LogDirectory directory = LogDirectory.open(DIR, storage);
        MemoryRing ring = new MemoryRing(1 << 16, 1 << 16);
        LogWriter writer = LogFixture.writer(ring, directory, LogFixture.OPTIONS, new LogFixture.Listener());
        writer.start();
        LogPosition start = writer.roll().get();
        try (BaseWriter base = new BaseWriter(directory, LogFixture.OPTIONS)) {
            for (long version = 1; version <= 4; version++) {
                long end = ring.put(version, "base" + version, CheckpointLife.value("base" + version, version));
                base.append(ring.bytes(end - stride(version), end).asByteBuffer(), 1, version);
            }
            directory.checkpoint(base.finish(), start, 4, 0, 1, 1);
        }
        for (long version = 5; version <= 8; version++) {
            assertTrue(writer.awaitDurable(ring.put(version, "log" + version, CheckpointLife.value("log" + version, version)), 30_000_000_000L));
        }
        writer.close();
        directory.close();
        disk = storage.killed();
        written = read(disk);
        assertEquals(8, written.table().size());
    }

    private static long stride(long version) {
        return 8 + (MemoryRing.record(1, version, "base" + version, CheckpointLife.value("base" + version, version)).length + 7 & ~7);
    }

    private static Recovered read(FaultStorage storage) throws IOException {
        try (LogDirectory directory = LogDirectory.open(DIR, storage)) {
            return Recovered.read(directory);
        }
    }

    /** Flips bit by bit up to {@code end}; returns how many flips changed nothing. A value that is not its version's fails in reading. */
    private int flip(Path path, int end, IntUnaryOperator next) {
        List<String> wrong = new ArrayList<>();
        byte[] content = disk.content(path);
        int unnoticed = 0;
        for (int bit = 0; bit < 8 * end; bit = next.applyAsInt(bit)) {
            content[bit / 8] ^= (byte) (1 << bit % 8);
            try {
                Map<String, Long> found = read(disk).table();
                unnoticed++;
                if (!found.equals(written.table())) {
                    wrong.add(path + " bit " + bit + ": " + found);
                }
            } catch (LogDamagedException refused) {
                // as it should be
            } catch (IOException | AssertionError | RuntimeException other) {
                wrong.add(path + " bit " + bit + ": " + other);
            } finally {
                content[bit / 8] ^= (byte) (1 << bit % 8);
            }
        }
        assertEquals(List.of(), wrong);
        return unnoticed;
    }

    @Test
    void everyBitOfTheManifestCounts() {
        Path manifest = DIR.resolve("MANIFEST");
        assertEquals(0, flip(manifest, disk.content(manifest).length, bit -> bit + 1));
    }

    @Test
    void everyBitOfTheIdentityCounts() {
        assertEquals(0, flip(DIR.resolve("marrow.id"), 36, bit -> bit + 1));
    }

    @Test
    void everyBitOfTheBaseCounts() {
        Path base = DIR.resolve("base").resolve(SegmentKind.BASE.fileName(1));
        int length = disk.content(base).length;
        assertEquals(0, flip(base, length, BitFlipTest::oneBitOfEachHeaderByteAllOfTheRest));
    }

    @Test
    void everyBitOfASealedLogCounts() {
        Path log = DIR.resolve("wal").resolve(SegmentKind.LOG.fileName(1));
        int length = disk.content(log).length;
        // the clean seal itself claims nothing behind it: it may be taken for an unsynced tail, and says nothing of the content
        int sealBits = 8 * BatchDescriptor.HEADER_BYTES;
        int unnoticed = flip(log, length, BitFlipTest::oneBitOfEachHeaderByteAllOfTheRest);
        assertTrue(unnoticed <= sealBits, "unnoticed: " + unnoticed);
    }

    /** The header is one checksum over mostly zeros. */
    private static int oneBitOfEachHeaderByteAllOfTheRest(int bit) {
        boolean zeros = bit >= 8 * 64 && bit < 8 * (SegmentDescriptor.HEADER_BYTES - 8);
        return bit + (zeros ? 8 * 13 + 1 : 1);
    }

    @Test
    void randomDamageOfSeveralBytesIsNoticed() {
        Random random = new Random(7);
        for (Path path : List.of(DIR.resolve("MANIFEST"), DIR.resolve("base").resolve(SegmentKind.BASE.fileName(1)),
                DIR.resolve("wal").resolve(SegmentKind.LOG.fileName(1)))) {
            byte[] content = disk.content(path);
            for (int round = 0; round < 200; round++) {
                byte[] before = content.clone();
                int at = random.nextInt(content.length);
                for (int i = at; i < Math.min(content.length, at + 1 + random.nextInt(600)); i++) {
                    content[i] = (byte) (random.nextBoolean() ? 0 : random.nextInt());
                }
                try {
                    assertEquals(written.table(), read(disk).table(), path + " round " + round);
                } catch (IOException refused) {
                    assertTrue(refused instanceof LogDamagedException, refused.toString());
                } finally {
                    System.arraycopy(before, 0, content, 0, content.length);
                }
            }
        }
    }
}
