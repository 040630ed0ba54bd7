package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.ControlPage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both network doors at once, on few keys, with more threads than cores: they are doors to one store (I4, I11). */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OnHostDoorsIT {
    private static final int THREADS = 8;
    private static final int KEYS = 3;

    /** A client that chooses its door: a cold command in the same message keeps the message off the on-host door. */
    private static final class DoorClient implements AutoCloseable {
        private final RespClient client;
        private final boolean onHost;

        DoorClient(TestServer server, boolean onHost) throws IOException {
            this.client = server.connect();
            this.onHost = onHost;
            client.call("PING");
        }

        String call(String... command) throws IOException {
            if (onHost) {
                return client.call(command);
            }
            client.send(RespClient.encode(command) + RespClient.encode("CLIENT", "GETNAME"));
            String reply = client.reply();
            client.reply();
            return reply;
        }

        long number(String... command) throws IOException {
            return Long.parseLong(call(command).substring(1).strip());
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    private static void inParallel(List<Callable<Void>> tasks) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(tasks.size())) {
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        }
    }

    private static void assertBothDoorsWereUsed(TestServer server) {
        assertTrue(server.onHostCommands() > 1_000, "on-host: " + server.onHostCommands());
        assertTrue(server.server().store().counters().commands() > 1_000, "server door: " + server.server().store().counters().commands());
    }

    /** Every number once; and a reply is larger than whatever anybody had been told before the command was sent. */
    @Test
    void incrementsThroughBothDoorsAreExactAndInRealTimeOrder() throws Exception {
        int perThread = 4_000;
        try (TestServer server = TestServer.start("durability", "everysec")) {
            AtomicLongArray told = new AtomicLongArray(KEYS);
            AtomicLongArray sum = new AtomicLongArray(KEYS);
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                boolean onHost = t % 2 == 0;
                tasks.add(() -> {
                    try (DoorClient client = new DoorClient(server, onHost)) {
                        for (int i = 0; i < perThread; i++) {
                            int key = i % KEYS;
                            long before = told.get(key);
                            long reply = client.number("INCR", "n" + key);
                            assertTrue(reply > before, "INCR gave " + reply + " after somebody had been told " + before);
                            told.accumulateAndGet(key, reply, Math::max);
                            sum.addAndGet(key, reply);
                        }
                    }
                    return null;
                });
            }
            inParallel(tasks);
            long increments = 0;
            for (int key = 0; key < KEYS; key++) {
                long n = told.get(key);
                increments += n;
                assertEquals(n * (n + 1) / 2, sum.get(key), "every number from 1 to " + n + " once");
            }
            assertEquals((long) THREADS * perThread, increments);
            assertBothDoorsWereUsed(server);
        }
    }

    /** One writer, who changes doors; readers at both never see less than what was acknowledged before they asked, nor go back. */
    @ParameterizedTest
    @ValueSource(strings = {"everysec", "always"})
    void readsNeverGoBackWhicheverDoorWrote(String durability) throws Exception {
        int writes = durability.equals("always") ? 3_000 : 20_000;
        try (TestServer server = TestServer.start("durability", durability)) {
            AtomicLong acknowledged = new AtomicLong();
            AtomicBoolean done = new AtomicBoolean();
            List<Callable<Void>> tasks = new ArrayList<>();
            tasks.add(() -> {
                try (DoorClient here = new DoorClient(server, true); DoorClient there = new DoorClient(server, false)) {
                    for (long i = 1; i <= writes; i++) {
                        DoorClient door = i % 3 == 0 ? there : here;
                        if (i % 50 == 0) {
                            // absence counts as a state too: the number before
                            assertEquals(":1\r\n", door.call("DEL", "k"));
                        }
                        assertEquals("+OK\r\n", door.call("SET", "k", Long.toString(i), "PX", "1000000"));
                        acknowledged.set(i);
                    }
                } finally {
                    done.set(true);
                }
                return null;
            });
            for (int t = 0; t < THREADS; t++) {
                boolean onHost = t % 2 == 0;
                tasks.add(() -> {
                    try (DoorClient client = new DoorClient(server, onHost)) {
                        long last = 0;
                        while (!done.get()) {
                            long least = Math.max(last, acknowledged.get());
                            String reply = client.call("GET", "k");
                            if (reply.equals("$-1\r\n")) {
                                // between a DEL and the SET behind it, or before the first
                                long deleted = (least / 50 + 1) * 50;
                                assertTrue(least == 0 || deleted <= acknowledged.get() + 1, "absent after " + least);
                            } else {
                                long seen = Long.parseLong(reply.split("\r\n")[1]);
                                assertTrue(seen >= least, "read " + seen + " after " + least);
                                last = seen;
                            }
                        }
                    }
                    return null;
                });
            }
            inParallel(tasks);
            assertBothDoorsWereUsed(server);
        }
    }

    /** Appends by all through both doors: each token once, and each length was told to the one who made it. */
    @Test
    void appendsThroughBothDoorsAreNeitherLostNorTorn() throws Exception {
        int perThread = 700;
        try (TestServer server = TestServer.start("durability", "everysec")) {
            List<Callable<Void>> tasks = new ArrayList<>();
            Map<Long, String> tokenByEnd = new ConcurrentHashMap<>();
            for (int t = 0; t < THREADS; t++) {
                int thread = t;
                tasks.add(() -> {
                    try (DoorClient client = new DoorClient(server, thread % 2 == 0)) {
                        for (int i = 0; i < perThread; i++) {
                            String token = "<%d:%05d>".formatted(thread, i);
                            assertNull(tokenByEnd.put(client.number("APPEND", "log", token), token), "two appends ended at one place");
                        }
                    }
                    return null;
                });
            }
            inParallel(tasks);
            try (RespClient client = server.connect()) {
                String log = client.call("GET", "log");
                log = log.substring(log.indexOf('\n') + 1, log.length() - 2);
                for (Map.Entry<Long, String> appended : tokenByEnd.entrySet()) {
                    int end = Math.toIntExact(appended.getKey());
                    assertEquals(appended.getValue(), log.substring(end - appended.getValue().length(), end));
                }
                assertEquals(tokenByEnd.values().stream().mapToInt(String::length).sum(), log.length());
            }
        }
    }

    @Test
    void expiryIsOneClockForBothDoors() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec"); DoorClient here = new DoorClient(server, true);
                DoorClient there = new DoorClient(server, false)) {
            ControlPage control = server.server().store().control();
            long now = System.currentTimeMillis();
            for (int i = 0; i < 50; i++) {
                control.clockFixedMillis(now + i * 1_000L);
                DoorClient writer = i % 2 == 0 ? here : there;
                assertEquals("+OK\r\n", writer.call("SET", "k", "v", "PX", "500"));
                control.clockFixedMillis(now + i * 1_000L + 500);
                assertEquals("$1\r\nv\r\n", here.call("GET", "k"));
                assertEquals("$1\r\nv\r\n", there.call("GET", "k"));
                control.clockFixedMillis(now + i * 1_000L + 501);
                assertEquals("$-1\r\n", here.call("GET", "k"));
                assertEquals("$-1\r\n", there.call("GET", "k"));
                assertEquals(-2, (i % 2 == 0 ? there : here).number("PTTL", "k"));
            }
        }
    }

    /** What the on-host door acknowledged in {@code everysec} is in the tables that a killed server leaves, and in the log that a stop seals. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatWasServedHereSurvivesTheServer(boolean warm) throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec")) {
            try (DoorClient here = new DoorClient(server, true)) {
                for (int i = 0; i < 2_000; i++) {
                    assertEquals("+OK\r\n", here.call("SET", "k" + i % 500, "v" + i));
                }
                assertEquals(":1\r\n", here.call("DEL", "k7"));
            }
            assertTrue(server.onHostCommands() > 1_000, "served here: " + server.onHostCommands());
            if (warm) {
                server.stopKeepingPins();
            } else {
                server.stop();
            }
            server.restart();
            assertEquals(warm ? "warm" : "cold", server.server().report().mode());
            try (RespClient client = server.connect()) {
                for (int i = 0; i < 500; i++) {
                    String value = "v" + (1_500 + i);
                    assertEquals(i == 7 ? "$-1\r\n" : "$" + value.length() + "\r\n" + value + "\r\n", client.call("GET", "k" + i));
                }
            }
        }
    }
}
