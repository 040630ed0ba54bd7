package dev.marrow.wal;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.Stub;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/**
 * Estimates how many keys a replay would leave, in bounded memory and one pass in any order: remembers the newest record of a sample of
 * keys. The sample is all keys whose hash ends in {@code level} zero bits; the level rises when there are too many. Up to
 * {@value #SAMPLE_KEYS_MAX} different keys the numbers are exact, beyond that within a few per cent.
 */
final class LiveEstimate {

    static final int SAMPLE_KEYS_MAX = 1 << 16;

    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final long MIX_1 = 0xff51afd7ed558ccdL;
    private static final long MIX_2 = 0xc4ceb9fe1a85ec53L;

    private record Newest(long version, boolean put, long expireMillis, long bytes) {}

    private final Map<Long, Newest> sample = new HashMap<>();
    private int level;
    private long flushVersion;

    void record(MemorySegment payload, long offset) {
        long version = RedoRecords.version(payload, offset);
        int type = RedoRecords.type(payload, offset);
        if (type == Abi.REDO_FLUSH) {
            flushVersion = Math.max(flushVersion, version);
            return;
        }
        if (type == Abi.REDO_CHUNK) {
            return;     // its bytes are counted with the key that refers to them
        }
        int keyLength = RedoRecords.keyLength(payload, offset);
        long hash = hash(payload, offset + Abi.REDO_HEADER_BYTES, keyLength);
        if (!sampled(hash)) {
            return;
        }
        Newest newest = new Newest(version, type == Abi.REDO_PUT, RedoRecords.expireMillis(payload, offset),
                keyLength + (RedoRecords.isStub(payload, offset) ? Stub.read(payload, offset + Abi.REDO_HEADER_BYTES + keyLength).length()
                        : RedoRecords.valueLength(payload, offset)));
        sample.merge(hash, newest, (one, other) -> one.version > other.version ? one : other);
        while (sample.size() > SAMPLE_KEYS_MAX) {
            level++;
            sample.keySet().removeIf(kept -> !sampled(kept));
        }
    }

    private boolean sampled(long hash) {
        return Long.numberOfTrailingZeros(hash) >= level;
    }

    private static long hash(MemorySegment bytes, long offset, int length) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < length; i++) {
            hash = (hash ^ bytes.get(ValueLayout.JAVA_BYTE, offset + i)) * FNV_PRIME;
        }
        // FNV's low bits are weak: spread the high ones down.
        hash = (hash ^ hash >>> 33) * MIX_1;
        hash = (hash ^ hash >>> 33) * MIX_2;
        return hash ^ hash >>> 33;
    }

    boolean exact() {
        return level == 0;
    }

    /** Keys whose newest record is a PUT that no flush covers and whose time has not come at {@code nowMillis}. */
    long keys(long nowMillis) {
        return sample.values().stream().filter(newest -> live(newest, nowMillis)).count() << level;
    }

    /** Bytes of those keys and their values. */
    long bytes(long nowMillis) {
        return sample.values().stream().filter(newest -> live(newest, nowMillis)).mapToLong(Newest::bytes).sum() << level;
    }

    private boolean live(Newest newest, long nowMillis) {
        return newest.put && newest.version >= flushVersion && (newest.expireMillis == 0 || newest.expireMillis >= nowMillis);
    }
}
