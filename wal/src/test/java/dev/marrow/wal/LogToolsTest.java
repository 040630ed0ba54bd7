package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static dev.marrow.wal.LogFixture.OPTIONS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.marrow.bpf.Abi;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** {@code marrow log verify|dump|stat} on logs of every state. */
class LogToolsTest {

    private static final Path FIRST = DIR.resolve("wal/0000000000000001.wal");
    private static final String FIRST_NAME = "wal/0000000000000001.wal";
    private static final long NOW_MILLIS = 1_000_000;

    private record Run(int exit, String output) {
        List<String> lines() {
            return output.lines().toList();
        }

        List<Map<String, Object>> objects(String kind) throws IOException {
            List<Map<String, Object>> objects = new ArrayList<>();
            for (String line : lines()) {
                Map<String, Object> object = object(line);
                if (object.get("kind").equals(kind)) {
                    objects.add(object);
                }
            }
            return objects;
        }
    }

    @FunctionalInterface
    private interface Tool {
        int run(PrintStream out);
    }

    private static Run run(Tool tool) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int exit = tool.run(new PrintStream(bytes, false, StandardCharsets.UTF_8));
        return new Run(exit, bytes.toString(StandardCharsets.UTF_8));
    }

    private static Run verify(Storage storage, boolean json) {
        return run(out -> LogVerify.run(DIR, storage, json, out));
    }

    private static Run dump(Storage storage, boolean records, boolean json) {
        return run(out -> LogDump.run(DIR, storage, records, json, out));
    }

    private static Run stat(Storage storage, boolean json) {
        return run(out -> LogStat.run(DIR, storage, json, out, NOW_MILLIS));
    }

    private static Map<String, Object> object(String line) throws IOException {
        Map<String, Object> object = new LinkedHashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(line)) {
            assertEquals(JsonToken.START_OBJECT, parser.nextToken(), line);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                Object value = switch (parser.nextToken()) {
                    case VALUE_STRING -> name.endsWith("_base64") ? parser.getBinaryValue() : parser.getText();
                    case VALUE_NUMBER_INT -> parser.getLongValue();
                    default -> parser.getBooleanValue();
                };
                assertEquals(null, object.put(name, value), "twice: " + name);
            }
            assertEquals(null, parser.nextToken(), "one object a line: " + line);
        }
        return object;
    }

    private static byte[] record(int type, long version, long expireMillis, byte[] key, byte[] value) {
        ByteBuffer record = ByteBuffer.allocate(Abi.REDO_HEADER_BYTES + key.length + value.length).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(version).putLong(expireMillis).putInt(value.length).putShort((short) key.length).put((byte) type).put((byte) 0);
        return record.put(key).put(value).array();
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A log of one record of each kind and one that was discarded, a batch each. */
    private static FaultStorage oneOfEach() throws Exception {
        FaultStorage storage = new FaultStorage();
        try (LogDirectory directory = LogDirectory.open(DIR, storage)) {
            MemoryRing ring = new MemoryRing();
            LogWriter writer = LogFixture.writer(ring, directory, OPTIONS, new LogFixture.Listener());
            writer.start();
            byte[] discarded = record(Abi.REDO_PUT, 9, 0, latin("lost"), new byte[100]);
            ring.submit(ring.reserve(discarded.length), discarded);
            ring.discard(0);
            for (byte[] record : List.of(
                    record(Abi.REDO_PUT, 1, 0, latin("flushed"), latin("gone")),
                    record(Abi.REDO_FLUSH, 5, 0, new byte[0], new byte[0]),
                    record(Abi.REDO_PUT, 6, NOW_MILLIS - 1, latin("expired"), latin("v")),
                    record(Abi.REDO_PUT, 7, 0, latin("\0\u00ff\"\\\n"), latin("x".repeat(1000))),
                    record(Abi.REDO_PUT, 8, NOW_MILLIS + 1, "Grüße".getBytes(StandardCharsets.UTF_8), latin("")),
                    record(Abi.REDO_DELETE, 10, 0, latin("deleted"), new byte[0]))) {
                ring.submit(ring.reserve(record.length), record);
                writer.wake();
                assertTrue(writer.awaitDurable(ring.producerPosition(), TimeUnit.SECONDS.toNanos(10)));
            }
            writer.close();
        }
        return storage.killed();
    }

    @Test
    void recordsAreShownEscapedShortenedAndWithTheirTime() throws Exception {
        Run run = dump(oneOfEach(), true, false);
        assertEquals(LogVerify.OK, run.exit);
        List<String> lines = run.lines();
        assertEquals(6, lines.size(), run.output);
        assertTrue(lines.get(0).startsWith(FIRST_NAME + " offset="), lines.get(0));
        assertTrue(lines.get(0).endsWith(" lsn=1 PUT version=1 key=\"flushed\" value=\"gone\" (4 bytes)"), lines.get(0));
        assertTrue(lines.get(1).endsWith(" FLUSH version=5"), lines.get(1));
        assertTrue(lines.get(2).contains(" expire_ms=999999 (1970-01-01T00:16:39.999Z) "), lines.get(2));
        assertTrue(lines.get(3).endsWith(" key=\"\\x00\\xff\\\"\\\\\\n\" value=\"" + "x".repeat(64) + "\"... (1000 bytes)"), lines.get(3));
        assertTrue(lines.get(4).endsWith(" key=\"Gr\\xc3\\xbc\\xc3\\x9fe\" value=\"\" (0 bytes)"), lines.get(4));
        assertTrue(lines.get(5).endsWith(" DELETE version=10 key=\"deleted\""), lines.get(5));
    }

    @Test
    void jsonRecordsKeepEveryByte() throws Exception {
        Run run = dump(oneOfEach(), true, true);
        assertEquals(LogVerify.OK, run.exit);
        List<Map<String, Object>> records = run.objects("record");
        assertEquals(List.of("PUT", "FLUSH", "PUT", "PUT", "PUT", "DELETE"), records.stream().map(record -> record.get("type")).toList());
        assertArrayEquals(latin("\0\u00ff\"\\\n"), (byte[]) records.get(3).get("key_base64"));
        assertEquals("x".repeat(1000), records.get(3).get("value"));
        assertEquals("Grüße", records.get(4).get("key"));
        assertEquals(NOW_MILLIS + 1, records.get(4).get("expire_ms"));
        assertEquals("1970-01-01T00:16:40.001Z", records.get(4).get("expire"));
        assertFalse(records.get(1).containsKey("key"), "a FLUSH has none");
        assertFalse(records.get(5).containsKey("value"), "a DELETE has none");
    }

    @Test
    void offsetsAreThoseOfTheRecordsInTheFile() throws Exception {
        FaultStorage storage = oneOfEach();
        for (Map<String, Object> record : dump(storage, true, true).objects("record")) {
            ByteBuffer file = ByteBuffer.wrap(storage.content(FIRST)).order(ByteOrder.LITTLE_ENDIAN);
            assertEquals(record.get("version"), file.getLong((int) (long) record.get("offset")));
        }
    }

    @Test
    void batchesAreTheSameInTextAndJson() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 300, true);
        List<Map<String, Object>> batches = dump(storage, false, true).objects("batch");
        Run text = dump(storage, false, false);
        assertEquals(LogVerify.OK, text.exit);
        List<String> lines = text.lines().stream().filter(line -> line.contains(" lsn=")).toList();
        assertEquals(batches.size(), lines.size());
        for (int i = 0; i < lines.size(); i++) {
            assertTrue(lines.get(i).contains("offset=" + batches.get(i).get("offset") + " " + batches.get(i).get("type") + " lsn="
                    + batches.get(i).get("lsn") + " records=" + batches.get(i).get("records") + " "), lines.get(i));
        }
        assertEquals("seal (clean stop)", batches.getLast().get("type"));
    }

    @Test
    void statCountsEverything() throws Exception {
        FaultStorage storage = oneOfEach();
        Run run = stat(storage, true);
        assertEquals(LogVerify.OK, run.exit);
        Map<String, Object> total = run.objects("total").getFirst();
        assertEquals(List.of(4L, 1L, 1L), List.of(total.get("puts"), total.get("deletes"), total.get("flushes")));
        assertEquals(List.of(1L, 10L), List.of(total.get("version_min"), total.get("version_max")));
        assertEquals(8L + 128, total.get("discarded_bytes"), "ring header, and a record of 128 bytes");
        assertEquals(List.of(2L, 1012L, true), List.of(total.get("live_keys"), total.get("live_bytes"), total.get("live_exact")));
        long batches = (long) total.get("batches");
        List<Map<String, Object>> dumped = dump(storage, false, true).objects("batch");
        assertEquals(batches, dumped.stream().filter(batch -> batch.get("type").equals("data")).count());
        assertEquals((long) total.get("payload_bytes") / batches, total.get("batch_bytes_average"));
        String table = stat(storage, false).output;
        assertTrue(table.contains("live keys: 2, with 1012 bytes"), table);
        assertTrue(table.lines().anyMatch(line -> line.matches(FIRST_NAME + " .* 4 +1 +1 .* 1 to 10 .*")), table);
    }

    @Test
    void statOfFilesAddsUpToTheTotal() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 300, false);
        Run run = stat(storage, true);
        Map<String, Object> total = run.objects("total").getFirst();
        assertTrue(run.objects("file").size() > 1, "the log was to roll");
        for (String field : List.of("file_bytes", "batches", "puts", "payload_bytes", "content_bytes")) {
            assertEquals(total.get(field), run.objects("file").stream().mapToLong(file -> (long) file.get(field)).sum(), field);
        }
        assertEquals(300L, total.get("puts"));
        assertEquals(300L, total.get("live_keys"));
    }

    @Test
    void estimateOfManyKeysIsNear() {
        LiveEstimate estimate = new LiveEstimate();
        int keys = 300_000;
        for (int i = 0; i < 2 * keys; i++) {
            byte[] key = latin("key:" + i % keys);
            byte[] record = i % 10 == 0 ? record(Abi.REDO_DELETE, i, 0, key, latin("")) : record(Abi.REDO_PUT, i, 0, key, latin("12345"));
            estimate.record(MemorySegment.ofArray(record), 0);
        }
        assertFalse(estimate.exact());
        assertEquals(keys * 0.9, estimate.keys(NOW_MILLIS), keys * 0.05);
    }

    @Test
    void unsyncedTailIsListedAndTheCodeIsThatOfVerify() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 5, false);
        byte[] file = storage.content(FIRST);
        int end = (int) (long) dump(storage, false, true).objects("end").getFirst().get("offset");
        Arrays.fill(file, end, end + 5000, (byte) 0x5a);
        assertEquals(LogVerify.TAIL, verify(storage, false).exit);
        Run json = verify(storage, true);
        assertEquals(LogVerify.TAIL, json.exit);
        assertEquals(5000L, json.objects("verified").getFirst().get("cut_bytes"));
        for (boolean records : List.of(false, true)) {
            Run run = dump(storage, records, false);
            assertEquals(LogVerify.TAIL, run.exit);
            assertTrue(run.output.contains("offset=" + end + " 5000 bytes that are no batch"), run.output);
        }
        assertEquals(5000L, dump(storage, false, true).objects("end").getFirst().get("no_batch_bytes"));
        Run stat = stat(storage, true);
        assertEquals(LogVerify.TAIL, stat.exit);
        assertEquals(5000L, stat.objects("total").getFirst().get("no_batch_bytes"));
    }

    @Test
    void damageIsNamedAndWhatIsBehindItIsMarked() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 20, false);
        List<Map<String, Object>> before = dump(storage, true, true).objects("record");
        long flipped = (long) before.get(9).get("offset");
        storage.content(FIRST)[(int) flipped + 8] ^= 1;
        for (Run run : List.of(verify(storage, false), verify(storage, true), dump(storage, true, false), dump(storage, false, true),
                stat(storage, false), stat(storage, true))) {
            assertEquals(LogVerify.DAMAGE, run.exit, run.output);
        }
        assertTrue(verify(storage, true).objects("damage").getFirst().get("expected").toString().contains("crc32c"));
        List<Map<String, Object>> records = dump(storage, true, true).objects("record");
        assertEquals(before.size() - 1, records.size(), "a record a batch, one batch lost");
        for (Map<String, Object> record : records) {
            assertEquals((long) record.get("offset") > flipped, record.containsKey("behind_hole"), record.toString());
        }
        assertEquals(records.stream().filter(record -> record.containsKey("behind_hole")).count(),
                dump(storage, true, false).lines().stream().filter(line -> line.endsWith(" BEHIND A HOLE")).count());
    }

    @Test
    void damagedHeaderHidesNoOtherFile() throws Exception {
        FaultStorage storage = LogFixture.write(new FaultStorage(), 1, 300, true);
        long before = dump(storage, true, true).objects("record").size();
        storage.content(FIRST)[20] ^= 1;
        Run run = dump(storage, true, true);
        assertEquals(LogVerify.DAMAGE, run.exit);
        assertEquals(FIRST.toString(), run.objects("damage").getFirst().get("file"));
        long after = run.objects("record").size();
        assertTrue(after > 0 && after < before, after + " of " + before);
        assertTrue(stat(storage, false).output.contains("DAMAGED: file=" + FIRST), stat(storage, false).output);
    }

    @Test
    void whatIsNoDataDirectoryIsOneClearLine() {
        for (boolean json : List.of(false, true)) {
            FaultStorage empty = new FaultStorage();
            for (Run run : List.of(verify(empty, json), dump(empty, true, json), stat(empty, json))) {
                assertEquals(LogVerify.UNREADABLE, run.exit);
                assertEquals(1, run.lines().size(), run.output);
                assertTrue(run.output.contains(DIR + ": no such directory"), run.output);
            }
        }
    }
}
