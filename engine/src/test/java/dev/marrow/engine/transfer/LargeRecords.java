package dev.marrow.engine.transfer;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.Stub;
import dev.marrow.recovery.tiertwo.LoggedValues;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogScanner;
import dev.marrow.wal.RedoRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Records with large values for an {@link ExportWriter}. */
final class LargeRecords {

    private LargeRecords() {}

    /** The key's record as a table has it. */
    static RedoRecord stub(long id, byte[] key, byte[] value, long expireMillis) {
        byte[] stub = new byte[Abi.SIZEOF_stub];
        MemorySegment memory = MemorySegment.ofArray(stub);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, Abi.stub_id, id);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, Abi.stub_length, value.length);
        return new RedoRecord(Abi.REDO_PUT, 7, expireMillis, key, stub, Optional.of(new Stub(id, value.length)));
    }

    /** Its value as the ring has it. */
    static List<Records.Given> chunks(long id, byte[] value) {
        List<Records.Given> chunks = new ArrayList<>();
        for (int from = 0; from < value.length; from += Abi.VALUE_BYTES_MAX) {
            byte[] key = new byte[Abi.SIZEOF_chunk_key];
            MemorySegment memory = MemorySegment.ofArray(key);
            memory.set(ValueLayout.JAVA_LONG_UNALIGNED, Abi.chunk_key_id, id);
            memory.set(ValueLayout.JAVA_INT_UNALIGNED, Abi.chunk_key_index, from / Abi.VALUE_BYTES_MAX);
            byte[] content = Arrays.copyOfRange(value, from, Math.min(value.length, from + Abi.VALUE_BYTES_MAX));
            chunks.add(new Records.Given(Abi.REDO_CHUNK, 0, 0, key, content));
        }
        return chunks;
    }

    /**
     * An export of these keys.
     *
     * @param directory an empty one
     */
    static byte[] export(List<Records.Given> records, boolean json, long nowMillis, Path directory) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ExportWriter writer = json ? ExportWriter.json(out, "test", nowMillis) : ExportWriter.resp(out, nowMillis);
        Map<Long, Stub> stubs = new HashMap<>();
        List<Records.Given> chunks = new ArrayList<>();
        List<RedoRecord> keys = new ArrayList<>();
        for (Records.Given record : records) {
            keys.add(stub(keys.size() + 1, record.key(), record.value(), record.expireMillis()));
            stubs.put((long) keys.size(), keys.getLast().stub().orElseThrow());
            chunks.addAll(chunks(keys.size(), record.value()));
        }
        MemorySegment ring = MemorySegment.ofArray(Records.ring(chunks));
        try (LogDirectory log = LogDirectory.open(directory); LoggedValues values = LoggedValues.find(stubs, log, LogScanner.whole(log), ring)) {
            for (RedoRecord key : keys) {
                writer.large(key, values.open(key.stub().orElseThrow()).orElseThrow());
            }
        }
        writer.finish();
        return out.toByteArray();
    }
}
