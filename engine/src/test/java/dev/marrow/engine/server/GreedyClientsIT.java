package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that want more memory than they get (I10): absurd lengths, commands that never end, replies that are never read. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GreedyClientsIT {
    private static final int CONNECTIONS = 500;
    private static final long HEAP_GROWTH_BYTES_MAX = 96L << 20;
    private static final long RESIDENT_GROWTH_BYTES_MAX = 400L << 20;

    @Test
    void absurdLengthsOnManyConnectionsCostNoMemory() throws Exception {
        List<String> inputs = List.of("*1048576\r\n", "*2147483647\r\n", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$65536\r\n", "*2\r\n$4\r\nECHO\r\n$536870912\r\n",
                "*1000000\r\n$4\r\nMGET\r\n$1\r\na\r\n", "*3\r\n$3\r\nSET\r\n$536870912\r\nabc", "9".repeat(1_000));
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient other = server.connect()) {
            other.call("SET", "k", "v");
            List<RespClient> clients = new ArrayList<>();
            try {
                connect(server, clients, CONNECTIONS);
                long heap = heapUsed();
                long resident = resident();
                for (int i = 0; i < clients.size(); i++) {
                    clients.get(i).send(inputs.get(i % inputs.size()));
                }
                assertResponsive(other);
                assertTrue(heapUsed() - heap < HEAP_GROWTH_BYTES_MAX, "heap grew by " + (heapUsed() - heap) + " bytes");
                assertTrue(resident() - resident < RESIDENT_GROWTH_BYTES_MAX, "resident memory grew by " + (resident() - resident) + " bytes");
            } finally {
                close(clients);
            }
            BadInputIT.awaitClients(server, 1);
        }
    }

    @Test
    void repliesThatAreNeverReadStayBoundedAndComeInOrderWhenTheyAre() throws Exception {
        int count = 40;
        int gets = 2_000;
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient other = server.connect()) {
            other.call("SET", "k", "v");
            for (int i = 0; i < 16; i++) {
                other.call("SET", "large:" + i, (char) ('a' + i) + "x".repeat(60_000));
            }
            List<RespClient> clients = new ArrayList<>();
            try {
                long heap = heapUsed();
                for (int i = 0; i < count; i++) {
                    RespClient client = new RespClient(server.port(), 1 << 14);
                    clients.add(client);
                    StringBuilder pipeline = new StringBuilder();
                    for (int j = 0; j < gets; j++) {
                        pipeline.append(RespClient.encode("GET", "large:" + j % 16));
                    }
                    Thread.ofVirtual().start(() -> {
                        try {
                            client.send(pipeline.toString());
                        } catch (IOException closed) {
                            // the test is over
                        }
                    });
                }
                for (int i = 0; i < 20; i++) {
                    assertResponsive(other);
                    TimeUnit.MILLISECONDS.sleep(20);
                }
                // 120 MB a client are asked for; one MiB of replies and what one run adds are kept
                long grown = heapUsed() - heap;
                assertTrue(grown < count * (3L << 20), "heap grew by " + grown + " bytes for " + count + " clients");
                RespClient late = clients.get(count / 2);
                for (int j = 0; j < gets; j++) {
                    String reply = late.reply();
                    assertEquals("$60001\r\n" + (char) ('a' + j % 16) + "x", reply.substring(0, 10), "reply " + j);
                }
                assertResponsive(other);
            } finally {
                close(clients);
            }
            BadInputIT.awaitClients(server, 1);
        }
    }

    @Test
    void aCommandThatNeverEndsIsCutOffAtTheNamedLimit() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "client-query-buffer-limit", "1mb");
                RespClient other = server.connect(); RespClient greedy = server.connect()) {
            long heap = heapUsed();
            StringBuilder part = new StringBuilder();
            for (int i = 0; i < 100; i++) {
                part.append("$1000\r\n").append("z".repeat(1_000)).append("\r\n");
            }
            greedy.send("*1000000\r\n$4\r\nMGET\r\n");
            boolean closed = false;
            for (int i = 0; i < 100 && !closed; i++) {
                try {
                    greedy.send(part.toString());
                } catch (IOException refused) {
                    closed = true;
                }
            }
            assertEquals("", greedy.untilEnd());
            assertEquals("+PONG\r\n", other.call("PING"));
            assertTrue(heapUsed() - heap < HEAP_GROWTH_BYTES_MAX);
        }
    }

    private static void connect(TestServer server, List<RespClient> clients, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            clients.add(server.connect());
        }
    }

    private static void close(List<RespClient> clients) throws IOException {
        for (RespClient client : clients) {
            client.socket().setSoLinger(true, 0);
            client.close();
        }
    }

    private static void assertResponsive(RespClient client) throws IOException {
        assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
        assertEquals("+OK\r\n", client.call("SET", "other", "w"));
    }

    private static long heapUsed() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static long resident() throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(each -> each.startsWith("VmRSS")).findFirst().orElseThrow();
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
    }
}
