package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.OnHostPrograms;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that come and go, are recycled, are never read: nothing is inherited, nothing is left, memory is bounded (I10). */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OnHostConnectionsIT {
    private static final Map<String, Long> NOTHING = Map.of("sockets", 0L, "links", 0L, "connecting", 0L);

    private static OnHostPrograms programs(TestServer server) {
        return server.server().onHostDoor().programs();
    }

    private static void awaitNothingLeft(TestServer server) throws Exception {
        for (int i = 0; i < 400; i++) {
            if (programs(server).entries().equals(NOTHING) && server.server().onHostDoor().info().connections() == 0) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertEquals(NOTHING, programs(server).entries());
        assertEquals(0, server.server().onHostDoor().info().connections());
    }

    @Test
    void connectionsThatEndInAnyWayLeaveNothing() throws Exception {
        Random random = new Random(1);
        try (TestServer server = TestServer.start("durability", "everysec", "maxclients", "40")) {
            for (int round = 0; round < 30; round++) {
                List<RespClient> clients = new ArrayList<>();
                for (int i = 0; i < 50; i++) {      // ten more than are accepted
                    clients.add(server.connect());
                }
                for (RespClient client : clients) {
                    try {
                        switch (random.nextInt(7)) {
                            case 0 -> client.socket().setSoLinger(true, 0);     // a reset
                            case 1 -> client.call("PING");
                            case 2 -> {
                                client.call("PING");
                                client.call("SET", "k", "v");
                                client.socket().setSoLinger(true, 0);
                            }
                            case 3 -> {
                                client.call("PING");
                                client.send(RespClient.encode("ECHO", "never read"));
                            }
                            case 4 -> client.call("QUIT");
                            case 5 -> {
                                client.send("*2\r\n$3\r\nGET\r\n$1");
                                client.socket().shutdownOutput();
                            }
                            default -> { }
                        }
                    } catch (IOException refused) {
                        // one of the ten
                    }
                    client.close();
                }
            }
            awaitNothingLeft(server);
        }
    }

    /** A half-closed client gets the replies to what it sent, and is no more served here. */
    @Test
    void aHalfClosedConnectionIsTheServers() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec")) {
            try (RespClient client = server.connect()) {
                client.call("PING");
                assertEquals(":1\r\n", client.call("INCR", "n"));
                client.send(RespClient.encode("CLIENT", "GETNAME") + RespClient.encode("INCR", "n"));
                client.socket().shutdownOutput();
                assertEquals("$-1\r\n:2\r\n", client.untilEnd());
            }
            awaitNothingLeft(server);
        }
    }

    /** The same four numbers again and again: who comes second has not authenticated, whatever the first did. */
    @Test
    void aRecycledPortInheritsNothing() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "requirepass", "secret", "bind", "127.0.0.1")) {
            int clientPort = 0;
            for (int i = 0; i < 200; i++) {
                try (Socket socket = new Socket()) {
                    socket.setReuseAddress(true);
                    socket.setTcpNoDelay(true);
                    socket.setSoTimeout(10_000);
                    socket.bind(new InetSocketAddress("127.0.0.1", clientPort));
                    clientPort = socket.getLocalPort();
                    socket.connect(new InetSocketAddress("127.0.0.1", server.port()));
                    assertEquals("-NOAUTH Authentication required.\r\n", ask(socket, "GET", "k"), "connection " + i);
                    assertEquals("+OK\r\n", ask(socket, "AUTH", "secret"));
                    assertEquals("$-1\r\n", ask(socket, "GET", "k"));
                    socket.setSoLinger(true, 0);        // no TIME_WAIT: the port can be used at once
                }
            }
            assertTrue(server.onHostCommands() > 100, "served here: " + server.onHostCommands());
            awaitNothingLeft(server);
        }
    }

    private static String ask(Socket socket, String... command) throws IOException {
        socket.getOutputStream().write(RespClient.encode(command).getBytes(StandardCharsets.ISO_8859_1));
        byte[] reply = new byte[256];
        int count = socket.getInputStream().read(reply);
        return new String(reply, 0, count, StandardCharsets.ISO_8859_1);
    }

    /** More commands than any buffer holds, none read: the client is stopped by TCP, kernel memory stays bounded, and every reply comes. */
    @Test
    void aClientThatNeverReadsIsStoppedAndLosesNothing() throws Exception {
        int valueBytes = 4_000;
        try (TestServer server = TestServer.start("durability", "everysec"); SocketChannel channel = SocketChannel.open()) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.connect(new InetSocketAddress("127.0.0.1", server.port()));
            try (RespClient other = server.connect()) {
                assertEquals("+OK\r\n", other.call("SET", "v", "x".repeat(valueBytes)));
            }
            channel.configureBlocking(false);
            byte[] pair = (RespClient.encode("INCR", "n") + RespClient.encode("GET", "v")).getBytes(StandardCharsets.ISO_8859_1);
            long memory = kernelMemory();
            long sent = 0;
            int idle = 0;
            ByteBuffer out = ByteBuffer.wrap(pair);
            while (idle < 200) {
                if (channel.write(out) == 0) {
                    idle++;
                    TimeUnit.MILLISECONDS.sleep(5);
                } else {
                    idle = 0;
                }
                if (!out.hasRemaining()) {
                    sent++;
                    out.rewind();
                }
                assertTrue(sent < 10_000_000, "the client is never stopped");
            }
            long grown = kernelMemory() - memory;
            assertTrue(grown < 64 << 20, "kernel memory grew by " + grown + " bytes");
            assertTrue(programs(server).passed(Abi.ONHOST_PASS_UNREAD) > 0);

            channel.configureBlocking(true);
            channel.socket().setSoTimeout(10_000);
            Reader reader = new Reader(channel);
            for (long i = 1; i <= sent; i++) {
                assertEquals(":" + i, reader.line());
                assertEquals("$" + valueBytes, reader.line());
                assertEquals(valueBytes, reader.line().length());
            }
            if (out.position() > 0) {
                while (out.hasRemaining()) {
                    channel.write(out);
                }
                assertEquals(":" + (sent + 1), reader.line());
            }
        }
    }

    /** The memory of a long message stays with its short reply until that is read. */
    @Test
    void unreadRepliesToLongMessagesAreBoundedByTheirMemory() throws Exception {
        int messages = 40;
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            client.call("PING");
            long before = server.onHostCommands();
            for (int i = 0; i < messages; i++) {
                client.send(RespClient.encode("SET", "k", "x".repeat(60_000)));
            }
            assertTrue(server.onHostCommands() - before <= 2, "replies in the receive queue: " + (server.onHostCommands() - before));
            for (int i = 0; i < messages; i++) {
                assertEquals("+OK\r\n", client.reply());
            }
        }
    }

    /** Lines, from a channel that takes whatever comes. */
    private static final class Reader {
        private final SocketChannel channel;
        private final ByteBuffer in = ByteBuffer.allocate(1 << 16).flip();

        Reader(SocketChannel channel) {
            this.channel = channel;
        }

        String line() throws IOException {
            StringBuilder line = new StringBuilder();
            while (true) {
                if (!in.hasRemaining()) {
                    in.clear();
                    if (channel.read(in) < 0) {
                        throw new IOException("ended within '" + line + "'");
                    }
                    in.flip();
                }
                char c = (char) (in.get() & 0xff);
                if (c == '\n') {
                    return line.toString();
                }
                if (c != '\r') {
                    line.append(c);
                }
            }
        }
    }

    /** What sockets and slabs hold, in bytes. */
    private static long kernelMemory() throws IOException {
        long kib = 0;
        for (String line : java.nio.file.Files.readAllLines(java.nio.file.Path.of("/proc/meminfo"))) {
            if (line.startsWith("SUnreclaim:")) {
                kib += Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        for (String line : java.nio.file.Files.readAllLines(java.nio.file.Path.of("/proc/net/sockstat"))) {
            if (line.startsWith("TCP:")) {
                kib += 4 * Long.parseLong(line.replaceAll(".* mem (\\d+).*", "$1"));
            }
        }
        return kib << 10;
    }
}
