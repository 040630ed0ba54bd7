package dev.marrow.engine.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A home's keys are given once each, also when a scan met one twice, and the home's rest came in another run. */
class KeyRecordsTest {
    private static MemorySegment records(Object... homesAndKeys) {
        MemorySegment records = Arena.ofAuto().allocate(4096, 8);
        int at = 0;
        for (int i = 0; i < homesAndKeys.length; i += 2) {
            byte[] key = ((String) homesAndKeys[i + 1]).getBytes(ISO_8859_1);
            records.set(ValueLayout.JAVA_INT, at, Abi.REDO_HEADER_BYTES + key.length);
            records.set(ValueLayout.JAVA_INT, at + 4, (int) homesAndKeys[i]);
            long body = at + RedoRing.HEADER_BYTES;
            records.set(ValueLayout.JAVA_SHORT, body + Abi.record_key_length - Abi.record_version, (short) key.length);
            MemorySegment.copy(key, 0, records, ValueLayout.JAVA_BYTE, body + Abi.REDO_HEADER_BYTES, key.length);
            at = (int) (body + Abi.REDO_HEADER_BYTES + key.length + 7 & ~7);
        }
        return records.asSlice(0, at);
    }

    private static List<String> keys(MemorySegment... runs) {
        List<byte[]> keys = new ArrayList<>();
        KeyRecords records = new KeyRecords(keys);
        for (MemorySegment run : runs) {
            records.add(run, (int) run.byteSize());
        }
        return keys.stream().map(key -> new String(key, ISO_8859_1)).toList();
    }

    @Test
    void keysOfAHomeAreGivenOnce() {
        assertEquals(List.of(), keys(records()));
        assertEquals(List.of("a", "bb", "k".repeat(512)), keys(records(0, "a", 0, "bb", 0, "a", 1, "k".repeat(512), 1, "k".repeat(512))));
        assertEquals(List.of("a", "b", "c"), keys(records(7, "a", 7, "b"), records(7, "a", 7, "c")));
    }
}
