package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one client may do to others: they are served by two event loops and inside their own send(), and none of them gets around it. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClientCommandsIT {
    private static final int POLLS_MAX = 2_000;
    private static final int WRITERS = 4;
    private static final int ROUNDS = 20;

    private static TestServer server(String... more) throws Exception {
        List<String> options = new ArrayList<>(List.of("durability", "everysec", "event-loops", "2"));
        options.addAll(List.of(more));
        return TestServer.start(options.toArray(String[]::new));
    }

    /** Adds one to its own key again and again until it is stopped or its connection ends; knows how often it was told that it did. */
    private static final class Writer implements AutoCloseable {
        private final RespClient client;
        private final String key;
        private final boolean onHost;
        private final Future<?> running;
        private final AtomicBoolean stop = new AtomicBoolean();
        volatile long told;

        /** @param onHost false: a cold command in the same message keeps it off the on-host door */
        Writer(TestServer server, ExecutorService threads, String key, boolean onHost) throws IOException {
            this.client = server.connect();
            this.key = key;
            this.onHost = onHost;
            client.call("CLIENT", "SETNAME", key);
            this.running = threads.submit(() -> {
                while (!stop.get()) {
                    one();
                }
                return null;
            });
        }

        private void one() throws IOException {
            client.send(RespClient.encode("INCR", key) + (onHost ? "" : RespClient.encode("CLIENT", "GETNAME")));
            String reply = client.reply();
            assertEquals(":" + (told + 1) + "\r\n", reply);
            told++;
            if (!onHost) {
                assertEquals("$" + key.length() + "\r\n" + key + "\r\n", client.reply());
            }
        }

        void awaitProgress() throws InterruptedException {
            long before = told;
            for (int i = 0; i < POLLS_MAX && told < before + 10; i++) {
                Thread.sleep(5);
            }
            assertTrue(told >= before + 10, key + " was told " + told + " after " + before);
        }

        void stopAndWait() throws Exception {
            stop.set(true);
            running.get();
        }

        @Override
        public void close() throws IOException {
            stop.set(true);
            client.close();
        }
    }

    private static List<Writer> writers(TestServer server, ExecutorService threads) throws IOException {
        List<Writer> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            writers.add(new Writer(server, threads, "writer" + i, i % 2 == 0));
        }
        return writers;
    }

    private static List<String> values(RespClient client) throws IOException {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            values.add(client.call("GET", "writer" + i));
        }
        return values;
    }

    /** Not one write between the reply of PAUSE and UNPAUSE, and every postponed one afterwards, once, with its reply in its place. */
    @Test
    void noWriteExecutesWhileWritesArePaused() throws Exception {
        try (TestServer server = server(); ExecutorService threads = Executors.newCachedThreadPool();
                RespClient admin = server.connect(); RespClient reader = server.connect()) {
            List<Writer> writers = writers(server, threads);
            try {
                for (int round = 0; round < ROUNDS; round++) {
                    for (Writer writer : writers) {
                        writer.awaitProgress();
                    }
                    assertEquals("+OK\r\n", admin.call("CLIENT", "PAUSE", "100000", "WRITE"));
                    List<String> before = values(reader);
                    for (int look = 0; look < 20; look++) {
                        assertEquals(before, values(reader), "a read goes on, and nobody writes");
                    }
                    assertEquals(before, values(admin));
                    assertEquals("+OK\r\n", admin.call("CLIENT", "UNPAUSE"));
                }
                for (Writer writer : writers) {
                    writer.awaitProgress();
                    writer.stopAndWait();
                    assertEquals("$" + Long.toString(writer.told).length() + "\r\n" + writer.told + "\r\n", admin.call("GET", writer.key));
                }
            } finally {
                for (Writer writer : writers) {
                    writer.close();
                }
            }
            assertTrue(server.onHostCommands() > 0);
        }
    }

    /** All commands wait, reads too, and those that would make the pause a milder one; afterwards each has its reply in its place. */
    @Test
    void everythingWaitsWhileAllIsPaused() throws Exception {
        try (TestServer server = server(); RespClient admin = server.connect(); RespClient other = server.connect(); RespClient reader = server.connect()) {
            other.call("SET", "k", "0");
            assertEquals("+OK\r\n", admin.call("CLIENT", "PAUSE", "100000", "ALL"));
            long writes = server.server().store().counters().writes();
            admin.send(RespClient.encode("CLIENT", "PAUSE", "1", "WRITE"));
            reader.send(RespClient.encode("GET", "k"));
            other.send(RespClient.encode("INCR", "k"));
            other.send(RespClient.encode("GET", "k") + RespClient.encode("MULTI") + RespClient.encode("INCR", "k") + RespClient.encode("EXEC"));
            for (int i = 0; i < POLLS_MAX && server.server().clients().blocked() < 3; i++) {
                Thread.sleep(5);
            }
            assertEquals(3, server.server().clients().blocked());
            assertEquals(writes, server.server().store().counters().writes());
            server.server().clients().unpause();
            assertEquals("+OK\r\n", admin.reply());
            assertEquals(List.of(":1\r\n", "$1\r\n1\r\n", "+OK\r\n", "+QUEUED\r\n", "*1\r\n:2\r\n"), other.replies(5));
            reader.reply();
        }
    }

    /** Nobody has to end it. */
    @Test
    void aPauseEndsByItself() throws Exception {
        try (TestServer server = server(); RespClient admin = server.connect(); RespClient other = server.connect()) {
            assertEquals("+OK\r\n", admin.call("CLIENT", "PAUSE", "20", "ALL"));
            assertEquals(":1\r\n", other.call("INCR", "k"));
            assertEquals("$1\r\n1\r\n", admin.call("GET", "k"));
        }
    }

    @Test
    void execWaitsWhenItWrites() throws Exception {
        try (TestServer server = server(); RespClient admin = server.connect(); RespClient one = server.connect(); RespClient two = server.connect()) {
            one.call("MULTI");
            one.call("SET", "k", "1");
            two.call("MULTI");
            two.call("GET", "k");
            admin.call("CLIENT", "PAUSE", "100000", "WRITE");
            one.send(RespClient.encode("EXEC"));
            assertEquals("*1\r\n$-1\r\n", two.call("EXEC"));
            awaitInfo(admin, "blocked_clients", "1");
            assertEquals("$-1\r\n", admin.call("GET", "k"));
            admin.call("CLIENT", "UNPAUSE");
            assertEquals("*1\r\n+OK\r\n", one.reply());
        }
    }

    private static void awaitInfo(RespClient client, String field, String value) throws Exception {
        for (int i = 0; i < POLLS_MAX && !client.info(field).equals(value); i++) {
            Thread.sleep(5);
        }
        assertEquals(value, client.info(field));
    }

    /** Whoever kills a client knows on return that it changes nothing any more, whichever door it is busy at. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aKilledClientExecutesNothingMore(boolean onHost) throws Exception {
        try (TestServer server = server(); ExecutorService threads = Executors.newCachedThreadPool(); RespClient admin = server.connect()) {
            for (int round = 0; round < ROUNDS; round++) {
                String key = "victim" + round;
                try (Writer writer = new Writer(server, threads, key, onHost)) {
                    writer.awaitProgress();
                    String line = admin.call("CLIENT", "LIST").lines().filter(text -> text.contains(" name=" + key + " ")).findFirst().orElseThrow();
                    String id = line.split("[= ]")[1];
                    assertEquals(":1\r\n", admin.call("CLIENT", "KILL", "ID", id));
                    String value = admin.call("GET", key);
                    for (int look = 0; look < 50; look++) {
                        assertEquals(value, admin.call("GET", key));
                    }
                    boolean ended = false;
                    try {
                        writer.running.get();
                    } catch (java.util.concurrent.ExecutionException e) {
                        ended = e.getCause() instanceof IOException;
                    }
                    assertTrue(ended, "the connection has ended");
                    assertFalse(admin.call("CLIENT", "LIST").contains(" name=" + key + " "));
                }
            }
        }
    }

    /** Clients that are descheduled half-way inside their send() hold up the reply, and that it is not confirmed is not hidden. */
    @Test
    void clientsInsideTheirSendAreWaitedFor() throws Exception {
        try (TestServer server = server(); RespClient admin = server.connect(); RespClient one = server.connect()) {
            String id = one.call("CLIENT", "ID").substring(1).strip();
            server.server().onHostDoor().programs().occupyBuffers(true);
            try {
                String unconfirmed = "-ERR done, but a command that began before is still running after 1000 ms\r\n";
                assertEquals(unconfirmed, admin.call("CLIENT", "KILL", "ID", id));
                assertEquals(unconfirmed, admin.call("CLIENT", "PAUSE", "1", "WRITE"));
                assertEquals(unconfirmed.replace("done, but", "nothing is shown:"), admin.call("MONITOR"));
                assertTrue(admin.call("CLIENT", "INFO").contains(" flags=N "));
            } finally {
                server.server().onHostDoor().programs().occupyBuffers(false);
            }
            assertEquals("+OK\r\n", admin.call("CLIENT", "PAUSE", "1", "WRITE"));
            assertEquals("+OK\r\n", admin.call("MONITOR"));
        }
    }

    @Test
    void killsByWhatIsSaidOfAClient() throws Exception {
        try (TestServer server = server(); RespClient admin = server.connect(); RespClient one = server.connect()) {
            one.call("PING");
            String address = "127.0.0.1:" + one.socket().getLocalPort();
            assertEquals("-ERR No such client\r\n", admin.call("CLIENT", "KILL", "127.0.0.1:1"));
            assertEquals(":0\r\n", admin.call("CLIENT", "KILL", "ADDR", address, "TYPE", "pubsub"));
            assertEquals("-ERR No such user 'nobody'\r\n", admin.call("CLIENT", "KILL", "USER", "nobody"));
            assertEquals("+OK\r\n", admin.call("CLIENT", "KILL", address));
            assertEquals("", one.untilEnd());
            try (RespClient two = server.connect()) {
                two.call("PING");
                assertEquals(":1\r\n", admin.call("CLIENT", "KILL", "LADDR", "127.0.0.1:" + server.port(), "USER", "default"));
                assertEquals("", two.untilEnd());
            }
            assertEquals(":1\r\n", admin.call("CLIENT", "KILL", "SKIPME", "no"));
            assertEquals("", admin.untilEnd());
        }
    }

    /** Replies that are off are none, whichever door would have given them; those around them are in order. */
    @Test
    void repliesAreOffFromTheirPlaceOn() throws Exception {
        try (TestServer server = server(); RespClient client = server.connect(); RespClient other = server.connect()) {
            for (int round = 0; round < ROUNDS; round++) {
                assertEquals("+OK\r\n", client.call("SET", "k", "1"));
                client.send(RespClient.encode("CLIENT", "REPLY", "OFF"));
                for (int i = 0; i < 20; i++) {
                    client.send(RespClient.encode("INCR", "k"));
                }
                client.send(RespClient.encode("CLIENT", "REPLY", "ON") + RespClient.encode("GET", "k"));
                assertEquals(List.of("+OK\r\n", "$2\r\n21\r\n"), client.replies(2));
                client.send(RespClient.encode("INCR", "k") + RespClient.encode("CLIENT", "REPLY", "SKIP") + RespClient.encode("INCR", "k")
                        + RespClient.encode("INCR", "k"));
                assertEquals(List.of(":22\r\n", ":24\r\n"), client.replies(2));
                assertEquals("$2\r\n24\r\n", other.call("GET", "k"));
            }
            assertTrue(server.onHostCommands() > 0);
        }
    }

    @Test
    void endsTheWaitForTheLog() throws Exception {
        try (TestServer server = server(); RespClient admin = server.connect(); RespClient one = server.connect()) {
            String id = one.call("CLIENT", "ID").substring(1).strip();
            assertEquals(":0\r\n", admin.call("CLIENT", "UNBLOCK", id));
            one.send(RespClient.encode("WAITAOF", "0", "1", "0"));
            awaitInfo(admin, "blocked_clients", "1");
            assertEquals(":1\r\n", admin.call("CLIENT", "UNBLOCK", id, "ERROR"));
            assertEquals("-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n", one.reply());
            one.send(RespClient.encode("WAITAOF", "0", "1", "0"));
            awaitInfo(admin, "blocked_clients", "1");
            assertEquals(":1\r\n", admin.call("CLIENT", "UNBLOCK", id));
            assertEquals("*2\r\n", one.reply().substring(0, 4));
        }
    }
}
