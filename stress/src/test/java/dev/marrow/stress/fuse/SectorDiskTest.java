package dev.marrow.stress.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What survives a power cut, and what may not. */
class SectorDiskTest {
    private static final int SEEDS = 300;
    private static final int SECTOR = FileNode.SECTOR_BYTES;

    private final SectorDisk disk = new SectorDisk();

    private FileNode create(String path) {
        FileNode file = new FileNode(0600);
        assertEquals(0, disk.add(path, file));
        return file;
    }

    private void syncRoot() {
        disk.directory("/").orElseThrow().sync();
    }

    private static byte[] filled(int bytes, int value) {
        byte[] content = new byte[bytes];
        Arrays.fill(content, (byte) value);
        return content;
    }

    private static void write(FileNode file, byte[] bytes, long offset) {
        file.write(ByteBuffer.wrap(bytes), offset);
    }

    private static byte[] content(FileNode file) {
        return file.read(0, (int) file.size());
    }

    @Test
    void syncedContentUnderASyncedNameSurvivesEveryCut() {
        FileNode file = create("/a");
        write(file, filled(3 * SECTOR, 1), 0);
        file.sync();
        syncRoot();
        write(file, filled(SECTOR, 2), SECTOR);
        for (long seed = 0; seed < SEEDS; seed++) {
            byte[] survived = content(disk.survivor(Survival.random(seed)).file("/a").orElseThrow());
            assertEquals(3 * SECTOR, survived.length);
            assertArrayEquals(filled(SECTOR, 1), Arrays.copyOf(survived, SECTOR));
            assertArrayEquals(filled(SECTOR, 1), Arrays.copyOfRange(survived, 2 * SECTOR, 3 * SECTOR));
        }
        assertArrayEquals(filled(3 * SECTOR, 1), content(disk.survivor(Survival.ofSynced()).file("/a").orElseThrow()));
    }

    @Test
    void syncOfAFileDoesNotMakeItsNameDurable() {
        create("/a").sync();
        assertTrue(disk.survivor(Survival.ofSynced()).find("/a").isEmpty());
        syncRoot();
        assertTrue(disk.survivor(Survival.ofSynced()).find("/a").isPresent());
    }

    @Test
    void unsyncedSectorsAreLostKeptTornAndEarlier() {
        FileNode file = create("/a");
        write(file, filled(SECTOR, 1), 0);
        file.sync();
        syncRoot();
        write(file, filled(SECTOR, 2), 0);
        write(file, filled(SECTOR, 3), 0);
        Set<String> seen = new HashSet<>();
        for (long seed = 0; seed < SEEDS; seed++) {
            byte[] survived = content(disk.survivor(Survival.random(seed)).file("/a").orElseThrow());
            boolean whole = Arrays.equals(survived, filled(SECTOR, survived[0]));
            seen.add(whole ? "all " + survived[0] : "torn");
        }
        assertEquals(Set.of("all 1", "all 2", "all 3", "torn"), seen);
    }

    @Test
    void laterSectorsSurviveWithoutEarlierOnes() {
        FileNode file = create("/a");
        syncRoot();
        write(file, filled(2 * SECTOR, 1), 0);
        int reordered = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            byte[] survived = Arrays.copyOf(content(disk.survivor(Survival.random(seed)).file("/a").orElseThrow()), 2 * SECTOR);
            reordered += survived[0] == 0 && survived[2 * SECTOR - 1] == 1 ? 1 : 0;
        }
        assertTrue(reordered > 0);
    }

    @Test
    void renameSurvivesWholeOrNotAtAll() {
        create("/new").sync();
        create("/current").sync();
        syncRoot();
        FileNode newer = disk.file("/new").orElseThrow();
        write(newer, filled(1, 9), 0);
        newer.sync();
        assertEquals(0, disk.rename("/new", "/current"));
        Set<String> seen = new HashSet<>();
        for (long seed = 0; seed < SEEDS; seed++) {
            SectorDisk survived = disk.survivor(Survival.random(seed));
            seen.add(survived.find("/new").isPresent() + " " + survived.file("/current").orElseThrow().size());
        }
        assertEquals(Set.of("true 0", "false 1"), seen);
    }

    @Test
    void shorteningIsDurableOnlyAfterASync() {
        FileNode file = create("/a");
        write(file, filled(4 * SECTOR, 1), 0);
        file.sync();
        syncRoot();
        file.truncate(SECTOR + 10);
        Set<Long> sizes = new HashSet<>();
        for (long seed = 0; seed < SEEDS; seed++) {
            FileNode survived = disk.survivor(Survival.random(seed)).file("/a").orElseThrow();
            sizes.add(survived.size());
            assertArrayEquals(filled(SECTOR + 10, 1), Arrays.copyOf(content(survived), SECTOR + 10));
        }
        assertTrue(sizes.contains(4L * SECTOR) && sizes.contains(SECTOR + 10L), sizes::toString);
        write(file, filled(1, 2), 4 * SECTOR - 1);
        file.sync();
        byte[] expected = Arrays.copyOf(filled(SECTOR + 10, 1), 4 * SECTOR);
        expected[4 * SECTOR - 1] = 2;
        assertArrayEquals(expected, content(disk.survivor(Survival.ofSynced()).file("/a").orElseThrow()));
    }

    @Test
    void whatAFailedSyncLostIsNotMadeDurableByTheNext() {
        int lost = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            FileNode file = new FileNode(0600);
            write(file, filled(SECTOR, 1), 0);
            file.failSync(Survival.random(seed));
            file.sync();
            assertArrayEquals(filled(SECTOR, 1), content(file));
            lost += Arrays.equals(filled(SECTOR, 0), content(file.survivor(Survival.random(0)))) ? 1 : 0;
        }
        assertTrue(lost > 0);
    }

    /** Against a plain array, with syncs between. */
    @Test
    void contentIsWhatWasWritten() {
        Random random = new Random(7);
        FileNode file = create("/a");
        syncRoot();
        byte[] model = new byte[0];
        for (int step = 0; step < 2_000; step++) {
            int offset = random.nextInt(40_000);
            if (random.nextInt(10) == 0) {
                file.truncate(offset);
                model = Arrays.copyOf(model, offset);
            } else {
                byte[] bytes = filled(random.nextInt(9_000), random.nextInt(3));
                write(file, bytes, offset);
                model = bytes.length == 0 ? model : Arrays.copyOf(model, Math.max(model.length, offset + bytes.length));
                System.arraycopy(bytes, 0, model, Math.min(offset, model.length), bytes.length);
            }
            assertArrayEquals(model, content(file));
            if (random.nextInt(5) == 0) {
                file.sync();
                assertArrayEquals(model, content(disk.survivor(Survival.ofSynced()).file("/a").orElseThrow()));
            }
        }
    }
}
