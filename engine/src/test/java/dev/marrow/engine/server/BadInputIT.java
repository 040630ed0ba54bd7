package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Input that no client library sends: Redis's error or the end of the connection, and a server that stays as it was. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BadInputIT {
    private static final String MARK = RespClient.encode("ECHO", "<the end of the input>");
    private static final String MARKED = "$22\r\n<the end of the input>\r\n";
    private static final int QUIET_MS = 1_000;

    private static TestServer server;
    private static TestServer locked;

    @BeforeAll
    static void startServers() throws Exception {
        server = TestServer.start("durability", "everysec", "tier-two", "0");
        locked = TestServer.start("requirepass", "secret");
    }

    @AfterAll
    static void stopServers() throws Exception {
        try {
            server.close();
        } finally {
            if (locked != null) {
                locked.close();
            }
        }
    }

    private static List<String> malformed() {
        List<String> inputs = new ArrayList<>(List.of("*0\r\n", "*-1\r\n", "\r\n", "*1\r\n$4\r\nPINGab", "*1\rX$4\rYPING\r\n", "PING\n", "PING \"a\r\n",
                "*1\r\n\r\n", "*1\r\nfoo\r\n", "*1\r\n:1\r\n", "*2\r\n$4\r\nPING\r\nfoo\r\n", "*1\r\n$\r\n", "*1\r\n$-2\r\n", "*1\r\n$-1\r\n", "*-5\r\n",
                "*1\r\n$9223372036854775807\r\n", "*1\r\n$9223372036854775808\r\n", "*2147483648\r\n", "*9223372036854775807\r\n", "*1\r\n$536870913\r\n",
                "*a\r\n", "*1\r\n$1a\r\n", "$4\r\nPING\r\n",
                "*1\r\n$0\r\n\r\n", "*2\r\n$3\r\nGET\r\n$-1\r\n", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n+v\r\n"));
        inputs.add("*3\r\n$3\r\nSET\r\n$5\r\nalpha\r\n$3\r\nabc\r\nGET alpha\r\n*2\r\n$3\r\nGET\r\n$5\r\nalpha\r\n");
        inputs.add(RespClient.encode("QUIT") + RespClient.encode("SET", "never", "set") + RespClient.encode("GET", "never"));
        inputs.add(RespClient.encode("SET", "alpha", "1") + "QUIT\r\n" + RespClient.encode("INCR", "alpha"));
        inputs.add(RespClient.encode("HELLO", "3") + RespClient.encode("GET", "none") + RespClient.encode("RESET") + RespClient.encode("GET", "none"));
        inputs.add("get\r\nGET none\r\nset a\r\n");
        return inputs;
    }

    @Test
    void malformedInputGetsRedisAnswerAmongGoodCommands() throws Exception {
        assertTrue(RedisProcess.installed(), "redis-server is missing; ./marrow test installs it");
        List<Executable> checks = new ArrayList<>();
        try (RedisProcess redis = new RedisProcess()) {
            for (String input : malformed()) {
                String bytes = RespClient.encode("PING") + input + MARK;
                String expected = conversation(redis.port(), bytes);
                String actual = conversation(server.port(), bytes);
                checks.add(() -> assertEquals(normalised(expected), normalised(actual), "to " + input));
            }
        }
        assertAll(checks);
    }

    @Test
    void httpEndsTheConnectionBeforeItsBodyIsServed() throws Exception {
        for (String request : List.of("GET / HTTP/1.1\r\nHost: marrow\r\n\r\nSET http 1\r\n", "POST / HTTP/1.1\r\nHost: x\r\n\r\nSET http 1\r\n")) {
            String replies = conversation(server.port(), request + MARK);
            assertTrue(replies.endsWith("<closed>") && !replies.contains("+OK"), replies);
        }
        try (RespClient client = server.connect()) {
            assertEquals("$-1\r\n", client.call("GET", "http"));
        }
    }

    @Test
    void nothingIsServedBeforeThePassword() throws Exception {
        assertTrue(RedisProcess.installed(), "redis-server is missing; ./marrow test installs it");
        List<Executable> checks = new ArrayList<>();
        try (RedisProcess redis = new RedisProcess("--requirepass", "secret")) {
            List<String> inputs = new ArrayList<>(List.of("*11\r\n", "*1\r\n$16385\r\n", "AUTH nope\r\n", "HELLO 3\r\n",
                    "AUTH secret\r\nSET a 1\r\nGET a\r\n", RespClient.encode("RESET"), RespClient.encode("QUIT")));
            for (String name : CommandShape.names()) {
                List<String> command = new ArrayList<>(List.of(name));
                while (command.size() < CommandShape.of(name).least()) {
                    command.add("1");
                }
                inputs.add(RespClient.encode(command));
            }
            for (String input : inputs) {
                boolean inRedis = RedisModel.NOT_IN_REDIS.stream().noneMatch(input::contains);
                String expected = conversation(redis.port(), (inRedis ? input : RespClient.encode("GET", "1")) + RespClient.encode("QUIT"));
                String actual = conversation(locked.port(), input + RespClient.encode("QUIT"));
                checks.add(() -> assertEquals(normalised(expected), normalised(actual), "to " + input));
            }
        }
        assertAll(checks);
        assertEquals(0, locked.server().store().counters().writes() - 1, "one SET came with the password");
    }

    @Test
    void everyCommandArrivesByteByByte() throws Exception {
        List<Executable> checks = new ArrayList<>();
        try (RespClient whole = server.connect(); RespClient bytes = server.connect()) {
            for (String name : CommandShape.names()) {
                List<String> command = new ArrayList<>(List.of(name));
                while (command.size() < Math.max(CommandShape.of(name).least(), 1)) {
                    command.add(Integer.toString(command.size()));
                }
                whole.call("FLUSHALL");
                String expected = whole.call(command.toArray(String[]::new));
                whole.call("FLUSHALL");
                for (char c : RespClient.encode(command).toCharArray()) {
                    bytes.send(String.valueOf(c));
                    TimeUnit.MICROSECONDS.sleep(50);
                }
                String actual = bytes.reply();
                checks.add(() -> assertEquals(expected, actual, name));
            }
            String large = "v".repeat(3_000);
            for (char c : RespClient.encode("SET", "large", large).toCharArray()) {
                bytes.send(String.valueOf(c));
            }
            assertEquals("+OK\r\n", bytes.reply());
            assertEquals("$3000\r\n" + large + "\r\n", bytes.call("GET", "large"));
        }
        assertAll(checks);
    }

    @Test
    void halfClosedConnectionsGetAllTheirReplies() throws Exception {
        String value = "x".repeat(60_000);
        for (TestServer each : List.of(server, locked)) {
            try (RespClient client = each.connect()) {
                StringBuilder pipeline = new StringBuilder("AUTH secret\r\n").append(RespClient.encode("SET", "half", value));
                int count = 300;
                pipeline.append(RespClient.encode("GET", "half").repeat(count));
                client.send(pipeline.toString());
                client.socket().shutdownOutput();
                client.reply();
                assertEquals("+OK\r\n", client.reply());
                for (int i = 0; i < count; i++) {
                    assertEquals(60_010, client.reply().length(), "reply " + i);
                }
                assertEquals("", client.untilEnd());
            }
        }
    }

    @Test
    void halfACommandAndTheEndIsNoCommand() throws Exception {
        try (RespClient client = server.connect()) {
            String command = RespClient.encode("SET", "cut", "value");
            client.send(command.substring(0, command.length() - 3));
            client.socket().shutdownOutput();
            assertEquals("", client.untilEnd());
        }
        try (RespClient client = server.connect()) {
            assertEquals("$-1\r\n", client.call("GET", "cut"));
        }
    }

    @Test
    void largeKeysAndValuesAreRefusedByNameOfTheLimitAndTheConnectionGoesOn() throws Exception {
        try (RespClient client = server.connect()) {
            for (int size : new int[] {513, 1_000, 65_536, 65_537, 1 << 20}) {
                String key = "k".repeat(size);
                String expected = "-ERR key is " + size + " bytes; keys are 1 to 512 bytes\r\n";
                assertEquals(expected, client.call("GET", key));
                assertEquals(expected, client.call("SET", key, "v"));
                assertEquals(expected, client.call("DEL", "a", key));
            }
            for (int size : new int[] {65_537, 1 << 20, 20 << 20}) {
                String expected = "-ERR value is " + size + " bytes; the limit is 65536 bytes\r\n";
                assertEquals(expected, client.call("SET", "k", "v".repeat(size)));
                assertEquals(expected, client.call("MSET", "k", "1", "l", "v".repeat(size)));
            }
            assertEquals("*2\r\n$-1\r\n$-1\r\n", client.call("MGET", "k", "l"));
            assertEquals("+PONG\r\n", client.call("PING"));
        }
    }

    @Test
    void commandsOfManyArguments() throws Exception {
        try (RespClient client = server.connect()) {
            for (int count : new int[] {12, 13, 64, 65, 500, 1_000}) {
                List<String> mset = new ArrayList<>(List.of("MSET"));
                List<String> keys = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    keys.add("many:" + i);
                    mset.addAll(List.of("many:" + i, Integer.toString(i)));
                }
                assertEquals("+OK\r\n", client.send(RespClient.encode(mset)).reply());
                assertEquals(":" + count + "\r\n", client.send(RespClient.encode(with("EXISTS", keys))).reply());
                assertTrue(client.send(RespClient.encode(with("MGET", keys))).reply().startsWith("*" + count + "\r\n$1\r\n0\r\n"));
                assertEquals(":" + count + "\r\n", client.send(RespClient.encode(with("DEL", keys))).reply());
                assertEquals("-ERR wrong number of arguments for 'get' command\r\n", client.send(RespClient.encode(with("GET", keys))).reply());
            }
            assertEquals("+PONG\r\n", client.call("PING"));
        }
    }

    @Test
    void connectionsAboveTheLimitAreToldSo() throws Exception {
        try (TestServer small = TestServer.start("maxclients", "3"); RespClient one = small.connect(); RespClient two = small.connect();
                RespClient three = small.connect()) {
            for (RespClient client : List.of(one, two, three)) {
                assertEquals("+PONG\r\n", client.call("PING"));
            }
            for (int i = 0; i < 20; i++) {
                try (RespClient refused = small.connect()) {
                    assertEquals("-ERR max number of clients reached\r\n", refused.untilEnd());
                }
            }
            assertEquals("20", one.info("rejected_connections"));
            two.socket().close();
            awaitClients(small, 2);
            try (RespClient again = small.connect()) {
                assertEquals("+PONG\r\n", again.call("PING"));
            }
        }
    }

    @Test
    void connectionsThatAreResetLeaveNothingBehind() throws Exception {
        try (RespClient watcher = server.connect()) {
            String command = RespClient.encode("SET", "reset", "v".repeat(1_000));
            for (int i = 0; i < 1_000; i++) {
                RespClient client = server.connect();
                client.socket().setSoLinger(true, 0);
                client.send(i % 3 == 0 ? "" : i % 3 == 1 ? command.repeat(5) : command.substring(0, 500));
                client.close();
            }
            // some are still to be accepted: one more that is served shows that the queue before it is empty
            try (RespClient last = server.connect()) {
                assertEquals("+PONG\r\n", last.call("PING"));
            }
            awaitClients(server, 1);
            assertEquals("1", watcher.info("connected_clients"));
            assertEquals("+PONG\r\n", watcher.call("PING"));
        }
    }

    private static List<String> with(String name, List<String> keys) {
        List<String> command = new ArrayList<>(List.of(name));
        command.addAll(keys);
        return command;
    }

    static void awaitClients(TestServer server, int count) throws InterruptedException {
        for (int i = 0; i < 1_000 && server.server().connectedClients() != count; i++) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertEquals(count, server.server().connectedClients(), "connected clients");
    }

    /** What comes back until the mark's echo, the end of the connection, or nothing more comes; the input may be an unfinished command. */
    private static String conversation(int port, String input) throws IOException {
        StringBuilder replies = new StringBuilder();
        try (RespClient client = new RespClient(port)) {
            client.socket().setSoTimeout(QUIET_MS);
            CompletableFuture.runAsync(() -> {
                try {
                    client.send(input);
                } catch (IOException closed) {
                    // the server has heard enough
                }
            }).join();
            byte[] piece = new byte[65_536];
            while (!replies.toString().endsWith(MARKED)) {
                int count = client.socket().getInputStream().read(piece);
                if (count < 0) {
                    return replies + "<closed>";
                }
                replies.append(new String(piece, 0, count, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
        } catch (SocketTimeoutException quiet) {
            return replies + "<waits for more>";
        } catch (java.net.SocketException reset) {
            return replies + "<closed>";
        }
        return replies.toString();
    }

    /** Redis names itself and the connection's number in HELLO. */
    private static String normalised(String reply) {
        return reply.replaceAll("\\$2\r\nid\r\n:[0-9]+", "id").replaceAll("\\$7\r\nversion\r\n\\$[0-9]+\r\n[0-9.]+", "version");
    }
}
