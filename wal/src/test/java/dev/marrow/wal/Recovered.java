package dev.marrow.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.marrow.bpf.Abi;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What base and log of a directory amount to, by the rule of replay (I5).
 *
 * @param table      version of each key that is there
 * @param versionMax no version given so far is higher (I4)
 */
record Recovered(Map<String, Long> table, long versionMax, long flushVersion) {

    static final Recovered NOTHING = new Recovered(Map.of(), 0, 0);

    /** @throws AssertionError when a value is not its version's */
    static Recovered read(LogDirectory directory) throws IOException {
        LogScan scan = LogScanner.verify(directory);
        Map<String, Long> newest = new TreeMap<>();
        Map<String, Integer> types = new TreeMap<>();
        RecordVisitor visitor = (payload, record, length) -> {
            long version = RedoRecords.version(payload, record);
            int type = RedoRecords.type(payload, record);
            int keyLength = RedoRecords.keyLength(payload, record);
            String key = new String(payload.asSlice(record + Abi.REDO_HEADER_BYTES, keyLength).toArray(ValueLayout.JAVA_BYTE),
                    StandardCharsets.UTF_8);
            byte[] value = payload.asSlice(record + Abi.REDO_HEADER_BYTES + keyLength, RedoRecords.valueLength(payload, record))
                    .toArray(ValueLayout.JAVA_BYTE);
            if (type == Abi.REDO_PUT && !Arrays.equals(value, CheckpointLife.value(key, version))) {
                throw new AssertionError("wrong value of " + key + " version " + version);
            }
            if (version > scan.versionMax()) {
                throw new AssertionError("version " + version + " of " + key + " is above " + scan.versionMax());
            }
            if (type != Abi.REDO_FLUSH && version >= scan.flushVersion() && version > newest.getOrDefault(key, 0L)) {
                newest.put(key, version);
                types.put(key, type);
            }
        };
        try (BatchReader base = BatchReader.base(directory); BatchReader log = BatchReader.log(directory, scan)) {
            visit(base, visitor);
            visit(log, visitor);
        }
        newest.keySet().removeIf(key -> types.get(key) == Abi.REDO_DELETE);
        return new Recovered(newest, scan.versionMax(), scan.flushVersion());
    }

    private static void visit(BatchReader reader, RecordVisitor visitor) throws IOException {
        for (Optional<BatchReader.Batch> next = next(reader); next.isPresent(); next = next(reader)) {
            next.get().verify();
            RedoRecords.forEach(next.get().file(), next.get().payload(), next.get().length(), visitor);
        }
    }

    /** A failure is not the end for whoever asks next, as another thread of a replay does. */
    private static Optional<BatchReader.Batch> next(BatchReader reader) throws IOException {
        try {
            return reader.next();
        } catch (IOException failure) {
            assertEquals(failure.toString(), assertThrows(IOException.class, reader::next).toString());
            throw failure;
        }
    }
}
