package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.bench.RoundTrip.Address;
import dev.marrow.stress.bench.RoundTrip.Result;
import dev.marrow.stress.bench.RoundTrip.Workload;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The clients that speak memcached's text protocol, against a server that answers as the test says. */
@Timeout(60)
class MemcachedClientTest {
    private static final int VALUE_BYTES = 300;
    private static final int KEYS = 10;
    private static final String VALUE = "v".repeat(VALUE_BYTES);
    private static final String STORED = "STORED\r\n";
    private static final Pattern GET = Pattern.compile("get (key:\\d{12})");
    private static final Pattern SET = Pattern.compile("set key:\\d{12} 0 0 (\\d+)");

    @TempDir
    Path scratch;

    @Test
    void countsRoundTripsOfRightReplies() throws IOException, InterruptedException {
        for (String command : List.of("get", "set")) {
            assertTrue(roundTrip(command, MemcachedClientTest::right).perSecond() > 0, command);
        }
        assertTrue(manyClients(MemcachedClientTest::right).perSecond() > 0);
    }

    @Test
    void takesAnAbsentKeyForAReply() throws IOException, InterruptedException {
        assertTrue(roundTrip("get", request -> "END\r\n").perSecond() > 0);
    }

    @Test
    void endsWithTheServersError() {
        for (String error : List.of("ERROR", "CLIENT_ERROR bad data chunk", "SERVER_ERROR out of memory storing object", "NOT_STORED", "$-1", "")) {
            refuses(error, request -> error + "\r\n");
        }
    }

    @Test
    void noticesAWrongValueLine() {
        for (String line : List.of("VALUE", "VALUE key:000000000001 0 ", "VALUE key:000000000001 0 x", "VALUE key:000000000001 0 3x",
                "VALUE key:000000000001 0 99999999", "WRONG key:000000000001 0 300")) {
            assertMessage(line.strip(), () -> roundTrip("get", request -> line + "\r\n" + VALUE + "\r\nEND\r\n"));
        }
    }

    @Test
    void noticesAValueOfAnotherLengthThanItsLineSays() {
        String message = "does not end with END";
        assertMessage(message, () -> roundTrip("get", request -> right(request).replace(VALUE, VALUE + "v")));
        assertMessage(message, () -> roundTrip("get", request -> right(request).replace(VALUE, VALUE.substring(1)) + "END\r\n"));
        assertMessage(message, () -> manyClients(request -> right(request).replace("\r\nEND", "\r\nAND")));
    }

    @Test
    void knowsNoOtherProtocol() throws IOException {
        ClientProgram program = new ClientProgram("roundtrip", Files.createTempDirectory(scratch, "client"));
        assertMessage("gopher", () -> program.run(List.of("gopher", "tcp", "127.0.0.1", "1", "get", "1", "1", "0", "0"), scratch));
    }

    @Test
    void prefillStopsAtTheFirstRefusal() throws IOException {
        int[] left = {1_234};
        String full = "SERVER_ERROR out of memory";
        try (OneServer server = new OneServer(request -> SET.matcher(request).matches() && left[0]-- > 0 ? STORED : full + "\r\n")) {
            Prefill.Outcome outcome = Prefill.untilRefused(Protocol.MEMCACHED, server.port(), 5_000, new ValueSizes.LogUniform(16, 100, 1));
            assertEquals(new Prefill.Outcome(1_234, Optional.of(full)), outcome);
        }
    }

    @Test
    void prefillOfAServerThatRefusesFails() throws IOException {
        try (OneServer server = new OneServer(request -> "SERVER_ERROR no\r\n")) {
            IOException refused = assertThrows(IOException.class,
                    () -> Prefill.run(Protocol.MEMCACHED, server.port(), 10, new ValueSizes.Fixed(VALUE_BYTES)));
            assertTrue(refused.getMessage().contains("SERVER_ERROR no"), refused::getMessage);
        }
    }

    /** What memcached would answer; {@code ERROR} to what it does not know. */
    private static String right(String request) {
        Matcher get = GET.matcher(request);
        if (get.matches()) {
            return "VALUE " + get.group(1) + " 0 " + VALUE_BYTES + "\r\n" + VALUE + "\r\nEND\r\n";
        }
        return SET.matcher(request).matches() ? STORED : "ERROR\r\n";
    }

    private void refuses(String message, UnaryOperator<String> answer) {
        assertMessage(message, () -> roundTrip("get", answer));
        assertMessage(message, () -> roundTrip("set", answer));
        assertMessage(message, () -> manyClients(answer));
    }

    private interface Run {
        Object run() throws IOException, InterruptedException;
    }

    private static void assertMessage(String message, Run run) {
        IOException refused = assertThrows(IOException.class, run::run, message);
        assertTrue(refused.getMessage().contains(message), refused::getMessage);
    }

    private Result roundTrip(String command, UnaryOperator<String> answer) throws IOException, InterruptedException {
        try (OneServer server = new OneServer(answer)) {
            return new RoundTrip(Files.createTempDirectory(scratch, "client")).run(new Workload(command, KEYS, VALUE_BYTES),
                    new Address.Tcp(Protocol.MEMCACHED, server.port()), 0, 0.05);
        }
    }

    private Result manyClients(UnaryOperator<String> answer) throws IOException, InterruptedException {
        try (OneServer server = new OneServer(answer)) {
            return new ManyClients(Files.createTempDirectory(scratch, "client")).run(Protocol.MEMCACHED, server.port(), 1, KEYS, VALUE_BYTES, 0,
                    0.05);
        }
    }

    /** Serves one connection: each command is answered, in two pieces, by its first line, once its value is there. */
    private static final class OneServer implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final UnaryOperator<String> answer;

        OneServer(UnaryOperator<String> answer) throws IOException {
            this.answer = answer;
            Thread.ofPlatform().daemon().start(this::run);
        }

        int port() {
            return listener.getLocalPort();
        }

        private void run() {
            try (Socket socket = listener.accept();
                    BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1))) {
                socket.setTcpNoDelay(true);
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    Matcher set = SET.matcher(line);
                    if (set.matches() && in.readLine().length() != Integer.parseInt(set.group(1))) {
                        throw new AssertionError(line);
                    }
                    byte[] reply = answer.apply(line).getBytes(StandardCharsets.ISO_8859_1);
                    OutputStream out = socket.getOutputStream();
                    out.write(reply, 0, reply.length / 2);
                    out.write(reply, reply.length / 2, reply.length - reply.length / 2);
                }
            } catch (SocketException clientHasEnded) {
                // as it should at a wrong reply
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }
}
