package dev.marrow.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Records of a transaction are read as if they lay in the ring themselves. */
class RedoRecordsTest {
    private static byte[] ringRecord(int type, long version, byte[] key, byte[] value) {
        int length = Abi.REDO_HEADER_BYTES + key.length + value.length;
        ByteBuffer bytes = ByteBuffer.allocate(RedoRing.HEADER_BYTES + (length + 7) / 8 * 8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(length).putInt(0).putLong(version).putLong(0).putInt(value.length).putShort((short) key.length).put((byte) type).put((byte) 0);
        return bytes.put(key).put(value).array();
    }

    private static byte[] put(long version, String key) {
        return ringRecord(Abi.REDO_PUT, version, key.getBytes(StandardCharsets.ISO_8859_1), new byte[(int) version]);
    }

    private static byte[] transaction(byte[]... records) {
        return ringRecord(Abi.REDO_TRANSACTION, 0, new byte[0], join(records));
    }

    private static byte[] join(byte[]... pieces) {
        ByteBuffer all = ByteBuffer.allocate(List.of(pieces).stream().mapToInt(piece -> piece.length).sum());
        List.of(pieces).forEach(all::put);
        return all.array();
    }

    private static List<String> read(byte[] bytes) {
        List<String> seen = new ArrayList<>();
        int count = RedoRecords.forEach(MemorySegment.ofArray(bytes), 0, bytes.length, (payload, offset, length) -> {
            RedoRecord record = RedoRecord.read(payload, offset);
            seen.add(record.typeName() + " " + new String(record.key(), StandardCharsets.ISO_8859_1) + " " + record.version() + " " + record.value().length);
        });
        assertEquals(seen.size(), count);
        return seen;
    }

    @Test
    void aTransactionsRecordsAreVisitedInTheirPlace() {
        byte[] delete = ringRecord(Abi.REDO_DELETE, 7, "d".getBytes(StandardCharsets.ISO_8859_1), new byte[0]);
        assertEquals(List.of("PUT a 1 1", "PUT b 2 2", "DELETE d 7 0", "PUT c 3 3"),
                read(join(put(1, "a"), transaction(put(2, "b"), delete), put(3, "c"))));
    }

    @Test
    void whatIsNoTransactionIsRefused() {
        assertThrows(IllegalStateException.class, () -> read(transaction(transaction(put(1, "a")))), "nested");
        byte[] cut = transaction(put(1, "a"), put(2, "b"));
        ByteBuffer.wrap(cut).order(ByteOrder.LITTLE_ENDIAN).putInt(RedoRing.HEADER_BYTES + Abi.REDO_HEADER_BYTES, cut.length);
        assertThrows(IllegalStateException.class, () -> read(cut), "a record that overruns its transaction");
        byte[] unknown = transaction(ringRecord(9, 1, new byte[1], new byte[0]));
        assertThrows(IllegalStateException.class, () -> read(unknown), "a type that nobody knows");
    }
}
