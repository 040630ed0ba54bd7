package dev.marrow.recovery.tiertwo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.Stub;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogScanner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which chunks make a value, whatever else lies between them. */
class LoggedValuesTest {
    private static final int FULL = Abi.VALUE_BYTES_MAX;
    private static final Stub STUB = new Stub(5, FULL + 10);

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream ring = new ByteArrayOutputStream();

    private static byte[] filled(int length, int with) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) with);
        return bytes;
    }

    private LoggedValuesTest chunk(long id, int index, byte[] content) {
        byte[] key = new byte[Abi.SIZEOF_chunk_key];
        MemorySegment.ofArray(key).set(ValueLayout.JAVA_LONG_UNALIGNED, Abi.chunk_key_id, id);
        MemorySegment.ofArray(key).set(ValueLayout.JAVA_INT_UNALIGNED, Abi.chunk_key_index, index);
        int length = Abi.REDO_HEADER_BYTES + key.length + content.length;
        ByteBuffer record = ByteBuffer.allocate(8 + (length + 7 & ~7)).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt(length).putInt(0).putLong(0).putLong(0).putInt(content.length).putShort((short) key.length);
        record.put((byte) Abi.REDO_CHUNK).put((byte) 0);
        ring.writeBytes(record.put(key).put(content).array());
        return this;
    }

    private Optional<byte[]> found() throws IOException {
        try (LogDirectory log = LogDirectory.open(directory);
                LoggedValues values = LoggedValues.find(Map.of(STUB.id(), STUB), log, LogScanner.whole(log),
                        MemorySegment.ofArray(ring.toByteArray()))) {
            Optional<LoggedValues.Value> value = values.open(STUB);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            value.ifPresent(there -> {
                assertEquals(STUB.length(), there.length());
                for (int index = 0; index < there.pieces(); index++) {
                    bytes.writeBytes(there.piece(index).toArray(ValueLayout.JAVA_BYTE));
                }
            });
            return value.map(_ -> bytes.toByteArray());
        }
    }

    @Test
    void theLastChunkOfANameCounts() throws IOException {
        chunk(5, 0, filled(FULL, 1)).chunk(6, 0, filled(FULL, 2)).chunk(5, 1, filled(10, 3)).chunk(5, 0, filled(FULL, 4)).chunk(5, 2, filled(10, 5));
        byte[] expected = Arrays.copyOf(filled(FULL, 4), FULL + 10);
        Arrays.fill(expected, FULL, FULL + 10, (byte) 3);
        assertArrayEquals(expected, found().orElseThrow());
    }

    @Test
    void aValueThatLacksAChunkIsNotThere() throws IOException {
        assertTrue(found().isEmpty(), "nothing of it");
        assertTrue(chunk(5, 0, filled(FULL, 1)).found().isEmpty(), "its end is missing");
        assertTrue(chunk(5, 1, filled(9, 1)).found().isEmpty(), "its end is too short");
        assertTrue(chunk(5, 1, filled(10, 1)).found().isPresent());
    }
}
