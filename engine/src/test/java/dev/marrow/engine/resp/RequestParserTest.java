package dev.marrow.engine.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestParserTest {
    private static final long LIMIT = 64L << 20;

    /** Bytes on the wire, and every result they lead to, in short. */
    private static Map<String, List<String>> corpus() {
        Map<String, List<String>> corpus = new LinkedHashMap<>();
        corpus.put("*1\r\n$4\r\nPING\r\n", List.of("[PING]"));
        corpus.put("*2\r\n$3\r\nGET\r\n$0\r\n\r\n*1\r\n$4\r\nQUIT\r\n", List.of("[GET, ]", "[QUIT]"));
        corpus.put("*2\r\n$4\r\nECHO\r\n$4\r\n\r\n*1\r\n", List.of("[ECHO, \r\n*1]"));
        corpus.put("*1\r\n$4\r\nPINGxy*1\r\n$1\r\na\r\n", List.of("[PING]", "[a]"));
        corpus.put("*1\rX$1\rYa\r\n", List.of("[a]"));
        corpus.put("*0\r\n*-1\r\n*-7\r\n\r\n\n*1\r\n$1\r\na\r\n", List.of("[]", "[]", "[]", "[]", "[]", "[a]"));
        corpus.put("PING\r\n", List.of("[PING]"));
        corpus.put("  set  k 'a b\\'c'\t\"\\x41\\n\\\"\\q\"\n", List.of("[set, k, a b'c, A\n\"q]"));
        corpus.put("set k \"\"\r\n", List.of("[set, k, ]"));
        corpus.put("se\"t a\" b\r\n", List.of("[set a, b]"));
        corpus.put("$4\r\n", List.of("[$4]"));
        corpus.put("set \"a\"b\r\n", List.of("ERR Protocol error: unbalanced quotes in request"));
        corpus.put("set 'a\r\n", List.of("ERR Protocol error: unbalanced quotes in request"));
        for (String count : List.of("", "a", "1a", "01", "+1", "-0", " 1", "2147483648", "99999999999999999999999999")) {
            corpus.put("*" + count + "\r\n", List.of("ERR Protocol error: invalid multibulk length"));
        }
        for (String length : List.of("", "a", "-1", "01", "536870913", "9223372036854775808")) {
            corpus.put("*1\r\n$" + length + "\r\n", List.of("ERR Protocol error: invalid bulk length"));
        }
        corpus.put("*2\r\n$3\r\nGET\r\nfoo\r\n", List.of("ERR Protocol error: expected '$', got 'f'"));
        corpus.put("*1\r\n\r\n", List.of("ERR Protocol error: expected '$', got ' '"));
        corpus.put("*1\r\n\u00ff\r\n", List.of("ERR Protocol error: expected '$', got '\u00ff'"));
        corpus.put(oversized("SET", "k", "v".repeat(70_000)) + "PING\r\n", List.of("oversized 2 70000 of 3", "[PING]"));
        corpus.put(oversized("GET", "k".repeat(65_537)), List.of("oversized 1 65537 of 2"));
        corpus.put(oversized("SET", "k", "v".repeat(65_536)), List.of("[SET, k, " + "v".repeat(65_536) + "]"));
        return corpus;
    }

    private static String oversized(String... arguments) {
        return wire(RequestParser.encode(List.of(arguments).stream().map(a -> a.getBytes(ISO_8859_1)).toList()));
    }

    @Test
    void readsTheSameWhereverTheBytesAreSplit() {
        corpus().forEach((wire, expected) -> {
            byte[] bytes = wire.getBytes(ISO_8859_1);
            assertEquals(expected, results(bytes, bytes.length, bytes.length), wire.length() > 99 ? "long" : wire);
            int step = Math.max(1, bytes.length / 97);
            for (int split = 0; split <= bytes.length; split += step) {
                assertEquals(expected, results(bytes, split, bytes.length), "split at " + split);
            }
            assertEquals(expected, results(bytes, 1, 1), "byte by byte");
            assertEquals(expected, results(bytes, 3, 3), "three by three");
        });
    }

    /** Results of {@code bytes} given as a first piece and then pieces of a size. */
    private static List<String> results(byte[] bytes, int first, int rest) {
        RequestParser parser = new RequestParser(LIMIT);
        List<String> results = new ArrayList<>();
        long taken = 0;
        long told = 0;
        int at = 0;
        int piece = first;
        while (at < bytes.length || piece == 0) {
            ByteBuffer in = ByteBuffer.wrap(bytes, at, Math.min(piece, bytes.length - at));
            ParseResult result = parser.parse(in, true);
            while (!(result instanceof ParseResult.Incomplete incomplete)) {
                results.add(shown(result));
                if (result instanceof ParseResult.ProtocolError) {
                    return results;
                }
                told += length(result);
                result = parser.parse(in, true);
            }
            assertEquals(0, in.remaining(), "incomplete takes everything");
            taken += in.position() - at;
            at = in.position();
            piece = Math.max(1, rest);
        }
        assertTrue(parser.idle());
        assertEquals(taken, told, "lengths of the commands add up");
        return results;
    }

    private static long length(ParseResult result) {
        return switch (result) {
            case ParseResult.Complete complete -> complete.bytes();
            case ParseResult.Oversized oversized -> oversized.bytes();
            default -> 0;
        };
    }

    private static String shown(ParseResult result) {
        return switch (result) {
            case ParseResult.Complete c -> c.arguments().stream().map(RequestParserTest::wire).toList().toString();
            case ParseResult.Oversized o -> "oversized " + o.index() + " " + o.length() + " of " + o.count();
            case ParseResult.ProtocolError e -> e.message();
            default -> result.toString();
        };
    }

    private static String wire(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }

    private static ParseResult parse(RequestParser parser, String wire, boolean authenticated) {
        return parser.parse(ByteBuffer.wrap(wire.getBytes(ISO_8859_1)), authenticated);
    }

    @Test
    void limitsWhatTheUnauthenticatedMaySend() {
        assertEquals("ERR Protocol error: unauthenticated multibulk length", shown(parse(new RequestParser(LIMIT), "*11\r\n", false)));
        assertEquals("ERR Protocol error: unauthenticated bulk length",
                shown(parse(new RequestParser(LIMIT), "*10\r\n$16385\r\n", false)));
        assertInstanceOf(ParseResult.Incomplete.class, parse(new RequestParser(LIMIT), "*10\r\n$16384\r\n", false));
    }

    @Test
    void endsLinesThatNeverEnd() {
        String endless = "1".repeat(65_537);
        assertEquals("ERR Protocol error: too big inline request", shown(parse(new RequestParser(LIMIT), endless, true)));
        assertEquals("ERR Protocol error: too big mbulk count string", shown(parse(new RequestParser(LIMIT), "*" + endless, true)));
        assertEquals("ERR Protocol error: too big bulk count string",
                shown(parse(new RequestParser(LIMIT), "*1\r\n$" + endless, true)));
        assertInstanceOf(ParseResult.Incomplete.class, parse(new RequestParser(LIMIT), "PI\0NG\r\n", true));
    }

    @Test
    void memoryFollowsTheBytesNotTheirAnnouncement() {
        RequestParser parser = new RequestParser(LIMIT);
        parse(parser, "*2147483647\r\n$65536\r\nabc", true);
        assertTrue(parser.bytesHeld() < 1024, "held " + parser.bytesHeld());
    }

    @Test
    void discardsOversizedArgumentsWhileTheyStreamIn() {
        RequestParser parser = new RequestParser(LIMIT);
        parse(parser, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n", true);
        byte[] piece = new byte[1 << 20];
        for (int i = 0; i < 512; i++) {
            assertInstanceOf(ParseResult.Incomplete.class, parser.parse(ByteBuffer.wrap(piece), true));
            assertTrue(parser.bytesHeld() < 1024, "held " + parser.bytesHeld());
        }
        ParseResult.Oversized result = assertInstanceOf(ParseResult.Oversized.class, parse(parser, "\r\n", true));
        assertEquals(536_870_912L, result.length());
        assertEquals(RequestParser.OVERSIZED_PREFIX_BYTES, result.arguments().get(2).length);
        assertEquals("[PING]", shown(parse(parser, "PING\r\n", true)));
    }

    @Test
    void closesWhenOneCommandOutgrowsTheQueryBuffer() {
        RequestParser parser = new RequestParser(1 << 20);
        String argument = "$60000\r\n" + "x".repeat(60_000) + "\r\n";
        assertInstanceOf(ParseResult.QueryBufferFull.class, parse(parser, "*100\r\n" + argument.repeat(18), true));
        RequestParser tiny = new RequestParser(1 << 20);
        assertInstanceOf(ParseResult.QueryBufferFull.class, parse(tiny, "*1000000\r\n" + "$0\r\n\r\n".repeat(40_000), true));
    }

    @Test
    void hintsAtTheBytesThatAreMissing() {
        RequestParser parser = new RequestParser(LIMIT);
        assertEquals(new ParseResult.Incomplete(10), parse(parser, "*1\r\n$10\r\nab", true));
    }

    @Test
    void encodesWhatItReads() {
        byte[] wire = "*2\r\n$3\r\nGET\r\n$0\r\n\r\n".getBytes(ISO_8859_1);
        assertArrayEquals(wire, RequestParser.encode(List.of("GET".getBytes(ISO_8859_1), new byte[0])));
    }
}
