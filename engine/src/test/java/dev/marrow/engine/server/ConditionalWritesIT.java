package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes that depend on a key's value or version, where the model's one client at a time shows nothing: races, restarts, and transactions. */
class ConditionalWritesIT {
    private static final int CLIENTS = 6;
    /** Beside them, INCR in the kernel: through the on-host door, when it is on. */
    private static final int INCR_CLIENTS = 2;
    private static final int INCREMENTS_EACH = 100;
    private static final int ATTEMPTS_MAX = 100_000;

    private interface Attempt {
        /** Reads the counter and writes the next number if it still is what was read: whether it was. */
        boolean increment(RespClient client) throws IOException;
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void noIncrementIsLostThroughSetIfEqual(String onHost) throws Exception {
        assertNoneLost(onHost, client -> {
            String value = bulks(client.call("GET", "counter")).get(0);
            return client.call("SET", "counter", Long.toString(Long.parseLong(value) + 1), "IFEQ", value).equals("+OK\r\n");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void noIncrementIsLostThroughVersions(String onHost) throws Exception {
        assertNoneLost(onHost, client -> {
            String reply = client.call("GETV", "counter");
            String next = Long.toString(Long.parseLong(bulks(reply).get(0)) + 1);
            return client.call("SETV", "counter", Long.toString(version(reply)), next).equals("+OK\r\n");
        });
    }

    /** Who does not hold it tries as well. */
    @ParameterizedTest
    @ValueSource(strings = {"DELIFEQ", "DELEX"})
    void onlyWhoHoldsALockReleasesIt(String command) throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec")) {
            AtomicInteger holders = new AtomicInteger();
            AtomicInteger rounds = new AtomicInteger();
            all(CLIENTS, number -> {
                try (RespClient client = server.connect()) {
                    String token = "token " + number;
                    List<String> release = new ArrayList<>(List.of(command, "lock", token));
                    if (command.equals("DELEX")) {
                        release.add(2, "IFEQ");
                    }
                    for (int done = 0, attempt = 0; done < INCREMENTS_EACH && attempt < ATTEMPTS_MAX; attempt++) {
                        boolean mine = client.call("SET", "lock", token, "NX").equals("+OK\r\n");
                        if (mine) {
                            assertEquals(1, holders.incrementAndGet(), "clients that hold the lock");
                            rounds.incrementAndGet();
                            holders.decrementAndGet();
                            done++;
                        }
                        assertEquals(mine ? ":1\r\n" : ":0\r\n", client.call(release.toArray(String[]::new)));
                    }
                }
                return null;
            });
            assertEquals(CLIENTS * INCREMENTS_EACH, rounds.get());
        }
    }

    @Test
    void aVersionIsTheKeysAcrossWarmAndColdStarts() throws Exception {
        try (TestServer server = TestServer.start("durability", "always")) {
            String before;
            try (RespClient client = server.connect()) {
                client.call("SET", "k", "value");
                before = client.call("GETV", "k");
            }
            server.stopKeepingPins();
            server.restart();
            assertEquals("warm", server.server().report().mode());
            try (RespClient client = server.connect()) {
                assertEquals(before, client.call("GETV", "k"));
            }
            server.stop();
            server.restart();
            assertEquals("cold", server.server().report().mode());
            try (RespClient client = server.connect()) {
                assertEquals(before, client.call("GETV", "k"));
                assertEquals("+OK\r\n", client.call("SETV", "k", Long.toString(version(before)), "other"));
                assertTrue(version(client.call("GETV", "k")) > version(before));
            }
        }
    }

    @Test
    void everyChangeEndsAVersion() throws Exception {
        List<List<String>> changes = List.of(List.of("SET", "k", "value"), List.of("APPEND", "k", ""), List.of("PEXPIRE", "k", "1000000"),
                List.of("SETBIT", "k", "1", "0"), List.of("SETRANGE", "k", "0", "v"), List.of("GETEX", "k", "EX", "1000"),
                List.of("FLUSHALL"), List.of("DEL", "k"));
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            long last = 0;
            for (List<String> change : changes) {
                client.call("SET", "k", "value");
                long version = version(client.call("GETV", "k"));
                assertTrue(version > last, "versions rise: " + version + " after " + last);
                client.call(change.toArray(String[]::new));
                assertEquals("$-1\r\n", client.call("SETV", "k", Long.toString(version), "lost"), "after " + change);
                last = version;
            }
            client.call("DEL", "k");
            assertEquals("$-1\r\n", client.call("SETV", "k", Long.toString(last), "lost"), "a version of a deleted key");
            assertEquals("+OK\r\n", client.call("SETV", "k", "0", "new"));
            assertEquals("$-1\r\n", client.call("SETV", "k", "0", "lost"), "0 when the key exists");
            assertTrue(version(client.call("GETV", "k")) > last);
        }
    }

    @Test
    void keepsOrDropsTheDeadlineAsSetDoes() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            client.call("SET", "k", "1", "EX", "1000");
            client.call("SET", "k", "2", "IFEQ", "1", "KEEPTTL");
            assertTrue(client.call("TTL", "k").matches(":(9[0-9]{2}|1000)\r\n"));
            client.call("SETV", "k", Long.toString(version(client.call("GETV", "k"))), "3", "KEEPTTL");
            assertTrue(client.call("TTL", "k").matches(":(9[0-9]{2}|1000)\r\n"));
            client.call("SET", "k", "4", "IFEQ", "3");
            assertEquals(":-1\r\n", client.call("TTL", "k"));
            client.call("SET", "k", "5", "IFEQ", "4", "EX", "2000");
            client.call("SETV", "k", Long.toString(version(client.call("GETV", "k"))), "6");
            assertEquals(":-1\r\n", client.call("TTL", "k"));
            assertEquals("-ERR invalid expire time in 'set' command\r\n", client.call("SET", "k", "7", "IFEQ", "6", "EX", "0"));
            assertEquals("$1\r\n6\r\n", client.call("GET", "k"));
        }
    }

    /** Between MULTI and EXEC each sees what those before it did. */
    @Test
    void worksInsideMultiAsRedisDoes() throws Exception {
        List<List<String>> commands = List.of(
                List.of("SET", "f", "3.0e3"), List.of("INCRBYFLOAT", "f", "1.1"), List.of("INCRBYFLOAT", "f", "x"), List.of("GETRANGE", "f", "0",
                "-3"),
                List.of("INCRBYFLOAT", "big", "0x1p5000"), List.of("INCRBYFLOAT", "f", "0x1.ffffffffffffffff8p16383"),
                List.of("SET", "late", "v", "PXAT", Long.toString(Long.MAX_VALUE)), List.of("EXPIRETIME", "late"),
                List.of("SUBSTR", "f", "1", "2"), List.of("SETRANGE", "s", "3", "abc"), List.of("SETRANGE", "s", "-1", "abc"), List.of("EXPIRE",
                "s", "1000"),
                List.of("SETBIT", "s", "1", "1"), List.of("GETBIT", "s", "1"), List.of("TTL", "s"), List.of("GETEX", "s", "PERSIST"),
                List.of("TTL", "s"),
                List.of("BITCOUNT", "s", "0", "-1", "BIT"), List.of("BITPOS", "s", "0", "1"), List.of("BITOP", "NOT", "n", "s"), List.of("BITOP",
                "OR", "n", "n", "s", "none"),
                List.of("BITFIELD", "n", "SET", "u8", "0", "300", "INCRBY", "i4", "4", "7", "GET", "u16", "0"), List.of("BITFIELD_RO", "n", "GET",
                "i8", "#1"),
                List.of("MSETNX", "f", "1", "new", "2"), List.of("MSETNX", "new", "1", "newer", "2"), List.of("TOUCH", "f", "s", "none"),
                List.of("UNLINK", "f", "new"),
                List.of("GET", "n"), List.of("EXISTS", "f", "s", "n", "new", "newer"));
        assertTrue(RedisProcess.installed(), "redis-server is missing; ./marrow test installs it");
        try (TestServer server = TestServer.start("durability", "always"); RespClient marrow = server.connect();
                RedisProcess redis = new RedisProcess(); RespClient other = redis.connect()) {
            assertEquals(transaction(other, commands), transaction(marrow, commands));
            assertEquals("*10\r\n+OK\r\n$-1\r\n+OK\r\n$2\r\nv2\r\n*2\r\n$2\r\nv3\r\n$-1\r\n:0\r\n:1\r\n+OK\r\n:1\r\n:0\r\n",
                    transaction(marrow, List.of(
                    List.of("SET", "c", "v1"), List.of("SET", "c", "v2", "IFEQ", "v0"), List.of("SET", "c", "v2", "IFNE", "v0"), List.of("SET",
                    "c", "v3", "IFEQ", "v2", "GET"),
                    List.of("GETV", "c"), List.of("DELEX", "c", "IFNE", "v3"), List.of("DELIFEQ", "c", "v3"), List.of("SETV", "c", "0", "v4"),
                    List.of("DELEX", "c"),
                    List.of("EXISTS", "c"))));
        }
    }

    private static String transaction(RespClient client, List<List<String>> commands) throws IOException {
        client.call("MULTI");
        for (List<String> command : commands) {
            assertEquals("+QUEUED\r\n", client.call(command.toArray(String[]::new)), command.toString());
        }
        return client.call("EXEC");
    }

    private static void assertNoneLost(String onHost, Attempt attempt) throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "on-host", onHost)) {
            try (RespClient client = server.connect()) {
                client.call("SET", "counter", "0");
            }
            all(CLIENTS + INCR_CLIENTS, number -> {
                try (RespClient client = server.connect()) {
                    int done = 0;
                    for (int i = 0; i < ATTEMPTS_MAX && done < INCREMENTS_EACH; i++) {
                        boolean added = number < INCR_CLIENTS ? client.call("INCR", "counter").startsWith(":") : attempt.increment(client);
                        done += added ? 1 : 0;
                    }
                    assertEquals(INCREMENTS_EACH, done);
                }
                return null;
            });
            try (RespClient client = server.connect()) {
                assertEquals(Integer.toString((CLIENTS + INCR_CLIENTS) * INCREMENTS_EACH), bulks(client.call("GET", "counter")).get(0));
            }
            assertTrue(onHost.equals("off") || server.onHostCommands() > 0, "commands served through the on-host door");
        }
    }

    private interface Numbered {
        Void run(int number) throws Exception;
    }

    private static void all(int count, Numbered task) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                tasks.add(() -> task.run(number));
            }
            for (Future<Void> future : threads.invokeAll(tasks)) {
                future.get();
            }
        }
    }

    private static List<String> bulks(String reply) {
        List<String> lines = List.of(reply.split("\r\n"));
        List<String> bulks = new ArrayList<>();
        for (int i = 0; i + 1 < lines.size(); i++) {
            if (lines.get(i).startsWith("$")) {
                bulks.add(lines.get(i + 1));
            }
        }
        return bulks;
    }

    /** The version in GETV's reply. */
    private static long version(String reply) {
        String[] lines = reply.split("\r\n");
        return Long.parseLong(lines[lines.length - 1].substring(1));
    }
}
