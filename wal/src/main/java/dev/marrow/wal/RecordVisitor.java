package dev.marrow.wal;

import java.lang.foreign.MemorySegment;

/** Sees redo records. */
@FunctionalInterface
public interface RecordVisitor {
    /** One redo record: {@code length} bytes of {@code payload} from {@code offset} on, without the ring's header. Valid during the call. */
    void record(MemorySegment payload, long offset, int length);
}
