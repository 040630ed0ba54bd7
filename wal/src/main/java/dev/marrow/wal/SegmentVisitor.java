package dev.marrow.wal;

import java.io.IOException;

/** Sees what is in the files of a data directory as it lies there, valid or not. Calls come file by file, each in order of offsets. */
interface SegmentVisitor {

    /** A file with a valid header begins. */
    void segment(SegmentFile file, MappedSegment segment) throws IOException;

    /** A valid batch, data or seal, at {@code offset}; the segment's cursor holds its fields. */
    void batch(MappedSegment segment, long offset) throws IOException;

    /** {@code bytes} bytes that are no batch, with a valid batch behind them. */
    void hole(long offset, long bytes) throws IOException;

    /** The last batch ends at {@code offset}; {@code bytes} bytes that are no batch follow, 0 when only zeros follow. */
    void end(long offset, long bytes) throws IOException;

    /** Something that no crash leaves behind: the rest of this file is passed over. */
    void damaged(LogDamagedException damage) throws IOException;
}
