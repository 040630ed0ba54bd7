package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Full is full: not a block is left. */
class DiskFillerIT {
    private static final long BYTES = 400L << 20;

    @TempDir
    Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs"})
    void leavesNoBlockAndGivesAllBack(String type) throws Exception {
        Deque<Runnable> undo = new ArrayDeque<>();
        try {
            LoopFileSystem fileSystem = LoopFileSystem.ownedBy(undo::push, temp, type, BYTES);
            Path mount = fileSystem.mountPoint();
            Path before = Files.write(mount.resolve("before"), new byte[1 << 20]);
            sync(before);
            DiskFiller filler = new DiskFiller(mount);
            filler.fill();
            assertFull(mount.resolve("first"));
            Files.delete(before);
            filler.fill();
            assertFull(mount.resolve("second"));
            filler.empty();
            sync(Files.write(mount.resolve("third"), new byte[4 << 20]));
            filler.fill();
            assertFull(mount.resolve("fourth"));
        } finally {
            undo.forEach(Runnable::run);
        }
        try (var left = Files.list(temp)) {
            assertEquals(0, left.count(), "image or mount point is left");
        }
    }

    /** One block, which may not be refused before it is written out. */
    private static void assertFull(Path file) {
        IOException full = assertThrows(IOException.class, () -> sync(Files.write(file, new byte[4096])));
        assertTrue(full.getMessage().contains("No space left on device"), full::toString);
    }

    private static void sync(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    @Test
    void whatCannotBeMadeLeavesNothing() throws Exception {
        Deque<Runnable> undo = new ArrayDeque<>();
        assertThrows(IOException.class, () -> LoopFileSystem.ownedBy(undo::push, temp, "ext4", 1 << 10));
        undo.forEach(Runnable::run);
        try (var left = Files.list(temp)) {
            assertEquals(0, left.count());
        }
    }
}
