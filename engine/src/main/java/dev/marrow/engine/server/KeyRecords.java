package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The keys out of what a scan for keys gives: ring records, each with the number of its home. A home's keys come one behind the other, and a key may be
 * among them twice, when its place changed meanwhile.
 */
final class KeyRecords {
    private static final int NO_HOME = -1;
    private static final int KEY_LENGTH = Abi.record_key_length - Abi.record_version;

    private final List<byte[]> keys;
    private int home = NO_HOME;
    private int homeStart;

    /** @param keys where they go */
    KeyRecords(List<byte[]> keys) {
        this.keys = keys;
    }

    void add(MemorySegment records, int bytes) {
        for (int at = 0; at < bytes;) {
            int length = records.get(ValueLayout.JAVA_INT, at);
            int recordHome = records.get(ValueLayout.JAVA_INT, at + Integer.BYTES);
            long body = at + RedoRing.HEADER_BYTES;
            int keyLength = records.get(ValueLayout.JAVA_SHORT, body + KEY_LENGTH);
            add(recordHome, records.asSlice(body + Abi.REDO_HEADER_BYTES, keyLength).toArray(ValueLayout.JAVA_BYTE));
            at += RedoRing.HEADER_BYTES + (length + 7 & ~7);
        }
    }

    private void add(int recordHome, byte[] key) {
        if (recordHome != home) {
            home = recordHome;
            homeStart = keys.size();
        }
        for (int i = homeStart; i < keys.size(); i++) {
            if (Arrays.equals(keys.get(i), key)) {
                return;
            }
        }
        keys.add(key);
    }
}
