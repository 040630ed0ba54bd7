package dev.marrow.engine.transfer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import dev.marrow.engine.resp.RequestParser;
import dev.marrow.wal.RedoRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that are never whole in memory: written in pieces, read in parts, and either all of one is there or nobody is told that it is. */
class LargeTransferTest {

    private static final long NOW_MILLIS = 1_700_000_000_000L;
    private static final int BORDER = Abi.VALUE_BYTES_MAX;
    /** A buffer of the parser's, what precedes it in the command, and what follows. */
    private static final int PART_BYTES_MAX = BORDER + (1 << 12);
    private static final String HEADER = "{\"marrow_export\":1}\n";

    @TempDir
    private Path directory;

    /** What a source gives. Commands that were begun and not completed are dropped, as the importer does. */
    private record Read(List<byte[]> commands, List<String> errors, List<Long> positions, int dropped) {}

    private static Read read(byte[] input) throws IOException {
        List<byte[]> commands = new ArrayList<>();
        List<String> errors = new ArrayList<>();
        List<Long> positions = new ArrayList<>();
        Optional<ByteArrayOutputStream> begun = Optional.empty();
        int dropped = 0;
        ImportSource source = ImportFormat.AUTO.open(new ByteArrayInputStream(input));
        for (boolean more = true; more;) {
            try {
                Optional<ImportRecord> next = source.next();
                more = next.isPresent();
                if (more) {
                    ImportRecord part = next.get();
                    assertTrue(part.bytes().length <= PART_BYTES_MAX, "a part of " + part.bytes().length + " bytes");
                    assertEquals(part.first(), begun.isEmpty(), "parts of two commands are mixed");
                    begun = begun.or(() -> Optional.of(new ByteArrayOutputStream()));
                    begun.get().writeBytes(part.bytes());
                    if (part.last()) {
                        commands.add(begun.get().toByteArray());
                        positions.add(part.position());
                        begun = Optional.empty();
                    }
                }
            } catch (MalformedInputException malformed) {
                errors.add(source.unit() + " " + source.position() + ": " + malformed.getMessage());
                more = !malformed.last();
                dropped += begun.isPresent() ? 1 : 0;
                begun = Optional.empty();
            }
        }
        assertTrue(begun.isEmpty(), "an input that ended well ends within no command");
        return new Read(commands, errors, positions, dropped);
    }

    private static byte[] bytes(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static Records.Given given(String key, byte[] value, long expireMillis) {
        return new Records.Given(Abi.REDO_PUT, 7, expireMillis, key.getBytes(UTF_8), value);
    }

    private static List<Records.Given> records() {
        return List.of(given("border", bytes(BORDER + 1, 1), 0), given("two", bytes(2 * BORDER, 2), NOW_MILLIS + 1),
                given("large", bytes(5 << 20, 3), 0), given("text", "text ".repeat(50_000).getBytes(UTF_8), NOW_MILLIS + 2),
                given("k".repeat(Abi.KEY_BYTES_MAX), new byte[3 * BORDER], 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void largeValuesComeBackByteForByteInBoundedPieces(boolean json) throws IOException {
        byte[] file = LargeRecords.export(records(), json, NOW_MILLIS, directory);
        Read read = read(file);
        assertEquals(List.of(), read.errors);
        assertEquals(records().size(), read.commands.size());
        for (int i = 0; i < read.commands.size(); i++) {
            Records.Given record = records().get(i);
            assertArrayEquals(SetCommand.encode(record.key(), record.value(), record.expireMillis()), read.commands.get(i), "record " + i);
        }
        long lineMax = new String(file, ISO_8859_1).lines().mapToLong(String::length).max().orElseThrow();
        assertTrue(!json || lineMax <= ExportFields.LINE_BYTES_MAX, "a line of " + lineMax);
    }

    @Test
    void linesAreWhatTheDocumentSays() throws IOException {
        Records.Given record = given("k", "x".repeat(2 * BORDER + 3).getBytes(UTF_8), NOW_MILLIS + 1);
        byte[] file = LargeRecords.export(List.of(record), true, NOW_MILLIS, directory);
        String x = "x".repeat(BORDER);
        assertEquals("{\"key\":\"k\",\"length\":131075,\"value\":\"" + x + "\",\"expire_ms\":1700000000001,\"version\":7}\n{\"more\":\"" + x
                + "\"}\n{\"more\":\"xxx\"}\n{\"end\":true,\"records\":1}\n", new String(file, UTF_8).replaceFirst("^[^\n]*\n", ""));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void expiredOnesAreLeftOut(boolean json) throws IOException {
        List<Records.Given> records = List.of(given("gone", bytes(BORDER + 1, 1), NOW_MILLIS - 1), given("there", bytes(BORDER + 1, 2), 0));
        Read read = read(LargeRecords.export(records, json, NOW_MILLIS, directory));
        assertEquals(List.of(), read.errors);
        assertEquals(1, read.commands.size());
    }

    /** Sixteen bytes that stand for a value must never pass for it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatStandsForAValueIsNeverWritten(boolean json) throws IOException {
        RedoRecord stub = LargeRecords.stub(1, new byte[] {'k'}, new byte[BORDER + 1], 0);
        byte[] ring = Records.ring(List.of(new Records.Given(Abi.REDO_PUT, 7, 0, stub.key(), stub.value())));
        ring[8 + Abi.REDO_HEADER_BYTES - 1] = Abi.RECORD_STUB;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ExportWriter writer = json ? ExportWriter.json(out, "test", 0) : ExportWriter.resp(out, 0);
        assertThrows(IllegalStateException.class, () -> writer.records(MemorySegment.ofArray(ring), 0, ring.length));
        assertEquals(0, writer.records());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cutIsNoticedAndNothingHalfIsGiven(boolean json) throws IOException {
        List<Records.Given> records = List.of(given("a", bytes(3 * BORDER, 1), 0), given("b", bytes(2 * BORDER, 2), NOW_MILLIS));
        byte[] file = LargeRecords.export(records, json, 0, directory);
        int first = json ? new String(file, ISO_8859_1).indexOf("{\"key\":\"b\"")
                : SetCommand.encode("a".getBytes(UTF_8), new byte[3 * BORDER], 0).length;
        for (int length = json ? 200 : 1; length < file.length - 1; length += 9_973) {
            Read read = read(Arrays.copyOf(file, length));
            assertEquals(1, read.errors.stream().filter(error -> error.contains("cut off")).count(), "cut at " + length + ": " + read.errors);
            assertEquals(length < first ? 0 : 1, read.commands.size(), "cut at " + length);
        }
        int lastPiece = new String(file, 0, first, ISO_8859_1).lastIndexOf("{\"more");
        Read within = read(Arrays.copyOf(file, json ? lastPiece : first - 10));
        assertEquals(1, within.dropped);
        assertTrue(within.errors.getLast().matches(json
                ? "line 3: the input was cut off: it has no end line, and the value that begins in line 2 lacks 65536 .*"
                : "offset 0: the input was cut off within a command.*"), within.errors.toString());
    }

    private static String line(String key, long length, String value) {
        return "{\"key\":\"" + key + "\",\"length\":" + length + ",\"value\":\"" + value + "\"}\n";
    }

    private static String more(String piece) {
        return "{\"more\":\"" + piece + "\"}\n";
    }

    private static Read readRecords(int records, String... lines) throws IOException {
        return read((HEADER + String.join("", lines) + "{\"end\":true,\"records\":" + records + "}\n").getBytes(UTF_8));
    }

    private static void assertOnlyC(Read read, String... errors) {
        assertEquals(List.of(errors), read.errors);
        assertEquals(List.of(set("c", "3")), read.commands.stream().map(command -> new String(command, ISO_8859_1)).toList());
    }

    private static String set(String key, String value) {
        return new String(SetCommand.encode(key.getBytes(UTF_8), value.getBytes(UTF_8), 0), ISO_8859_1);
    }

    /** What is wrong with a piece is wrong with its record, and with no other. */
    @Test
    void malformedPiecesAreNamedAndOnlyTheirRecordIsLeftOut() throws IOException {
        String c = "{\"key\":\"c\",\"value\":\"3\"}\n";
        assertOnlyC(readRecords(2, line("a", 6, "ab"), more("cd"), c), "line 4: the value that begins in line 2 lacks 2 of its bytes");
        assertOnlyC(readRecords(2, line("a", 6, "ab"), more("cd"), more("efg"), more("h"), c),
                "line 4: the value that begins in line 2 has more than its 6 bytes");
        assertOnlyC(readRecords(1, more("ef"), more("gh"), c), "line 2: a piece of a value that no line before it begins");
        assertOnlyC(readRecords(2, line("a", 6, "ab"), more(""), more("cdef"), c), "line 3: piece is 0 bytes; pieces are 1 to 65536 bytes");
        assertOnlyC(readRecords(2, line("a", 1, "ab"), more("cdef"), c), "line 2: field length is 1; with this value it is 2 to 1099511627776");
        assertOnlyC(readRecords(2, line("", 6, "ab"), more("cdef"), c), "line 2: key is 0 bytes; keys are 1 to 512 bytes");
        assertOnlyC(readRecords(2, line("a", 6, "ab"), "{\"more\":\"cd\",\"key\":\"a\"}\n", more("cdef"), c), "line 3: unknown field key");
        assertOnlyC(readRecords(2, c, line("a", 6, "ab"), more("cd")), "line 5: the value that begins in line 3 lacks 2 of its bytes");
        Read rubbish = readRecords(2, line("a", 6, "ab"), "rubbish\n", more("cdef"), c);
        assertTrue(rubbish.errors.size() == 1 && rubbish.errors.getFirst().startsWith("line 3: not valid JSON"), rubbish.errors.toString());
    }

    @Test
    void aCommandStandsWhereItsFirstLineIs() throws IOException {
        Read read = readRecords(2, line("a", 6, "ab"), more("cd"), more("ef"), line("b", 2, "xy"));
        assertEquals(List.of(), read.errors);
        assertEquals(List.of(2L, 5L), read.positions);
        assertEquals(set("a", "abcdef") + set("b", "xy"), new String(read.commands.get(0), UTF_8) + new String(read.commands.get(1), UTF_8));
    }

    private static byte[] command(Object... arguments) {
        return RequestParser.encode(Stream.of(arguments)
                .map(argument -> argument instanceof byte[] bytes ? bytes : argument.toString().getBytes(UTF_8)).toList());
    }

    @Test
    void commandsWithSeveralLargeArgumentsPassAsTheyAre() throws IOException {
        List<byte[]> commands = List.of(command("SET", "a", "1"),
                command("MSET", "a", bytes(BORDER + 1, 1), "b", bytes(3, 2), "c", bytes(300_000, 3)),
                command("SETRANGE", "a", "0", bytes(200_000, 4)), command("SET", bytes(70_000, 5), bytes(70_000, 6), "NX", "GET"), command("PING"));
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        commands.forEach(file::writeBytes);
        Read read = read(file.toByteArray());
        assertEquals(List.of(), read.errors);
        assertEquals(commands.size(), read.commands.size());
        for (int i = 0; i < commands.size(); i++) {
            assertArrayEquals(commands.get(i), read.commands.get(i), "command " + i);
        }
        assertEquals((long) commands.get(0).length, read.positions.get(1));
    }

    @Test
    void commandsWithoutJustOneReplyAreNotBegun() throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(command("subscribe", bytes(70_000, 1), "b"));
        int second = file.size();
        file.writeBytes(command("CLIENT", "REPLY", bytes(70_000, 1)));
        file.writeBytes(command("SET", "c", "3"));
        Read read = read(file.toByteArray());
        assertOnlyC(read, "offset 0: SUBSCRIBE is not answered by one reply, so it cannot be imported",
                "offset " + second + ": CLIENT REPLY is not answered by one reply, so it cannot be imported");
        assertEquals(0, read.dropped);
    }
}
