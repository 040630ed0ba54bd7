package dev.marrow.recovery.tiertwo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ExternalMapQueryContext;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process is killed while it writes; what it had put before it said so is found again, and nothing is found that nobody put. */
class ChunkMapCrashTest {
    private static final long BYTES_MAX = 64 << 20;
    private static final int THREADS = 3;
    private static final int CHECKPOINTS = 20;
    private static final int CHECKPOINT_PIECES = 5; // put once, then left alone
    private static final int BUSY_PIECES = 40; // replaced and removed all the time
    private static final long BUSY_ID = 1000; // and up: the threads' own
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(50); // Chronicle itself gives up after 60

    @TempDir
    Path directory;

    @RepeatedTest(3)
    void findsWhatWasPutBeforeACheckpoint() throws Exception {
        Process child = ChildJvm.start(ChildJvm.flags(), directory, Writers.class, "chunks");
        Map<Integer, Integer> checkpoints = new ConcurrentHashMap<>();
        try (BufferedReader lines = child.inputReader()) {
            for (int i = 0; i < CHECKPOINTS; i++) {
                String[] words = lines.readLine().split(" ");
                assertEquals("checkpoint", words[0], String.join(" ", words));
                checkpoints.put(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
            }
        } finally {
            child.destroyForcibly().waitFor();
        }
        try (ChunkMap map = ChunkMap.recover(directory.resolve("chunks"), BYTES_MAX)) {
            Pieces pieces = new Pieces();
            checkpoints.forEach((thread, last) -> {
                for (int index = 0; index < (last + 1) * CHECKPOINT_PIECES; index++) {
                    assertEquals(index / CHECKPOINT_PIECES, pieces.version(map, thread, index));
                }
            });
            long[] bytes = {0};
            map.forEach((id, index, length) -> {
                assertTrue(pieces.version(map, id, index) >= 0);
                bytes[0] += length;
            });
            assertEquals(bytes[0], map.bytes());
            canBeUsed(map, pieces);
        }
    }

    @Test
    void isNotBlockedByALockThatTheProcessHeld() throws Exception {
        Process child = ChildJvm.start(ChildJvm.flags(), directory, LockHolder.class, "chunks");
        try (BufferedReader lines = child.inputReader()) {
            assertEquals("locked", lines.readLine());
        } finally {
            child.destroyForcibly().waitFor();
        }
        assertTimeoutPreemptively(LOCK_PATIENCE, () -> {
            try (ChunkMap map = ChunkMap.recover(directory.resolve("chunks"), BYTES_MAX)) {
                Pieces pieces = new Pieces();
                assertEquals(1, pieces.version(map, 1, 0));
                canBeUsed(map, pieces);
            }
        });
    }

    /** Every segment is written to. */
    private static void canBeUsed(ChunkMap map, Pieces pieces) {
        for (long id = 0; id < BUSY_ID + THREADS; id += 25) {
            for (int index = 0; index < BUSY_PIECES; index++) {
                map.put(id, index, pieces.piece(id, index, 7, 1000));
                assertEquals(7, pieces.version(map, id, index));
            }
        }
        map.forEach((id, index, _) -> map.remove(id, index));
        assertEquals(0, map.bytes());
    }

    static final class Writers {
        public static void main(String[] arguments) throws IOException {
            ChunkMap map = ChunkMap.create(Path.of(arguments[0]), BYTES_MAX);
            for (int thread = 0; thread < THREADS; thread++) {
                int id = thread;
                Thread.ofPlatform().start(() -> write(map, id));
            }
        }

        private static void write(ChunkMap map, int thread) {
            Pieces pieces = new Pieces();
            SplittableRandom random = new SplittableRandom();
            long busy = BUSY_ID + thread;
            for (int checkpoint = 0; checkpoint < 10 * CHECKPOINTS; checkpoint++) {
                for (int i = 0; i < CHECKPOINT_PIECES; i++) {
                    int index = checkpoint * CHECKPOINT_PIECES + i;
                    map.put(thread, index, pieces.piece(thread, index, checkpoint, random.nextInt(Pieces.BYTES_MIN, ChunkMap.CHUNK_BYTES_MAX / 4)));
                    churn(map, busy, pieces, random);
                }
                System.out.println("checkpoint " + thread + " " + checkpoint);
            }
            while (true) {
                churn(map, busy, pieces, random);
            }
        }

        private static void churn(ChunkMap map, long id, Pieces pieces, SplittableRandom random) {
            for (int i = 0; i < 20; i++) {
                int index = random.nextInt(BUSY_PIECES);
                if (random.nextInt(5) == 0) {
                    map.remove(id, index);
                } else {
                    map.put(id, index, pieces.piece(id, index, i, random.nextInt(Pieces.BYTES_MIN, ChunkMap.CHUNK_BYTES_MAX + 1)));
                }
            }
        }
    }

    /** Holds the lock of a segment for ever; which no call of the map does, so it reaches around it. */
    static final class LockHolder {
        public static void main(String[] arguments) throws Exception {
            ChunkMap map = ChunkMap.create(Path.of(arguments[0]), BYTES_MAX);
            map.put(1, 0, new Pieces().piece(1, 0, 1, 1000));
            Field field = ChunkMap.class.getDeclaredField("map");
            field.setAccessible(true);
            ChronicleMap<?, ?> inner = (ChronicleMap<?, ?>) field.get(map);
            try (ExternalMapQueryContext<?, ?, ?> query = inner.queryContext(new Arguments().key(1, 0, 0), 0, Arguments.KEY_BYTES)) {
                query.writeLock().lock();
                System.out.println("locked");
                new CountDownLatch(1).await();
            }
        }
    }
}
