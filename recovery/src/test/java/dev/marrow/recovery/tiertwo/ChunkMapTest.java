package dev.marrow.recovery.tiertwo;

import static dev.marrow.recovery.tiertwo.ChunkMap.CHUNK_BYTES_MAX;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the map promises while its process lives, and after it stopped in good order. */
class ChunkMapTest {
    private static final long MIB = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(50); // Chronicle's own is 60

    @TempDir
    Path directory;

    @Test
    void readsBackWhatWasPutLast() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), MIB)) {
            map.put(7, 0, bytes("first"));
            map.put(7, 1, bytes("other"));
            map.put(Long.MIN_VALUE, -1, bytes("far"));
            map.put(7, 0, bytes("second and longer"));
            assertEquals("second and longer", text(map, 7, 0));
            assertEquals("other", text(map, 7, 1));
            assertEquals("far", text(map, Long.MIN_VALUE, -1));
            map.put(7, 0, bytes("3rd"));
            assertEquals("3rd", text(map, 7, 0));
            assertEquals(-1, map.length(8, 0));
            assertEquals(-1, map.length(0, 0));
        }
    }

    @Test
    void takesEverySizeOfOffHeapMemoryAndHeap() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), 64 * MIB); Arena arena = Arena.ofConfined()) {
            for (int length : new int[] {1, 2, 127, 128, 1008, 1009, 1010, 16_383, 16_384, CHUNK_BYTES_MAX - 1, CHUNK_BYTES_MAX}) {
                byte[] random = random(length);
                map.put(length, 0, arena.allocateFrom(ValueLayout.JAVA_BYTE, random));
                map.put(length, 1, MemorySegment.ofArray(random));
                assertArrayEquals(random, read(map, length, 0), "off-heap, length " + length);
                assertArrayEquals(random, read(map, length, 1), "heap, length " + length);
            }
        }
    }

    @Test
    void refusesWhatIsNoPiece() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), MIB)) {
            Arena arena = Arena.ofConfined();
            MemorySegment gone = arena.allocate(5);
            arena.close();
            assertThrows(IllegalArgumentException.class, () -> map.put(1, 0, gone));
            assertThrows(IllegalArgumentException.class, () -> map.put(1, 0, MemorySegment.ofArray(new byte[0])));
            assertThrows(IllegalArgumentException.class, () -> map.put(1, 0, MemorySegment.ofArray(new byte[CHUNK_BYTES_MAX + 1])));
            assertEquals(-1, map.length(1, 0));
            assertEquals(0, map.bytes());
        }
    }

    @Test
    void readsPartsAndNothingBehindTheEnd() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), MIB)) {
            map.put(1, 0, bytes("0123456789"));
            byte[] target = "..........".getBytes();
            assertTrue(map.read(1, 0, 3, MemorySegment.ofArray(target), 5, 4));
            assertEquals(".....3456.", new String(target));
            assertTrue(map.read(1, 0, 10, MemorySegment.ofArray(target), 0, 0));
            assertFalse(map.read(1, 0, 7, MemorySegment.ofArray(target), 0, 4));
            assertFalse(map.read(1, 0, Integer.MAX_VALUE, MemorySegment.ofArray(target), 0, 4));
            assertFalse(map.read(2, 0, 0, MemorySegment.ofArray(target), 0, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> map.read(1, 0, -1, MemorySegment.ofArray(target), 0, 4));
            assertThrows(IndexOutOfBoundsException.class, () -> map.read(1, 0, 0, MemorySegment.ofArray(target), 8, 4));
            assertEquals(".....3456.", new String(target));
        }
    }

    @Test
    void showsAPieceWhereItLiesWhateverHappensToOthers() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), 4 * MIB)) {
            Pieces pieces = new Pieces();
            map.put(1, 5, pieces.piece(1, 5, 0, 50_000));
            byte[] whole = read(map, 1, 5);
            MemorySegment view = map.view(1, 5, 0).orElseThrow();
            assertEquals(49_000, map.view(1, 5, 1_000).orElseThrow().byteSize());
            for (int i = 0; i < 300; i++) {
                map.put(2, i % 40, pieces.piece(2, i, i, 24 + random(1)[0] + 128 + i));
                map.remove(2, (i * 7) % 40);
            }
            assertArrayEquals(whole, view.toArray(ValueLayout.JAVA_BYTE));
            assertTrue(view.isReadOnly());
            assertTrue(map.view(1, 5, 50_000).isEmpty());
            assertTrue(map.view(1, 5, -1).isEmpty());
            assertTrue(map.view(1, 6, 0).isEmpty());
        }
    }

    @Test
    void countsBytesExactly() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), 123_456)) {
            assertEquals(123_456, map.bytesMax());
            assertEquals(0, map.bytes());
            put(map, 1, 0, 1000);
            put(map, 1, 1, 500);
            assertEquals(1500, map.bytes());
            put(map, 1, 0, 3000);
            assertEquals(3500, map.bytes());
            put(map, 1, 0, 1);
            assertEquals(501, map.bytes());
            map.remove(1, 1);
            map.remove(1, 1);
            assertEquals(1, map.bytes());
        }
    }

    @Test
    void changesNothingWhenTheLimitWouldBePassed() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), 100_000)) {
            put(map, 1, 0, 60_000);
            put(map, 1, 1, 39_000);
            put(map, 2, 0, 1000);
            TierTwoFullException full = assertThrows(TierTwoFullException.class, () -> put(map, 3, 0, 1));
            assertTrue(full.getMessage().contains("of 100000 (--tier-two)"), full.getMessage());
            assertThrows(TierTwoFullException.class, () -> put(map, 2, 0, 1001));
            assertEquals(100_000, map.bytes());
            assertEquals(-1, map.length(3, 0));
            assertArrayEquals(random(1000), read(map, 2, 0));
            put(map, 2, 0, 999);
            put(map, 3, 0, 1);
            assertEquals(100_000, map.bytes());
        }
    }

    @Test
    void boundsThePiecesToo() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), MIB)) {
            int count = 0;
            try {
                while (true) {
                    put(map, count, 0, 1);
                    count++;
                }
            } catch (TierTwoFullException e) {
                assertTrue(e.getMessage().contains(count + " pieces"), e.getMessage());
            }
            assertTrue(count > MIB / (CHUNK_BYTES_MAX / 2), "pieces: " + count);
            assertEquals(count, map.bytes());
            put(map, 0, 0, 2);
            map.remove(1, 0);
            put(map, -1, 0, 1);
        }
    }

    @Test
    void meetsEveryPieceAndLetsTheVisitorChangeThem() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), 64 * MIB)) {
            Set<String> expected = new HashSet<>();
            for (int i = 0; i < 1000; i++) {
                put(map, i / 3 - 100, i % 3, i + 1);
                expected.add((i / 3 - 100) + " " + i % 3 + " " + (i + 1));
            }
            Set<String> met = new HashSet<>();
            map.forEach((id, index, length) -> {
                assertTrue(met.add(id + " " + index + " " + length));
                map.remove(id, index);
            });
            assertEquals(expected, met);
            assertEquals(0, map.bytes());
            map.forEach((id, _, _) -> {
                throw new AssertionError(id);
            });
        }
    }

    @Test
    void findsAllOfAStoppedMapAgain() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), 2 * MIB)) {
            put(map, 1, 0, CHUNK_BYTES_MAX);
            put(map, 1, 1, 5);
            put(map, 2, 0, 7);
            map.remove(2, 0);
        }
        try (ChunkMap map = ChunkMap.recover(file(), MIB)) {
            assertEquals(CHUNK_BYTES_MAX + 5, map.bytes());
            assertEquals(MIB, map.bytesMax());
            assertArrayEquals(random(CHUNK_BYTES_MAX), read(map, 1, 0));
            assertArrayEquals(random(5), read(map, 1, 1));
            assertEquals(-1, map.length(2, 0));
            put(map, 1, 0, 1);
            assertEquals(6, map.bytes());
        }
        try (ChunkMap map = ChunkMap.create(file(), MIB)) {
            assertEquals(0, map.bytes());
            assertEquals(-1, map.length(1, 0));
        }
    }

    @Test
    void dropsWhatIsDamaged() throws IOException {
        try (ChunkMap map = ChunkMap.create(file(), 64 * MIB)) {
            for (int i = 0; i < 20; i++) {
                map.put(i, 0, bytes("piece number " + i));
            }
        }
        String content = Files.readString(file(), StandardCharsets.ISO_8859_1);
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap("P".getBytes()), content.indexOf("piece number 7"));
        }
        try (ChunkMap map = ChunkMap.recover(file(), 64 * MIB)) {
            for (int i = 0; i < 20; i++) {
                assertEquals(i == 7 ? "none" : "piece number " + i, text(map, i, 0));
            }
            assertEquals(10 * 14 + 10 * 15 - 14, map.bytes());
        }
    }

    @Test
    void refusesAFileThatIsNoMapOrTooSmall() throws IOException {
        assertThrows(IOException.class, () -> ChunkMap.recover(file(), MIB));
        Files.write(file(), new byte[0]);
        assertThrows(IOException.class, () -> ChunkMap.recover(file(), MIB));
        Files.write(file(), random(100_000));
        assertThrows(IOException.class, () -> ChunkMap.recover(file(), MIB));
        Files.write(file(), new byte[100_000]);
        assertThrows(IOException.class, () -> ChunkMap.recover(file(), MIB));
        ChunkMap.create(file(), MIB).close();
        IOException small = assertThrows(IOException.class, () -> ChunkMap.recover(file(), MIB + 1));
        assertTrue(small.getMessage().contains("bytesMax=" + MIB), small.getMessage());
        ChunkMap.recover(file(), MIB).close();
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) { // as a start that was killed leaves it
            channel.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 0x8000_0100), 8);
        }
        assertTimeoutPreemptively(PATIENCE, () -> assertThrows(IOException.class, () -> ChunkMap.recover(file(), MIB)));
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
            channel.truncate(5000);
        }
        assertThrows(IOException.class, () -> ChunkMap.recover(file(), MIB));
    }

    @Test
    void takesNoDiskForWhatWasNeverPut() throws Exception {
        try (ChunkMap map = ChunkMap.create(file(), 1024 * MIB)) {
            assertEquals(0, map.bytes());
            Process du = new ProcessBuilder("du", "-k", file().toString()).start();
            long kib = Long.parseLong(new String(du.getInputStream().readAllBytes()).split("\t")[0]);
            assertTrue(Files.size(file()) > 1024 * MIB, "length " + Files.size(file()));
            assertTrue(kib < 4096, "KiB on disk " + kib);
        }
    }

    @Test
    void failsAfterClose() throws IOException {
        ChunkMap map = ChunkMap.create(file(), MIB);
        put(map, 1, 0, 5);
        map.close();
        map.close();
        assertThrows(RuntimeException.class, () -> put(map, 1, 0, 5));
        assertThrows(RuntimeException.class, () -> map.length(1, 0));
    }

    /** Each thread has its pieces and looks at the others'. */
    @Test
    void servesThreadsAtOnce() throws Exception {
        int threads = 4;
        try (ChunkMap map = ChunkMap.create(file(), 64 * MIB); ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            CountDownLatch start = new CountDownLatch(threads);
            List<Future<Map<Integer, Integer>>> runs = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int id = thread;
                runs.add(executor.submit(() -> work(map, id, threads, start)));
            }
            long expected = 0;
            for (Future<Map<Integer, Integer>> run : runs) {
                expected += run.get().values().stream().mapToLong(Integer::intValue).sum();
            }
            assertEquals(expected, map.bytes());
        }
    }

    @Test
    void readsWholeVersionsWhileTheyAreReplaced() throws Exception {
        int versions = 5000;
        try (ChunkMap map = ChunkMap.create(file(), MIB); ExecutorService executor = Executors.newSingleThreadExecutor()) {
            map.put(1, 0, new Pieces().piece(1, 0, 0, CHUNK_BYTES_MAX));
            Future<?> writer = executor.submit(() -> {
                Pieces pieces = new Pieces();
                for (int version = 1; version <= versions; version++) {
                    map.put(1, 0, pieces.piece(1, 0, version, CHUNK_BYTES_MAX));
                }
            });
            Pieces pieces = new Pieces();
            int seen = 0;
            while (seen < versions && !(writer.isDone() && writer.state() == Future.State.FAILED)) {
                int version = pieces.version(map, 1, 0);
                assertTrue(version >= seen, version + " after " + seen);
                seen = version;
            }
            writer.get();
        }
    }

    private static Map<Integer, Integer> work(ChunkMap map, int id, int threads, CountDownLatch start) throws InterruptedException {
        SplittableRandom random = new SplittableRandom(id);
        Pieces mine = new Pieces();
        Map<Integer, Integer> lengths = new HashMap<>();
        byte[] seen = new byte[Pieces.BYTES_MIN];
        start.countDown();
        start.await();
        for (int i = 0; i < 3000; i++) {
            int index = random.nextInt(50);
            if (random.nextInt(4) == 0) {
                map.remove(id, index);
                lengths.remove(index);
            } else {
                int length = random.nextInt(Pieces.BYTES_MIN, CHUNK_BYTES_MAX + 1);
                map.put(id, index, mine.piece(id, index, i, length));
                lengths.put(index, length);
                assertEquals(i, mine.version(map, id, index));
            }
            int other = random.nextInt(threads);
            if (map.read(other, index, 0, MemorySegment.ofArray(seen), 0, Pieces.BYTES_MIN)) {
                assertEquals(other, ByteBuffer.wrap(seen).order(ByteOrder.nativeOrder()).getLong(8));
            }
        }
        return lengths;
    }

    private Path file() {
        return directory.resolve("chunks");
    }

    private static void put(ChunkMap map, long id, int index, int length) {
        map.put(id, index, MemorySegment.ofArray(random(length)));
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(length).nextBytes(bytes);
        return bytes;
    }

    private static MemorySegment bytes(String text) {
        return MemorySegment.ofArray(text.getBytes());
    }

    private static byte[] read(ChunkMap map, long id, int index) {
        byte[] bytes = new byte[map.length(id, index)];
        assertTrue(map.read(id, index, 0, MemorySegment.ofArray(bytes), 0, bytes.length));
        return bytes;
    }

    private static String text(ChunkMap map, long id, int index) {
        return map.length(id, index) < 0 ? "none" : new String(read(map, id, index));
    }
}
