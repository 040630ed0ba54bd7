package dev.marrow.wal;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Instant;

/** A line of text for each redo record. The offset is that of the record itself, behind the ring's header. */
final class RecordDump implements SegmentVisitor {

    /** Of longer values the beginning is shown. */
    static final int VALUE_SHOWN_BYTES_MAX = 64;

    private final PrintStream out;
    private String file = "";
    private boolean behindHole;

    RecordDump(PrintStream out) {
        this.out = out;
    }

    @Override
    public void segment(SegmentFile opened, MappedSegment segment) {
        file = opened.name();
    }

    @Override
    public void batch(MappedSegment segment, long offset) throws IOException {
        LogDump.requireOpen(out);
        BatchCursor batch = segment.cursor();
        if (!batch.isSeal()) {
            long lsn = batch.lsn;
            SegmentFile.records(segment, offset, (payload, at, length) -> print(RedoRecord.read(payload, at), at, lsn));
        }
    }

    private void print(RedoRecord record, long offset, long lsn) {
        StringBuilder line = new StringBuilder(128);
        line.append(file).append(" offset=").append(offset).append(" lsn=").append(lsn).append(' ').append(record.typeName());
        line.append(" version=").append(record.version());
        if (record.expireMillis() != 0) {
            line.append(" expire_ms=").append(record.expireMillis());
            line.append(" (").append(Instant.ofEpochMilli(record.expireMillis())).append(')');
        }
        if (record.hasKey()) {
            line.append(" key=").append(EscapedBytes.quote(record.key()));
        }
        if (record.isChunk()) {
            line.append(" id=").append(record.chunk().id()).append(" index=").append(record.chunk().index());
            line.append(" (").append(record.value().length).append(" bytes)");
        } else if (record.stub().isPresent()) {
            line.append(" chunks of id=").append(record.stub().get().id()).append(" (").append(record.stub().get().length()).append(" bytes)");
        } else if (record.isPut()) {
            line.append(" value=").append(EscapedBytes.quote(record.value(), VALUE_SHOWN_BYTES_MAX));
            line.append(" (").append(record.value().length).append(" bytes)");
        }
        out.println(behindHole ? line.append(" BEHIND A HOLE") : line);
    }

    @Override
    public void hole(long offset, long bytes) {
        behindHole = true;
        out.printf("%s offset=%d %d bytes that are no batch%n", file, offset, bytes);
    }

    @Override
    public void end(long offset, long bytes) {
        if (bytes > 0) {
            hole(offset, bytes);
        }
    }

    @Override
    public void damaged(LogDamagedException damage) {
        behindHole = true;
        LogTool.damaged(damage, false, out);
    }
}
