package dev.marrow.stress.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replies are found whole, in whatever pieces they come. */
class ReplyScannerTest {
    private static final String REPLIES = "+OK\r\n-ERR no\r\n"
            + ":42\r\n:-7\r\n$5\r\nhello\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n*3\r\n$1\r\na\r\n$-1\r\n:5\r\n"
            + "*2\r\n*2\r\n$2\r\n\r\n\r\n+x\r\n-ERR inside\r\n";
    private static final List<String> DESCRIBED = List.of("+OK", "-ERR no", "the number 42", "the number -7", "a string of 5 bytes",
            "a string of 0 bytes", "nil", "nil", "an array of 0: 0 strings, 0 nil", "an array of 3, 1 of them no strings",
            "an array of 2, 3 of them no strings, the first: -ERR inside");

    @Test
    void findsRepliesInWhateverPieces() throws ProtocolException {
        byte[] bytes = bytes(REPLIES);
        for (int first = 0; first <= bytes.length; first++) {
            for (int second = first; second <= bytes.length; second += 3) {
                ReplyScanner scanner = new ReplyScanner(8);
                List<String> found = new ArrayList<>();
                for (ByteBuffer piece : List.of(ByteBuffer.wrap(bytes, 0, first), ByteBuffer.wrap(bytes, first, second - first),
                        ByteBuffer.wrap(bytes, second, bytes.length - second))) {
                    while (scanner.next(piece)) {
                        found.add(scanner.describe());
                    }
                    assertFalse(piece.hasRemaining());
                }
                assertEquals(DESCRIBED, found, first + ", " + second);
            }
        }
    }

    @Test
    void remembersWhatIsNeeded() throws ProtocolException {
        ReplyScanner scanner = new ReplyScanner(3);
        ByteBuffer in = ByteBuffer.wrap(bytes("$5\r\nhello\r\n*3\r\n$1\r\na\r\n$-1\r\n:5\r\n+OK\r\n+OKAY\r\n"));
        assertTrue(scanner.next(in));
        assertEquals("hel", new String(scanner.bulk(), 0, scanner.bulkBytes(), StandardCharsets.ISO_8859_1));
        assertTrue(scanner.next(in));
        assertEquals(List.of(3L, 1L, 1L, 1L), List.of(scanner.number(), scanner.nestedBulks(), scanner.nestedNils(), scanner.nestedOthers()));
        assertTrue(scanner.next(in));
        assertTrue(scanner.status(bytes("OK")));
        assertTrue(scanner.next(in));
        assertFalse(scanner.status(bytes("OK")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello\r\n", "%1\r\n", ":\r\n", ":1x\r\n", ":--1\r\n", "+OK\rx", "$3\r\nabcd\r\n", "$99999999999\r\n", "*99999999\r\n",
            ":12345678901234567890\r\n"})
    void refusesWhatIsNoReply(String garbage) {
        assertThrows(ProtocolException.class, () -> new ReplyScanner(8).next(ByteBuffer.wrap(bytes(garbage))));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
