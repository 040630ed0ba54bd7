package dev.marrow.wal;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.time.Instant;

/** A JSON object for each batch or record; its field {@code kind} says which. Keys and values are whole. */
final class JsonDump implements SegmentVisitor {

    private final boolean records;
    private final PrintStream out;
    private final JsonLines lines;
    private String file = "";
    private boolean behindHole;

    JsonDump(boolean records, PrintStream out) throws IOException {
        this.records = records;
        this.out = out;
        this.lines = new JsonLines(out);
    }

    @Override
    public void segment(SegmentFile opened, MappedSegment segment) throws IOException {
        file = opened.name();
        SegmentDescriptor header = segment.descriptor();
        lines.line(json -> {
            begin(json, "segment", 0);
            json.writeNumberField("sequence", header.sequence());
            json.writeNumberField("segment_bytes", header.segmentBytes());
            json.writeNumberField("created_ms", header.createdMillis());
        });
    }

    private void begin(JsonGenerator json, String kind, long offset) throws IOException {
        json.writeStringField("kind", kind);
        json.writeStringField("file", file);
        json.writeNumberField("offset", offset);
        if (behindHole) {
            json.writeBooleanField("behind_hole", true);
        }
    }

    @Override
    public void batch(MappedSegment segment, long offset) throws IOException {
        LogDump.requireOpen(out);
        if (!records) {
            batch(segment.cursor(), offset);
        } else if (!segment.cursor().isSeal()) {
            long lsn = segment.cursor().lsn;
            SegmentFile.records(segment, offset, (payload, at, length) -> record(RedoRecord.read(payload, at), at, lsn));
        }
    }

    private void batch(BatchCursor batch, long offset) throws IOException {
        lines.line(json -> {
            begin(json, "batch", offset);
            json.writeStringField("type", BatchDescriptor.name(batch.magic));
            json.writeNumberField("lsn", batch.lsn);
            json.writeNumberField("records", batch.records);
            json.writeNumberField("payload_bytes", batch.payloadLength);
            json.writeNumberField("synced_segment", batch.syncedSegment);
            json.writeNumberField("synced_offset", batch.syncedOffset);
            json.writeNumberField("time_ms", batch.timeMillis);
            json.writeNumberField("ring_end", batch.ringEnd);
            json.writeNumberField("version_max", batch.versionMax);
        });
    }

    private void record(RedoRecord record, long offset, long lsn) {
        try {
            lines.line(json -> {
                begin(json, "record", offset);
                json.writeNumberField("lsn", lsn);
                json.writeStringField("type", record.typeName());
                json.writeNumberField("version", record.version());
                if (record.expireMillis() != 0) {
                    json.writeNumberField("expire_ms", record.expireMillis());
                    json.writeStringField("expire", Instant.ofEpochMilli(record.expireMillis()).toString());
                }
                if (record.hasKey()) {
                    lines.bytes("key", record.key());
                }
                if (record.isChunk()) {
                    json.writeNumberField("id", record.chunk().id());
                    json.writeNumberField("index", record.chunk().index());
                }
                if (record.stub().isPresent()) {
                    json.writeNumberField("id", record.stub().get().id());
                    json.writeNumberField("length", record.stub().get().length());
                } else if (record.isPut() || record.isChunk()) {
                    lines.bytes("value", record.value());
                }
            });
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible); // a print stream keeps its errors to itself
        }
    }

    @Override
    public void hole(long offset, long bytes) throws IOException {
        behindHole = true;
        extent("hole", offset, bytes);
    }

    @Override
    public void end(long offset, long bytes) throws IOException {
        behindHole |= bytes > 0;
        extent("end", offset, bytes);
        lines.flush();
    }

    private void extent(String kind, long offset, long bytes) throws IOException {
        lines.line(json -> {
            begin(json, kind, offset);
            json.writeNumberField("no_batch_bytes", bytes);
        });
    }

    @Override
    public void damaged(LogDamagedException damage) throws IOException {
        behindHole = true;
        lines.flush();
        LogTool.damaged(damage, true, out);
    }
}
