package dev.marrow.recovery.tiertwo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;

/** Pieces that say who they are and carry a checksum, so that each can be judged by itself. For one thread. */
final class Pieces {
    /** {@code checksum 8 | id 8 | index 4 | version 4}, then filling that depends on all of them. */
    static final int BYTES_MIN = 24;

    private final MemorySegment buffer = Arena.ofAuto().allocate(ChunkMap.CHUNK_BYTES_MAX, Long.BYTES);

    /** Valid until the next call. */
    MemorySegment piece(long id, int index, int version, int length) {
        long word = id * 0x9E37_79B9_7F4A_7C15L + index * 31L + version;
        for (int at = BYTES_MIN; at < length - Long.BYTES; at += Long.BYTES) {
            buffer.set(ValueLayout.JAVA_LONG, at, word += 0x9E37_79B9_7F4A_7C15L);
        }
        buffer.set(ValueLayout.JAVA_LONG, 8, id);
        buffer.set(ValueLayout.JAVA_INT, 16, index);
        buffer.set(ValueLayout.JAVA_INT, 20, version);
        MemorySegment piece = buffer.asSlice(0, length);
        piece.set(ValueLayout.JAVA_LONG, 0, checksum(piece));
        return piece;
    }

    /** The version of the piece that is there, checked; -1: none is there. */
    int version(ChunkMap map, long id, int index) {
        int length = map.length(id, index);
        if (length < 0) {
            return -1;
        }
        assertTrue(map.read(id, index, 0, buffer, 0, length));
        MemorySegment piece = buffer.asSlice(0, length);
        assertEquals(checksum(piece), piece.get(ValueLayout.JAVA_LONG, 0), "content of " + id + "/" + index);
        assertEquals(id, piece.get(ValueLayout.JAVA_LONG, 8));
        assertEquals(index, piece.get(ValueLayout.JAVA_INT, 16));
        return piece.get(ValueLayout.JAVA_INT, 20);
    }

    private static long checksum(MemorySegment piece) {
        CRC32C crc = new CRC32C();
        crc.update(piece.asSlice(Long.BYTES).asByteBuffer());
        return crc.getValue() << Integer.SIZE | piece.byteSize();
    }
}
