package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What SCAN, KEYS and RANDOMKEY promise while others write: every key that is there throughout is given, none that never was, none that was gone
 * before. The table is full, so that homes have chains.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScanIT {
    /** For fewer keys than there are: most homes have overflow buckets. */
    private static final String CAPACITY = "256";
    private static final int STABLE = 300;
    /** Overwritten all the time, and there throughout as well. */
    private static final int HOT = 100;
    private static final int COMING = 300;
    private static final int WRITERS = 3;
    private static final int SCANNERS = 2;
    private static final int SCANS = 150;
    private static final int FLUSH_ROUNDS = 40;
    private static final int MANY = 300;
    private static final int SETTLE_MILLIS = 200;

    /** @param cursor to go on with */
    private record Step(String cursor, List<String> keys) {}

    private static Step scan(RespClient client, String cursor, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of("SCAN", cursor));
        command.addAll(List.of(options));
        String reply = client.call(command.toArray(String[]::new));
        assertTrue(reply.startsWith("*2\r\n$"), reply);
        String[] parts = reply.split("\r\n", 4);
        return new Step(parts[2], words(parts[3]));
    }

    /** Elements of an array of bulk strings without line ends. */
    private static List<String> words(String array) {
        String[] lines = array.split("\r\n");
        List<String> words = new ArrayList<>();
        for (int i = 2; i < lines.length; i += 2) {
            words.add(lines[i]);
        }
        return words;
    }

    private static Set<String> fullScan(RespClient client, String... options) throws IOException {
        Set<String> found = new HashSet<>();
        String cursor = "0";
        do {
            Step step = scan(client, cursor, options);
            found.addAll(step.keys());
            cursor = step.cursor();
        } while (!cursor.equals("0"));
        return found;
    }

    private static void all(ExecutorService threads, Collection<? extends Callable<?>> tasks, AtomicBoolean running, Callable<?> main)
            throws Exception {
        List<Future<?>> futures = new ArrayList<>();
        tasks.forEach(task -> futures.add(threads.submit(task)));
        try {
            main.call();
        } finally {
            running.set(false);
            for (Future<?> future : futures) {
                future.get();
            }
        }
    }

    // ---- while others write ----

    @Test
    void aFullScanGivesWhatIsThereThroughoutAndNothingThatWasGone() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "capacity", CAPACITY, "event-loops", "2");
                ExecutorService threads = Executors.newFixedThreadPool(WRITERS + SCANNERS)) {
            try (RespClient client = server.connect()) {
                for (int i = 0; i < STABLE; i++) {
                    client.call("SET", "stable" + i, "v".repeat(i % 50 == 0 ? 20_000 : 10));
                }
                for (int i = 0; i < HOT; i++) {
                    client.call("SET", "hot" + i, "0");
                }
            }
            AtomicBoolean running = new AtomicBoolean(true);
            // a key of this kind exists once, its writer removes it and says so
            Map<String, Boolean> gone = new ConcurrentHashMap<>();
            List<Callable<?>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                int number = i;
                writers.add(() -> writeAround(server, number, running, gone));
            }
            List<Future<?>> scanners = new ArrayList<>();
            all(threads, writers, running, () -> {
                for (int i = 0; i < SCANNERS; i++) {
                    int number = i;
                    scanners.add(threads.submit(() -> scanAndCheck(server, number, gone)));
                }
                for (Future<?> scanner : scanners) {
                    scanner.get();
                }
                return null;
            });
        }
    }

    private static Object writeAround(TestServer server, int writer, AtomicBoolean running, Map<String, Boolean> gone) throws IOException {
        Random random = new Random(writer);
        int once = 0;
        try (RespClient client = server.connect()) {
            while (running.get()) {
                String comes = "comes" + writer + "-" + random.nextInt(COMING / WRITERS);
                switch (random.nextInt(7)) {
                    case 0 -> client.call("SET", comes, "v".repeat(random.nextInt(300)));
                    case 1 -> client.call("DEL", comes);
                    case 2 -> client.call("SET", comes, "v", "PX", Integer.toString(1 + random.nextInt(20)));
                    case 3 -> client.call("RENAME", comes, "comes" + writer + "-" + random.nextInt(COMING / WRITERS));
                    case 4 -> {
                        String key = "once" + writer + "-" + once++;
                        client.call("SET", key, "x");
                        client.call(random.nextBoolean() ? "DEL" : "GETDEL", key);
                        gone.put(key, true);
                    }
                    default -> client.call("INCR", "hot" + random.nextInt(HOT));
                }
            }
        }
        return null;
    }

    private static Object scanAndCheck(TestServer server, int scanner, Map<String, Boolean> gone) throws IOException {
        try (RespClient client = server.connect()) {
            for (int n = 0; n < SCANS; n++) {
                Set<String> before = new HashSet<>(gone.keySet());
                boolean keys = n % 5 == 4;
                Set<String> found = new HashSet<>();
                if (keys) {
                    List<String> given = words(client.call("KEYS", "*"));
                    found.addAll(given);
                    assertEquals(given.size(), found.size(), "KEYS names a key twice");
                } else {
                    found.addAll(fullScan(client, "COUNT", Integer.toString(1 + (n * 7 + scanner) % 90)));
                }
                for (int i = 0; i < STABLE; i++) {
                    assertTrue(found.contains("stable" + i), "not given: stable" + i + " in round " + n);
                }
                for (int i = 0; i < HOT; i++) {
                    assertTrue(found.contains("hot" + i), "not given: hot" + i + " in round " + n);
                }
                for (String key : found) {
                    assertTrue(key.matches("(stable|hot)[0-9]+|(comes|once)[0-9]-[0-9]+"), "never was: " + key);
                    assertFalse(before.contains(key), "gone before the scan began: " + key);
                }
            }
        }
        return null;
    }

    /** A scan that a FLUSHALL meets goes on and ends; one that begins behind it finds what was set behind it, and nothing else. */
    @Test
    void scansGoOnOverFlushall() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "capacity", CAPACITY, "event-loops", "2");
                ExecutorService threads = Executors.newFixedThreadPool(SCANNERS);
                RespClient client = server.connect()) {
            AtomicBoolean running = new AtomicBoolean(true);
            List<Callable<?>> scanners = new ArrayList<>();
            for (int i = 0; i < SCANNERS; i++) {
                scanners.add(() -> {
                    try (RespClient scanner = server.connect()) {
                        while (running.get()) {
                            for (String key : fullScan(scanner, "COUNT", "20")) {
                                assertTrue(key.matches("round[0-9]+-[0-9]+"), "never was: " + key);
                            }
                        }
                    }
                    return null;
                });
            }
            all(threads, scanners, running, () -> {
                for (int round = 0; round < FLUSH_ROUNDS; round++) {
                    client.call("FLUSHALL");
                    assertEquals(Set.of(), fullScan(client), "behind FLUSHALL");
                    assertEquals("$-1\r\n", client.call("RANDOMKEY"));
                    Set<String> expected = new HashSet<>();
                    for (int i = 0; i < MANY; i++) {
                        client.call("SET", "round" + round + "-" + i, "v");
                        expected.add("round" + round + "-" + i);
                    }
                    assertEquals(expected, fullScan(client));
                }
                return null;
            });
        }
    }

    // ---- cursors, options ----

    @Test
    void anyCursorIsHarmless() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "capacity", CAPACITY); RespClient client = server.connect()) {
            for (int i = 0; i < MANY; i++) {
                client.call("SET", "k" + i, "v");
            }
            for (String cursor : List.of("1", "85", "86", "999999", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
                    "18446744073709551615", "-1", "-5", "+3", "000", "")) {
                Step step = scan(client, cursor, "COUNT", "7");
                for (String key : step.keys()) {
                    assertTrue(key.matches("k[0-9]+"), key);
                }
            }
            for (String cursor : List.of("x", "1x", " 1", "1 ", "-", "+", "18446744073709551616", "1.5", "0x10", "99999999999999999999999999")) {
                assertEquals("-ERR invalid cursor\r\n", client.call("SCAN", cursor), cursor);
            }
            assertEquals(MANY, fullScan(client, "COUNT", "9223372036854775807").size());
            assertEquals(":" + MANY + "\r\n", client.call("DBSIZE"));
        }
    }

    @Test
    void oneCallIsBoundedWhateverItsCount() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "capacity", "60000"); RespClient client = server.connect()) {
            int keys = 50_000;
            for (int i = 0; i < keys; i += 1000) {
                StringBuilder commands = new StringBuilder();
                for (int j = i; j < i + 1000; j++) {
                    commands.append(RespClient.encode("SET", "k" + j, "v"));
                }
                client.send(commands.toString()).replies(1000);
            }
            int most = scan(client, "0", "COUNT", "1000000000").keys().size();
            assertTrue(most >= 16_384 && most < 17_000, most + " keys in one reply");
            assertEquals(keys, fullScan(client, "COUNT", "1000000000").size());
            int few = scan(client, "0", "COUNT", "10").keys().size();
            assertTrue(few >= 10 && few < 60, few + " keys for COUNT 10");
            // a pattern that costs ends a call before its COUNT
            client.call("SET", "a".repeat(500), "v");
            assertEquals(Set.of("a".repeat(500)), fullScan(client, "COUNT", "1000000000", "MATCH", "*" + "a".repeat(200) + "*"));
        }
    }

    @Test
    void expiredKeysAreNeverGiven() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "capacity", CAPACITY); RespClient client = server.connect()) {
            for (int i = 0; i < MANY; i++) {
                client.call("SET", "dies" + i, "v", "PXAT", "1");
                client.call("SET", "lives" + i, "v", "EX", "1000");
            }
            assertEquals(MANY, fullScan(client).size());
            assertEquals(Set.of(), fullScan(client, "MATCH", "dies*"));
            assertEquals("*0\r\n", client.call("KEYS", "dies*"));
            for (int i = 0; i < MANY; i++) {
                assertTrue(client.call("RANDOMKEY").contains("lives"));
            }
        }
    }

    @Test
    void everyKeyIsARandomKeyOnceInAWhile() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            Map<String, Integer> times = new HashMap<>();
            int keys = 100;
            int draws = 200 * keys;
            for (int i = 0; i < keys; i++) {
                client.call("SET", "k" + i, "v");
            }
            String command = RespClient.encode("RANDOMKEY").repeat(keys);
            for (int i = 0; i < draws / keys; i++) {
                client.send(command).replies(keys).forEach(reply -> times.merge(reply, 1, Integer::sum));
            }
            assertEquals(keys, times.size());
            times.forEach((key, count) -> assertTrue(count > 200 / 8 && count < 200 * 8, key + " came " + count + " times of " + draws));
        }
    }

    // ---- durability (I3) ----

    /** What a power cut could still take back is not told, and neither is that something is gone. */
    @Test
    void whatIsNotOnTheDiskYetIsNotShown() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.on(storage, "durability", "always"); storage; RespClient writer = server.connect()) {
            writer.call("SET", "there", "v");
            List<List<String>> looks = List.of(
                    List.of("SCAN", "0", "COUNT", "100000"), List.of("KEYS", "*"), List.of("KEYS", "there"), List.of("RANDOMKEY"),
                    List.of("TYPE", "new"), List.of("TYPE", "there"), List.of("EXPIRETIME", "there"), List.of("OBJECT", "ENCODING", "there"));
            List<String> after = List.of("*2\r\n$1\r\n0\r\n*1\r\n$3\r\nnew\r\n", "*1\r\n$3\r\nnew\r\n", "*0\r\n", "$3\r\nnew\r\n",
                    "+string\r\n", "+none\r\n", ":-2\r\n", "$-1\r\n");
            List<RespClient> readers = new ArrayList<>();
            for (int i = 0; i < looks.size(); i++) {
                readers.add(server.connect());
                readers.get(i).call("PING");
            }
            storage.freeze();
            long ring = server.ringPosition();
            writer.send(RespClient.encode("RENAME", "there", "new"));
            server.awaitExecuted(ring);
            for (int i = 0; i < looks.size(); i++) {
                readers.get(i).send(RespClient.encode(looks.get(i)));
            }
            for (int i = 0; i < looks.size(); i++) {
                RespClient reader = readers.get(i);
                reader.socket().setSoTimeout(SETTLE_MILLIS);
                assertThrows(SocketTimeoutException.class, reader::reply, "answered before it is durable: " + looks.get(i));
                reader.socket().setSoTimeout(RespClient.REPLY_WAIT_MS);
            }
            storage.thaw();
            assertEquals("+OK\r\n", writer.reply());
            for (int i = 0; i < looks.size(); i++) {
                assertEquals(after.get(i), readers.get(i).reply(), looks.get(i).toString());
                readers.get(i).close();
            }
        }
    }
}
