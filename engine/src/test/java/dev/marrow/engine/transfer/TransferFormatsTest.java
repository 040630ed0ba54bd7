package dev.marrow.engine.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written can be read, byte for byte; what cannot be read is refused at its line or offset, and nothing else with it. */
class TransferFormatsTest {

    private static final long NOW_MILLIS = 1_700_000_000_000L;
    private static final long LONG_LINE_BYTES = (2L << 30) + 1;
    private static final String HEADER = "{\"marrow_export\":1}\n";

    /** What a source gives: commands, and errors with their place. */
    private record Read(List<byte[]> commands, List<String> errors) {
        void add(ImportRecord given) {
            assertTrue(given.first() && given.last(), "a small record comes whole");
            commands.add(given.bytes());
        }

        String errorText() {
            return String.join("\n", errors);
        }
    }

    private static Read read(ImportFormat format, byte[] input) throws IOException {
        Read read = new Read(new ArrayList<>(), new ArrayList<>());
        ImportSource source = format.open(new ByteArrayInputStream(input));
        for (boolean more = true; more;) {
            try {
                Optional<ImportRecord> record = source.next();
                record.ifPresent(read::add);
                more = record.isPresent();
            } catch (MalformedInputException malformed) {
                read.errors.add(source.unit() + " " + source.position() + ": " + malformed.getMessage());
                more = !malformed.last();
            }
        }
        return read;
    }

    private static Read read(String input) throws IOException {
        return read(ImportFormat.AUTO, input.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static Read readRecords(String... lines) throws IOException {
        return read(HEADER + String.join("\n", lines) + "\n{\"end\":true,\"records\":" + lines.length + "}\n");
    }

    private static void assertCommands(List<Records.Given> records, Read read) {
        assertEquals(List.of(), read.errors);
        assertEquals(records.size(), read.commands.size());
        for (int i = 0; i < records.size(); i++) {
            Records.Given record = records.get(i);
            assertArrayEquals(SetCommand.encode(record.key(), record.value(), record.expireMillis()), read.commands.get(i), "record " + i);
        }
    }

    private static String set(String key, String value) {
        return "*3\r\n$3\r\nSET\r\n$" + key.length() + "\r\n" + key + "\r\n$" + value.length() + "\r\n" + value + "\r\n";
    }

    private static List<String> texts(Read read) {
        return read.commands.stream().map(command -> new String(command, StandardCharsets.ISO_8859_1)).toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void randomRecordsComeBackByteForByte(boolean json) throws IOException {
        List<Records.Given> records = Records.random(new Random(7), 500, NOW_MILLIS);
        byte[] file = Records.export(records, json, NOW_MILLIS);
        assertCommands(records, read(ImportFormat.AUTO, file));
        assertCommands(records, read(json ? ImportFormat.JSON : ImportFormat.RESP, file));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void onlyLiveRecordsAreWritten(boolean json) throws IOException {
        byte[] empty = new byte[0];
        Records.Given live = new Records.Given(Abi.REDO_PUT, 1, 0, "live".getBytes(UTF_8), "v".getBytes(UTF_8));
        Records.Given later = new Records.Given(Abi.REDO_PUT, 2, NOW_MILLIS, "later".getBytes(UTF_8), "v".getBytes(UTF_8));
        List<Records.Given> records = List.of(live,
                new Records.Given(Abi.REDO_PUT, 3, NOW_MILLIS - 1, "expired".getBytes(UTF_8), "v".getBytes(UTF_8)),
                new Records.Given(Abi.REDO_DELETE, 4, 0, "deleted".getBytes(UTF_8), empty),
                new Records.Given(Abi.REDO_FLUSH, 5, 0, empty, empty), later);
        assertCommands(List.of(live, later), read(ImportFormat.AUTO, Records.export(records, json, NOW_MILLIS)));
    }

    @Test
    void exportIsWhatTheDocumentSays() throws IOException {
        byte[] binary = {(byte) 0xff, 0};
        List<Records.Given> records = List.of(
                new Records.Given(Abi.REDO_PUT, 9, 0, "Grüße".getBytes(UTF_8), binary),
                new Records.Given(Abi.REDO_PUT, 10, NOW_MILLIS + 1, binary, "a\n\0".getBytes(UTF_8)));
        assertEquals("""
                {"marrow_export":1,"time_ms":1700000000000,"time":"2023-11-14T22:13:20Z","source":"test"}
                {"key":"Grüße","value_base64":"/wA=","version":9}
                {"key_base64":"/wA=","value":"a\\n\\u0000","expire_ms":1700000000001,"version":10}
                {"end":true,"records":2}
                """, new String(Records.export(records, true, NOW_MILLIS), UTF_8));
        assertEquals(set("Gr\u00c3\u00bc\u00c3\u009fe", "\u00ff\0") 
                + "*5\r\n$3\r\nSET\r\n$2\r\n\u00ff\0\r\n$3\r\na\n\0\r\n$4\r\nPXAT\r\n$13\r\n1700000000001\r\n",
                new String(Records.export(records, false, NOW_MILLIS), StandardCharsets.ISO_8859_1));
    }

    @Test
    void failingStreamIsAnIoException() throws IOException {
        ExportWriter writer = ExportWriter.resp(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("disk full");
            }
        }, NOW_MILLIS);
        byte[] ring = Records.ring(Records.random(new Random(1), 3, 0));
        IOException failure = assertThrows(IOException.class, () -> writer.records(MemorySegment.ofArray(ring), 0, ring.length));
        assertEquals("disk full", failure.getMessage());
    }

    /** Cut anywhere: what is whole before the cut is read, and the cut is noticed. */
    @Test
    void cutExportIsNoticedWhereverItIsCut() throws IOException {
        List<Records.Given> records = Records.random(new Random(3), 20, NOW_MILLIS).subList(2, 20);
        byte[] file = Records.export(records, true, NOW_MILLIS);
        int withoutLastNewline = file.length - 1;
        assertEquals(List.of(), read(ImportFormat.JSON, Arrays.copyOf(file, withoutLastNewline)).errors, "the end line needs no LF");
        for (int length = 0; length < withoutLastNewline; length += length < 200 || length > withoutLastNewline - 200 ? 1 : 13) {
            Read read = read(ImportFormat.JSON, Arrays.copyOf(file, length));
            assertFalse(read.errors.isEmpty(), "cut at " + length);
            assertCommands(records.subList(0, read.commands.size()), new Read(read.commands, List.of()));
            long lines = Arrays.stream(new String(file, 0, length, StandardCharsets.ISO_8859_1).split("\n")).count();
            assertTrue(read.commands.size() >= lines - 3, "cut at " + length + " in line " + lines + ": " + read.commands.size());
        }
    }

    @Test
    void cutCommandIsNoticed() throws IOException {
        String file = set("a", "1") + set("b", "2");
        for (int length = 1; length < file.length(); length++) {
            Read read = read(file.substring(0, length));
            boolean between = length == set("a", "1").length();
            assertEquals(between ? 0 : 1, read.errors.size(), "cut at " + length);
            int begun = length < file.length() / 2 ? 0 : file.length() / 2;
            assertTrue(between || read.errorText().startsWith("offset " + begun + ": "), read.errorText());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"key\":\"b\"}",
        "{\"value\":\"b\"}",
        "{\"key\":\"b\",\"value\":\"1\",\"other\":1}",
        "{\"key\":\"b\",\"value\":1}",
        "{\"key\":\"b\",\"value\":null}",
        "{\"key\":\"b\",\"value\":{}}",
        "{\"key\":\"b\",\"value\":[\"1\"]}",
        "{\"key\":\"b\",\"value\":\"1\"",
        "{\"key\":\"b\",\"value\":\"1\"}}",
        "{\"key\":\"b\",\"value\":\"1\"}{}",
        "{\"key\":\"b\",\"key\":\"c\",\"value\":\"1\"}",
        "{\"key\":\"b\",\"key_base64\":\"Yg==\",\"value\":\"1\"}",
        "{\"key\":\"b\",\"value_base64\":\"!\"}",
        "{\"key\":\"b\",\"value\":\"1\",\"expire_ms\":\"1\"}",
        "{\"key\":\"b\",\"value\":\"1\",\"expire_ms\":-1}",
        "{\"key\":\"b\",\"value\":\"1\",\"expire_ms\":1.5}",
        "{\"key\":\"b\",\"value\":\"1\",\"expire_ms\":99999999999999999999}",
        "{\"key\":\"\\ud800\",\"value\":\"1\"}",
        "{\"key\":\"\u00ff\",\"value\":\"1\"}",
        "{\"key\":\"\u00c0\u0080\",\"value\":\"1\"}",
        "{\"key\":\"\",\"value\":\"1\"}",
        "not JSON",
        "",
        "[]",
        "{\"marrow_export\":1}"})
    void malformedLineIsNamedAndOnlyThatIsLeftOut(String line) throws IOException {
        Read read = readRecords("{\"key\":\"a\",\"value\":\"1\"}", line, "{\"key\":\"c\",\"value\":\"3\"}");
        assertTrue(read.errors.getFirst().startsWith("line 3: "), read.errorText());
        assertEquals(List.of(set("a", "1"), set("c", "3")), texts(read));
    }

    @Test
    void limitsAreThoseOfTheStore() throws IOException {
        String key = "k".repeat(Abi.KEY_BYTES_MAX);
        String value = "\\u0001".repeat(Abi.VALUE_BYTES_MAX);
        Read most = readRecords("{\"key\":\"" + key + "\",\"value\":\"" + value + "\"}");
        assertEquals(List.of(), most.errors, "the longest spelling of the largest value");
        Read more = readRecords("{\"key\":\"" + key + "k\",\"value\":\"\"}",
                "{\"key\":\"k\",\"value\":\"" + "v".repeat(Abi.VALUE_BYTES_MAX + 1) + "\"}", "{\"key\":\"a\",\"value\":\"1\"}");
        assertEquals(List.of("line 2: key is 513 bytes; keys are 1 to 512 bytes", "line 3: value is 65537 bytes; a line has at most 65536 of them"),
                more.errors);
        assertEquals(List.of(set("a", "1")), texts(more));
    }

    /** The line is longer than the heap may hold: it is passed over, not kept. */
    @Test
    void hugeLineIsPassedOverInBoundedMemory() throws Exception {
        LineReader reader = new LineReader(new Huge(LONG_LINE_BYTES, "\nnext"), 1000);
        MalformedInputException tooLong = assertThrows(MalformedInputException.class, reader::next);
        assertTrue(tooLong.getMessage().contains("line is " + LONG_LINE_BYTES + " bytes"), tooLong.getMessage());
        assertEquals("next", new String(reader.next().orElseThrow(), UTF_8));
        assertEquals(2, reader.number());
    }

    /** So many bytes of one kind, then an end. */
    private static final class Huge extends InputStream {
        private long left;
        private final byte[] end;
        private int at;

        Huge(long bytes, String end) {
            this.left = bytes;
            this.end = end.getBytes(UTF_8);
        }

        @Override
        public int read() {
            if (left > 0) {
                left--;
                return 'x';
            }
            return at < end.length ? end[at++] : -1;
        }
    }

    @Test
    void hugeLineIsNamedAndOnlyThatIsLeftOut() throws IOException {
        Read read = readRecords("{\"key\":\"a\",\"value\":\"" + "x".repeat(500_000) + "\"}", "{\"key\":\"c\",\"value\":\"3\"}");
        assertEquals(1, read.errors.size(), read.errorText());
        assertTrue(read.errors.getFirst().startsWith("line 2: line is 500022 bytes"), read.errorText());
        assertEquals(List.of(set("c", "3")), texts(read));
    }

    @Test
    void otherFilesAreRefusedAtOnce() throws IOException {
        String record = "{\"key\":\"a\",\"value\":\"1\"}\n";
        for (String other : List.of("", record, "{\"marrow_export\":2}\n" + record, "{]\n")) {
            Read read = read(other);
            assertEquals(1, read.errors.size(), other + " " + read.errorText());
            assertTrue(read.errorText().startsWith("line 1: "), read.errorText());
            assertEquals(List.of(), texts(read));
        }
        assertTrue(read("{\"marrow_export\":2}\n").errorText().contains("format 2; this release reads format 1"));
    }

    @Test
    void wrongCountAndWhatFollowsTheEndAreNamed() throws IOException {
        String record = "{\"key\":\"a\",\"value\":\"1\"}\n";
        Read read = read(HEADER + record + "{\"end\":true,\"records\":2}\n" + record);
        assertEquals(List.of("line 3: the end line counts 2 records, the file has 1", "line 4: something behind the end line"),
                read.errors);
        assertEquals(1, read.commands.size());
    }

    @Test
    void inlineCommandsPassAndEmptyLinesAreNothing() throws IOException {
        Read read = read("SET a 1\r\n\r\nset b \"x\\x00\"\n" + set("c", "3") + "*0\r\nSET d 4\n");
        assertEquals(List.of(), read.errors);
        assertEquals(List.of(set("a", "1"), set("b", "x\0").replace("SET", "set"), set("c", "3"), set("d", "4")), texts(read));
    }

    @Test
    void overlongNameIsNamedAndOnlyThatIsLeftOut() throws IOException {
        Read read = read(set("a", "1") + set("b", "2").replace("$3\r\nSET", "$70000\r\n" + "x".repeat(70_000)) + set("c", "3"));
        assertEquals(List.of("offset " + set("a", "1").length() + ": argument 0 is 70000 bytes; a command's name has at most 65536"), read.errors);
        assertEquals(List.of(set("a", "1"), set("c", "3")), texts(read));
    }

    @Test
    void whatIsNoCommandEndsTheImportThere() throws IOException {
        Read read = read(set("a", "1") + "*1\r\nx\r\n" + set("c", "3"));
        assertEquals(1, read.errors.size(), read.errorText());
        assertTrue(read.errorText().matches("offset " + set("a", "1").length() + ": .*expected '\\$', got 'x'.*"), read.errorText());
        assertEquals(List.of(set("a", "1")), texts(read));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SUBSCRIBE x", "monitor", "client reply off", "CLIENT REPLY SKIP"})
    void commandsWithoutJustOneReplyAreNotSent(String command) throws IOException {
        Read read = read("SET a 1\n" + command + "\nSET c 3\n");
        assertTrue(read.errorText().startsWith("offset 8: "), read.errorText());
        assertEquals(List.of(set("a", "1"), set("c", "3")), texts(read));
    }

    @Test
    void formatCanBeForced() throws IOException {
        byte[] commands = "SET a 1\n".getBytes(UTF_8);
        Read refused = read(ImportFormat.JSON, commands);
        assertTrue(refused.errorText().startsWith("line 1: no Marrow export"), refused.errorText());
        assertEquals(List.of(), refused.commands);
        assertEquals(1, read(ImportFormat.RESP, commands).commands.size());
        assertEquals(List.of(), read(ImportFormat.RESP, new byte[0]).errors, "no command is a whole file of commands");
    }

    @Test
    void repliesAreToldApart() throws IOException {
        String replies = "+OK\r\n-ERR one\r\n$3\r\na\r\n\r\n$-1\r\n*2\r\n-ERR inside\r\n*1\r\n:1\r\n*-1\r\n%1\r\n+a\r\n_\r\n"
                + ">2\r\n+push\r\n+x\r\n-ERR two\r\n"
                + "!5\r\nERR 3\r\n|1\r\n+k\r\n+v\r\n:5\r\n*1\r\n|1\r\n+k\r\n+v\r\n:5\r\n~0\r\n(1\r\n,1.5\r\n#t\r\n=5\r\ntxt:a\r\n-last\r\n";
        ReplyReader reader = new ReplyReader(new ByteArrayInputStream(replies.getBytes(UTF_8)));
        List<String> errors = new ArrayList<>();
        int count = 0;
        try {
            for (;; count++) {
                errors.add(reader.next().orElse(""));
            }
        } catch (EOFException end) {
            assertEquals(17, count);
        }
        errors.removeIf(String::isEmpty);
        assertEquals(List.of("ERR one", "ERR two", "ERR 3", "last"), errors);
        assertThrows(IOException.class, () -> new ReplyReader(new ByteArrayInputStream("HTTP/1.1 400\r\n".getBytes(UTF_8))).next());
    }
}
