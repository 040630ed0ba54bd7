package dev.marrow.stress.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk that guests lose: were it honest by accident, or lost what it had flushed, the power cuts would show nothing. */
class VolatileDiskTest {
    private static final int BLOCKS = 1_000;

    @TempDir
    private Path temp;
    private VolatileDisk disk;

    @BeforeEach
    void make() throws IOException {
        disk = new VolatileDisk(Files.write(temp.resolve("disk"), new byte[BLOCKS * VolatileDisk.BLOCK_BYTES]));
    }

    @AfterEach
    void close() throws IOException {
        disk.close();
    }

    @Test
    void readsWhatWasWrittenAcrossBlocks() throws IOException {
        byte[] text = new byte[3 * VolatileDisk.BLOCK_BYTES];
        new SplittableRandom(1).nextBytes(text);
        disk.write(512, text);
        byte[] read = new byte[text.length];
        disk.read(512, read);
        assertArrayEquals(text, read);
        disk.flush();
        disk.read(512, read);
        assertArrayEquals(text, read);
        assertEquals(0, at(511));
    }

    @Test
    void everyCutKeepsWhatWasFlushed() throws IOException {
        SplittableRandom random = new SplittableRandom(2);
        for (int cut = 1; cut < 20; cut++) {
            fill(cut);
            disk.flush();
            fill(100);
            cut(random);
            for (int i = 0; i < BLOCKS; i++) {
                byte value = at((long) i * VolatileDisk.BLOCK_BYTES);
                assertTrue(value == cut || value == 100, "block " + i + " holds " + value);
            }
        }
    }

    @Test
    void cutsLoseAllOrSomeOfWhatWasNot() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        boolean all = false;
        boolean some = false;
        for (int cut = 0; cut < 20; cut++) {
            long lost = disk.counts().lost();
            fill(cut + 1);
            cut(random);
            long now = disk.counts().lost() - lost;
            assertTrue(now > 0);
            all |= now == BLOCKS;
            some |= now < BLOCKS;
        }
        assertTrue(all && some);
    }

    @Test
    void flushesThatAreIgnoredKeepNothingUntilTheNextCut() throws IOException {
        SplittableRandom random = new SplittableRandom(4);
        disk.ignoreFlushes();
        fill(1);
        disk.flush();
        cut(random);
        assertEquals(BLOCKS, disk.counts().lost());
        assertEquals(0, at(0));
        fill(2);
        disk.flush();
        cut(random);
        assertEquals(BLOCKS, disk.counts().lost());
        assertEquals(2, at(0));
    }

    @Test
    void withoutPowerNothingIsWritten() throws IOException {
        disk.cutPower(new SplittableRandom(5));
        assertThrows(ClosedChannelException.class, () -> fill(1));
        assertThrows(ClosedChannelException.class, disk::flush);
        disk.powerOn();
        assertEquals(0, at(0));
    }

    private void fill(int value) throws IOException {
        byte[] bytes = new byte[BLOCKS * VolatileDisk.BLOCK_BYTES];
        Arrays.fill(bytes, (byte) value);
        disk.write(0, bytes);
    }

    private void cut(SplittableRandom random) throws IOException {
        disk.cutPower(random);
        disk.powerOn();
    }

    private byte at(long position) throws IOException {
        byte[] one = new byte[1];
        disk.read(position, one);
        return one[0];
    }
}
