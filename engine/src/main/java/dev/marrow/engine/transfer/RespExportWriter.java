package dev.marrow.engine.transfer;

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
    public void finish() throws IOException {
        out.flush();
    }
}
