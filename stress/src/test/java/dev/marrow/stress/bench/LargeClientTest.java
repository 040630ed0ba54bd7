package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.bench.LargeClient.Command;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client of large values, against a server that answers as the test says. */
@Timeout(60)
class LargeClientTest {
    private static final int VALUE_BYTES = 10_000_000;
    private static final int PIECE_BYTES = 65_536;

    @TempDir
    Path scratch;

    @Test
    void countsRoundTripsOfRightValues() throws IOException, InterruptedException {
        for (Command command : Command.values()) {
            try (OneServer server = new OneServer(Map.of(), UnaryOperator.identity())) {
                LargeClient.Result result = client().run(server.port(), command, VALUE_BYTES, 0, 0.1);
                assertTrue(result.megabytesPerSecond() > 0, command.name());
                assertEquals(result.roundTrips().perSecond() * 10, result.megabytesPerSecond(), 1e-6);
            }
        }
    }

    @Test
    void noticesPiecesInAWrongOrder() {
        refuses("another one", value -> {
            byte[] swapped = value.clone();
            System.arraycopy(value, 3 * PIECE_BYTES, swapped, 5 * PIECE_BYTES, PIECE_BYTES);
            return swapped;
        });
    }

    @Test
    void noticesAPieceOfNothing() {
        refuses("another one", value -> {
            byte[] holed = value.clone();
            Arrays.fill(holed, PIECE_BYTES, 2 * PIECE_BYTES, (byte) 0);
            return holed;
        });
    }

    @Test
    void noticesAShorterValue() {
        refuses("another length", value -> Arrays.copyOf(value, value.length - 1));
    }

    @Test
    void noticesAWrongEnd() {
        refuses("ends differently", value -> {
            byte[] changed = value.clone();
            changed[changed.length - 1]++;
            return changed;
        });
    }

    @Test
    void noticesTheValueOfAnotherKey() {
        Map<String, String> aliases = Map.of("big:000000000001", "big:000000000000");
        assertMessage("big:000000000000: the value is another one", aliases, UnaryOperator.identity(), Command.GET);
    }

    @Test
    void noticesAnErrorReply() {
        assertMessage("-ERR no", Map.of(), value -> new byte[0], Command.GET);
    }

    private void refuses(String message, UnaryOperator<byte[]> change) {
        for (Command command : Command.values()) {
            assertMessage(message, Map.of(), change, command);
        }
    }

    private void assertMessage(String message, Map<String, String> aliases, UnaryOperator<byte[]> change, Command command) {
        IOException refused = assertThrows(IOException.class, () -> {
            try (OneServer server = new OneServer(aliases, change)) {
                client().run(server.port(), command, VALUE_BYTES, 0, 0.1);
            }
        }, command.name());
        assertTrue(refused.getMessage().contains(message), refused::getMessage);
    }

    private LargeClient client() throws IOException {
        return new LargeClient(Files.createTempDirectory(scratch, "client"));
    }

    /** Serves one connection with SET and GET; what GET answers has gone through a change, and nothing left of it is an error. */
    private static final class OneServer implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final Map<String, byte[]> values = new HashMap<>();
        private final Map<String, String> aliases;
        private final UnaryOperator<byte[]> change;
        private final Thread thread = Thread.ofPlatform().daemon().unstarted(this::run);

        OneServer(Map<String, String> aliases, UnaryOperator<byte[]> change) throws IOException {
            this.aliases = aliases;
            this.change = change;
            thread.start();
        }

        int port() {
            return listener.getLocalPort();
        }

        private void run() {
            try (Socket socket = listener.accept()) {
                InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
                while (true) {
                    int count = number(in);
                    if (count < 0) {
                        return;
                    }
                    argument(in);
                    String key = new String(argument(in), StandardCharsets.ISO_8859_1);
                    key = aliases.getOrDefault(key, key);
                    if (count == 3) {
                        values.put(key, argument(in));
                        socket.getOutputStream().write(bytes("+OK\r\n"));
                    } else {
                        answer(socket.getOutputStream(), change.apply(values.get(key)));
                    }
                }
            } catch (SocketException clientHasEnded) {
                // as it should at a wrong value
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        private static void answer(OutputStream out, byte[] value) throws IOException {
            if (value.length == 0) {
                out.write(bytes("-ERR no\r\n"));
                return;
            }
            out.write(bytes("$" + value.length + "\r\n"));
            out.write(value);
            out.write(bytes("\r\n"));
        }

        private static byte[] argument(InputStream in) throws IOException {
            byte[] bytes = in.readNBytes(number(in));
            in.skipNBytes(2);
            return bytes;
        }

        /** Of a line that announces something; -1: the client has ended. */
        private static int number(InputStream in) throws IOException {
            if (in.read() < 0) {
                return -1;
            }
            int number = 0;
            for (int c = in.read(); c != '\r'; c = in.read()) {
                number = number * 10 + c - '0';
            }
            in.skipNBytes(1);
            return number;
        }

        private static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }
}
