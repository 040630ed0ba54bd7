package dev.marrow.engine.transfer;

import dev.marrow.recovery.tiertwo.LoggedValues;
import dev.marrow.wal.RedoRecord;
import java.io.IOException;
import java.io.OutputStream;

/** A SET command a record. */
final class RespExportWriter extends ExportWriter {

    private final OutputStream out;

    RespExportWriter(OutputStream out, long nowMillis) {
        super(nowMillis);
        this.out = out;
    }

    @Override
    void write(RedoRecord record) throws IOException {
        out.write(SetCommand.encode(record.key(), record.value(), record.expireMillis()));
    }

    @Override
    void writeLarge(RedoRecord record, LoggedValues.Value value) throws IOException {
        out.write(SetCommand.begin(record.key(), value.length(), record.expireMillis()));
        for (int index = 0; index < value.pieces(); index++) {
            out.write(piece(value, index));
        }
        out.write(SetCommand.end(record.expireMillis()));
    }

    @Override
    public void finish() throws IOException {
        out.flush();
    }
}
