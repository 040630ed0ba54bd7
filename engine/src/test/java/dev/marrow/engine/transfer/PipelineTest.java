package dev.marrow.engine.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.engine.resp.RequestParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Imports into servers that go, stop answering, or talk something else. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PipelineTest {

    private static final int COMMANDS = 50_000;
    /** For servers that answer. */
    private static final int PATIENT_MILLIS = 30_000;
    /** For servers that are to be given up. */
    private static final int IMPATIENT_MILLIS = 3_000;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** What a server does with its one connection. */
    @FunctionalInterface
    private interface Server {
        void serve(InputStream in, OutputStream out) throws IOException;
    }

    private boolean importInto(Server server, int commands) throws IOException, InterruptedException {
        return importInto(server, commands, PATIENT_MILLIS);
    }

    private boolean importInto(Server server, int commands, int timeoutMillis) throws IOException, InterruptedException {
        return importInto(server, "SET key value\n".repeat(commands).getBytes(UTF_8), timeoutMillis);
    }

    private boolean importInto(Server server, byte[] input, int timeoutMillis) throws IOException, InterruptedException {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread serving = Thread.ofVirtual().start(() -> {
                try (Socket socket = listener.accept()) {
                    server.serve(socket.getInputStream(), socket.getOutputStream());
                } catch (IOException gone) {
                    // the other side has what it came for
                }
            });
            try {
                ImportTarget target = new ImportTarget("127.0.0.1", listener.getLocalPort(), Optional.empty(), timeoutMillis);
                return new Importer(target, ImportFormat.AUTO, 3).run(new ByteArrayInputStream(input), new PrintStream(out, true, UTF_8),
                        new PrintStream(err, true, UTF_8));
            } finally {
                serving.join();
            }
        }
    }

    private static void greet(InputStream in, OutputStream out) throws IOException {
        readCommand(in);
        out.write("+PONG\r\n".getBytes(UTF_8));
    }

    /** A command and its end: they are arrays of bulks that hold no line end themselves. */
    private static void readCommand(InputStream in) throws IOException {
        for (int lines = 1 + 2 * (line(in) - '0'); lines > 1; lines--) {
            line(in);
        }
    }

    /** Last byte before the CR. */
    private static int line(InputStream in) throws IOException {
        int last = 0;
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the client is gone");
            }
            last = b == '\r' ? last : b;
        }
        return last;
    }

    private static void answer(InputStream in, OutputStream out, int commands, String reply) throws IOException {
        for (int i = 0; i < commands; i++) {
            readCommand(in);
            out.write(reply.getBytes(UTF_8));
        }
    }

    @Test
    void serverThatClosesIsNamedWithWhatItAnswered() {
        ServerLostException lost = assertThrows(ServerLostException.class, () -> importInto((in, out) -> {
            greet(in, out);
            answer(in, out, 1500, "+OK\r\n");
        }, COMMANDS));
        String ended = "the (server closed the connection|connection to the server broke: .*)";
        assertTrue(lost.getMessage().matches(ended + "; [0-9]+ of [0-9]+ records were answered"), lost.getMessage());
        assertTrue(out.toString(UTF_8).matches("[0-9,]+ records sent, [0-9,]+ replies, 0 errors in .*\\R"), out.toString(UTF_8));
    }

    @Test
    void serverThatClosesInOrderIsCountedExactly() {
        ServerLostException lost = assertThrows(ServerLostException.class, () -> importInto((in, out) -> {
            greet(in, out);
            answer(in, out, 10, "+OK\r\n");
            readCommand(in);
        }, 10 + 1));
        assertEquals("the server closed the connection; 10 of 11 records were answered", lost.getMessage());
    }

    @Test
    void serverThatStopsAnsweringIsGivenUp() {
        ServerLostException lost = assertThrows(ServerLostException.class, () -> importInto((in, out) -> {
            greet(in, out);
            answer(in, out, 7, "+OK\r\n");
            in.transferTo(OutputStream.nullOutputStream());
        }, COMMANDS, IMPATIENT_MILLIS));
        assertTrue(lost.getMessage().startsWith("the server does not answer any more; 7 of "), lost.getMessage());
    }

    /** The window bounds what is under way: a server that answers nothing gets no more than that. */
    @Test
    void noMoreThanTheWindowIsSentAhead() {
        int[] received = new int[1];
        assertThrows(ServerLostException.class, () -> importInto((in, out) -> {
            greet(in, out);
            for (;; received[0]++) {
                readCommand(in);
            }
        }, COMMANDS, IMPATIENT_MILLIS));
        assertEquals(Pipeline.WINDOW, received[0]);
    }

    @Test
    void errorsAreCountedAndTheFirstOnesShownWithTheirOffset() throws Exception {
        assertEquals(false, importInto((in, out) -> {
            greet(in, out);
            answer(in, out, 2, "+OK\r\n");
            answer(in, out, COMMANDS - 2, "-ERR no\r\n");
        }, COMMANDS));
        assertEquals("offset 28: ERR no\noffset 42: ERR no\noffset 56: ERR no\nand 49,995 more errors\n",
                err.toString(UTF_8).replaceAll("(?m)^.* records sent, .*\\R", ""));
        assertTrue(out.toString(UTF_8).startsWith("50,000 records sent, 50,000 replies, 49,998 errors in "), out.toString(UTF_8));
    }

    @Test
    void whatIsNoRedisServerIsNamed() {
        ServerUnavailableException other = assertThrows(ServerUnavailableException.class,
                () -> importInto((in, out) -> out.write("HTTP/1.1 400 Bad Request\r\n".getBytes(UTF_8)), 1));
        assertTrue(other.getMessage().contains("no Redis reply: 'HTTP/1.1 400 Bad Request'"), other.getMessage());
    }

    private static final String HALF = "{\"marrow_export\":1}\n{\"key\":\"a\",\"value\":\"1\"}\n"
            + "{\"key\":\"b\",\"length\":6,\"value\":\"ab\"}\n";
    private static final String REST = "{\"key\":\"c\",\"value\":\"3\"}\n{\"end\":true,\"records\":3}\n";

    /** What the server gets on each connection, which it answers command by command. */
    private List<String> importKeeping(String input, boolean[] whole) throws Exception {
        List<String> got = new ArrayList<>();
        ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Thread serving = Thread.ofVirtual().start(() -> {
            while (!listener.isClosed()) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                try (Socket socket = listener.accept()) {
                    InputStream in = new FilterInputStream(socket.getInputStream()) {
                        @Override
                        public int read() throws IOException {
                            int b = super.read();
                            bytes.write(b < 0 ? '|' : b);
                            return b;
                        }
                    };
                    greet(in, socket.getOutputStream());
                    bytes.reset();
                    answer(in, socket.getOutputStream(), COMMANDS, "+OK\r\n");
                } catch (IOException gone) {
                    if (bytes.size() > 0) {
                        got.add(bytes.toString(UTF_8).replace("\r\n", " "));
                    }
                }
            }
        });
        try {
            ImportTarget target = new ImportTarget("127.0.0.1", listener.getLocalPort(), Optional.empty(), PATIENT_MILLIS);
            whole[0] = new Importer(target, ImportFormat.AUTO, 3).run(new ByteArrayInputStream(input.getBytes(UTF_8)),
                    new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
        } finally {
            listener.close();
            serving.join();
        }
        return got;
    }

    /** What was half sent must not become anything, and what follows must not become part of it. */
    @Test
    void recordThatCannotBeCompletedEndsItsConnectionAndNotTheImport() throws Exception {
        boolean[] whole = {true};
        List<String> got = importKeeping(HALF + "rubbish\n{\"more\":\"cdef\"}\n" + REST, whole);
        assertEquals(List.of("*3 $3 SET $1 a $1 1 *3 $3 SET $1 b $6 ab|", "*3 $3 SET $1 c $1 3 |"), got);
        assertEquals(false, whole[0]);
        assertTrue(err.toString(UTF_8).startsWith("line 4: not valid JSON"), err.toString(UTF_8));
        assertTrue(out.toString(UTF_8).startsWith("2 records sent, 2 replies, 1 errors in "), out.toString(UTF_8));
    }

    @Test
    void valueThatIsCutOffIsNeverCompleted() throws Exception {
        boolean[] whole = {true};
        List<String> got = importKeeping(HALF, whole);
        assertEquals(List.of("*3 $3 SET $1 a $1 1 *3 $3 SET $1 b $6 ab|"), got);
        assertEquals(false, whole[0]);
        assertTrue(err.toString(UTF_8).contains("cut off") && err.toString(UTF_8).contains("lacks 4 of its bytes"), err.toString(UTF_8));
        assertTrue(out.toString(UTF_8).startsWith("1 records sent, 1 replies, 1 errors in "), out.toString(UTF_8));
    }

    private static byte[] large(int length) {
        byte[] command = RequestParser.encode(List.of("SET".getBytes(UTF_8), "k".getBytes(UTF_8), new byte[length]));
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.writeBytes("PING\n".getBytes(UTF_8));
        input.writeBytes(command);
        return input.toByteArray();
    }

    private ServerLostException lostWithin(Server server) {
        return assertThrows(ServerLostException.class, () -> importInto(server, large(64 << 20), PATIENT_MILLIS));
    }

    @Test
    void connectionThatEndsWithinARecordNamesIt() {
        ServerLostException lost = lostWithin((in, out) -> {
            greet(in, out);
            readCommand(in);
            out.write("+PONG\r\n".getBytes(UTF_8));
            in.readNBytes(1 << 20);
        });
        assertTrue(lost.getMessage().endsWith("; 1 of 1 records were answered"), lost.getMessage());
        assertTrue(err.toString(UTF_8).contains("offset 5: the connection ended within this record, so it is not there"), err.toString(UTF_8));
    }

    /** As it does with a length beyond its limit. */
    @Test
    void serverThatRefusesARecordBeforeItsEndIsHeard() {
        ServerLostException lost = lostWithin((in, out) -> {
            greet(in, out);
            readCommand(in);
            out.write("+PONG\r\n-ERR Protocol error: invalid bulk length\r\n".getBytes(UTF_8));
            in.readNBytes(48 << 20);
            in.skipNBytes(in.available());
        });
        assertTrue(lost.getMessage().endsWith("; 2 of 2 records were answered"), lost.getMessage());
        assertTrue(err.toString(UTF_8).contains("offset 5: ERR Protocol error: invalid bulk length"), err.toString(UTF_8));
    }
}
