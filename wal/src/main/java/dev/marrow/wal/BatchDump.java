package dev.marrow.wal;

import java.io.IOException;
import java.io.PrintStream;

/** A line of text for each batch. */
final class BatchDump implements SegmentVisitor {

    private final PrintStream out;

    BatchDump(PrintStream out) {
        this.out = out;
    }

    @Override
    public void segment(SegmentFile file, MappedSegment segment) {
        SegmentDescriptor header = segment.descriptor();
        out.printf("%s sequence=%d segment_bytes=%d created_ms=%d%n", file.name(), header.sequence(), header.segmentBytes(),
                header.createdMillis());
    }

    @Override
    public void batch(MappedSegment segment, long offset) throws IOException {
        LogDump.requireOpen(out);
        BatchCursor batch = segment.cursor();
        out.printf("  offset=%d %s lsn=%d records=%d payload=%d synced=%d/%d time_ms=%d ring_end=%d version_max=%d%n", offset,
                BatchDescriptor.name(batch.magic), batch.lsn, batch.records, batch.payloadLength, batch.syncedSegment,
                batch.syncedOffset, batch.timeMillis, batch.ringEnd, batch.versionMax);
    }

    @Override
    public void hole(long offset, long bytes) {
        out.printf("  offset=%d %d bytes that are no batch%n", offset, bytes);
    }

    @Override
    public void end(long offset, long bytes) {
        out.printf("  offset=%d %s%n", offset, bytes == 0 ? "end" : bytes + " bytes that are no batch, then zeros");
    }

    @Override
    public void damaged(LogDamagedException damage) {
        LogTool.damaged(damage, false, out);
    }
}
