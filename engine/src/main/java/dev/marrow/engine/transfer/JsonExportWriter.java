package dev.marrow.engine.transfer;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.marrow.recovery.tiertwo.LoggedValues;
import dev.marrow.wal.JsonLines;
import dev.marrow.wal.RedoRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;

/** Header, a line a record and one more for each further piece of its value, end. */
final class JsonExportWriter extends ExportWriter {

    private final JsonLines lines;

    JsonExportWriter(OutputStream out, String source, long nowMillis) throws IOException {
        super(nowMillis);
        lines = new JsonLines(out);
        lines.line(json -> {
            json.writeNumberField(ExportFields.HEADER, ExportFields.FORMAT_VERSION);
            json.writeNumberField(ExportFields.TIME_MILLIS, nowMillis);
            json.writeStringField(ExportFields.TIME, Instant.ofEpochMilli(nowMillis).toString());
            json.writeStringField(ExportFields.SOURCE, source);
        });
    }

    @Override
    void write(RedoRecord record) throws IOException {
        lines.line(json -> {
            lines.bytes(ExportFields.KEY, record.key());
            lines.bytes(ExportFields.VALUE, record.value());
            writeRest(json, record);
        });
    }

    private static void writeRest(JsonGenerator json, RedoRecord record) throws IOException {
        if (record.expireMillis() != 0) {
            json.writeNumberField(ExportFields.EXPIRE_MILLIS, record.expireMillis());
        }
        json.writeNumberField(ExportFields.VERSION, record.version());
    }

    @Override
    void writeLarge(RedoRecord record, LoggedValues.Value value) throws IOException {
        lines.line(json -> {
            lines.bytes(ExportFields.KEY, record.key());
            json.writeNumberField(ExportFields.LENGTH, value.length());
            lines.bytes(ExportFields.VALUE, piece(value, 0));
            writeRest(json, record);
        });
        for (int index = 1; index < value.pieces(); index++) {
            byte[] piece = piece(value, index);
            lines.line(json -> lines.bytes(ExportFields.MORE, piece));
        }
    }

    @Override
    public void finish() throws IOException {
        lines.line(json -> {
            json.writeBooleanField(ExportFields.END, true);
            json.writeNumberField(ExportFields.RECORDS, records());
        });
        lines.flush();
    }
}
