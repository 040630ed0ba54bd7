package dev.marrow.recovery.tiertwo;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import net.openhft.chronicle.bytes.PointerBytesStore;

/** A thread's key and value of a call, as Chronicle wants them: off-heap, by address, without an object for each call. */
final class Arguments {
    static final int KEY_BYTES = 16;
    static final int INDEX_AT = 8; // the id is before it
    static final int KIND_AT = 12;

    private final MemorySegment keyBytes = Arena.ofAuto().allocate(KEY_BYTES, Long.BYTES);
    private final PointerBytesStore key = new PointerBytesStore();
    private final PointerBytesStore value = new PointerBytesStore();
    private MemorySegment copy = MemorySegment.NULL; // made when a piece first comes from the heap, which has no address

    Arguments() {
        key.set(keyBytes.address(), KEY_BYTES);
    }

    PointerBytesStore key(long id, int index, int kind) {
        keyBytes.set(ValueLayout.JAVA_LONG, 0, id);
        keyBytes.set(ValueLayout.JAVA_INT, INDEX_AT, index);
        keyBytes.set(ValueLayout.JAVA_INT, KIND_AT, kind);
        return key;
    }

    /** Valid until the next call, and while the piece is alive. */
    PointerBytesStore value(MemorySegment piece) {
        MemorySegment offHeap = piece;
        if (!piece.isNative()) {
            copy = copy.byteSize() == 0 ? Arena.ofAuto().allocate(ChunkMap.CHUNK_BYTES_MAX) : copy;
            offHeap = copy.copyFrom(piece);
        }
        value.set(offHeap.address(), piece.byteSize());
        return value;
    }
}
