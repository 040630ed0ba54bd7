package dev.marrow.recovery.tiertwo;

import static dev.marrow.recovery.tiertwo.ChunkMap.CHUNK_BYTES_MAX;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The limit is what the map says it is: it is full when its bytes are, and not before, whatever lay where. */
class ChunkMapFillTest {
    private static final int MIB = 1 << 20;
    private static final int CHURN_STEPS = 20_000;

    @TempDir
    Path directory;

    private final MemorySegment buffer = Arena.ofAuto().allocate(CHUNK_BYTES_MAX);
    private final SplittableRandom random = new SplittableRandom(20260101);

    /** How long the pieces of a value are. */
    private enum Values {
        /** One piece each, of any length. */
        ANY {
            @Override
            int length(int index, SplittableRandom random) {
                return random.nextInt(1, CHUNK_BYTES_MAX + 1);
            }
        },
        /** A full piece and a little: the most pieces for the bytes. */
        SLIGHTLY_ABOVE {
            @Override
            int length(int index, SplittableRandom random) {
                return index == 0 ? CHUNK_BYTES_MAX : random.nextInt(1, 4096);
            }
        },
        FULL {
            @Override
            int length(int index, SplittableRandom random) {
                return CHUNK_BYTES_MAX;
            }
        };

        abstract int length(int index, SplittableRandom random);
    }

    @ParameterizedTest
    @CsvSource({"16, ANY", "16, SLIGHTLY_ABOVE", "16, FULL", "64, ANY", "256, ANY", "256, SLIGHTLY_ABOVE"})
    void isFullAtTheLimitAndNotBefore(long mib, Values values) throws IOException {
        try (ChunkMap map = ChunkMap.create(directory.resolve("chunks"), mib * MIB)) {
            List<long[]> pieces = new ArrayList<>();
            long id = 0;
            while (putUpTo(map, mib * MIB, pieces, id / 2, (int) (id % 2), values)) {
                id++;
            }
            for (int step = 0; step < CHURN_STEPS; step++) {
                while (map.bytes() > 0.95 * map.bytesMax()) {
                    remove(map, pieces);
                }
                if (random.nextInt(3) == 0) {
                    long[] piece = pieces.get(random.nextInt(pieces.size()));
                    int length = values.length((int) piece[1], random);
                    map.put(piece[0], (int) piece[1], buffer.asSlice(0, length));
                    piece[2] = length;
                } else {
                    assertTrue(putUpTo(map, mib * MIB, pieces, id / 2, (int) (id % 2), values));
                    id++;
                }
            }
            while (putUpTo(map, mib * MIB, pieces, id / 2, (int) (id % 2), values)) {
                id++;
            }
            assertEquals(pieces.stream().mapToLong(piece -> piece[2]).sum(), map.bytes());
        }
    }

    /** Tiny pieces stay between the gaps, and what comes next is longer than each gap that the rounds before left. */
    @Test
    void isFullAtTheLimitAlsoWhenEveryGapIsTooSmall() throws IOException {
        try (ChunkMap map = ChunkMap.create(directory.resolve("chunks"), 16 * MIB)) {
            for (int round = 0; round < 6; round++) {
                List<long[]> gaps = new ArrayList<>();
                int length = 16_000 + round * 9000;
                for (int i = 0; i < 100; i++) {
                    put(map, gaps, round, 2 * i, length);
                    map.put(round, 2 * i + 1, buffer.asSlice(0, 1));
                }
                gaps.forEach(piece -> map.remove(piece[0], (int) piece[1]));
            }
            long id = -1;
            while (putUpTo(map, 16 * MIB, new ArrayList<>(), id, 0, Values.FULL)) {
                id--;
            }
        }
    }

    /** @return false: the piece would have passed the limit, and the map said so */
    private boolean putUpTo(ChunkMap map, long bytesMax, List<long[]> pieces, long id, int index, Values values) {
        int length = values.length(index, random);
        long before = map.bytes();
        try {
            put(map, pieces, id, index, length);
            return true;
        } catch (TierTwoFullException e) {
            assertTrue(before + length > bytesMax, e.getMessage());
            assertEquals(before, map.bytes());
            return false;
        }
    }

    private void put(ChunkMap map, List<long[]> pieces, long id, int index, int length) {
        map.put(id, index, buffer.asSlice(0, length));
        pieces.add(new long[] {id, index, length});
    }

    private void remove(ChunkMap map, List<long[]> pieces) {
        int at = random.nextInt(pieces.size());
        long[] piece = pieces.get(at);
        map.remove(piece[0], (int) piece[1]);
        pieces.set(at, pieces.getLast());
        pieces.removeLast();
    }
}
