package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.ControlPage;
import dev.marrow.bpf.RedoRing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions as clients see them: Redis's replies, nothing in between, over both doors. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MultiIT {
    private static final int ACCOUNTS = 5;
    private static final int TRANSFERS = 3_000;

    /** A line is a command: "1" or "2" says on which connection. */
    private static final List<String> SCENARIOS = List.of(
            "1 MULTI|1 EXEC",
            "1 EXEC|1 DISCARD|1 MULTI|1 MULTI|1 DISCARD|1 EXEC",
            "1 MULTI|1 PING|1 ECHO a|1 EXEC",
            "1 MULTI|1 SET k v|2 GET k|1 GET k|1 EXEC|2 GET k",
            "1 MULTI|1 SET k 1|1 INCR k|1 APPEND k 0|1 GET k|1 DEL k|1 EXISTS k|1 EXEC|1 GET k",
            "1 MULTI|1 SET k abc|1 INCR k|1 SET l 1|1 EXEC|1 MGET k l",
            "1 MULTI|1 SET k|1 SET l 1|1 EXEC|1 EXISTS k l",
            "1 MULTI|1 NOSUCH a|1 SET l 1|1 EXEC|1 EXISTS l",
            "1 MULTI|1 MSET a 1 b 2|1 MGET a b c|1 DEL a c|1 MSETNX a 1 b 2|1 EXISTS a b|1 EXEC",
            "1 MULTI|1 MSET a 1 b|1 MSETNX a|1 EXEC",
            "1 MULTI|1 WATCH k|1 EXEC|1 MULTI|1 UNWATCH|1 EXEC",
            "1 MULTI|1 SET k v|1 DISCARD|1 GET k",
            "1 WATCH k|2 SET k v|1 MULTI|1 PING|1 EXEC|1 MULTI|1 PING|1 EXEC",
            "1 SET k v|1 WATCH k|2 SET k v|1 MULTI|1 EXEC",
            "1 SET k v|1 WATCH k|2 DEL k|1 MULTI|1 EXEC",
            "1 SET k v|1 WATCH k|1 SET k w|1 MULTI|1 EXEC",
            "1 SET k v|1 WATCH k|2 GET k|2 EXPIRE absent 1|1 MULTI|1 GET k|1 EXEC",
            "1 SET k v|1 WATCH k|2 EXPIRE k 100|1 MULTI|1 EXEC",
            "1 WATCH k|2 SET k v|2 DEL k|1 MULTI|1 EXEC",
            "1 WATCH k l|2 SET l v|1 UNWATCH|1 MULTI|1 PING|1 EXEC",
            "1 WATCH k|2 SET k v|1 MULTI|1 DISCARD|1 MULTI|1 PING|1 EXEC",
            "1 WATCH k|2 FLUSHALL|1 MULTI|1 PING|1 EXEC",
            "1 SET k v|1 WATCH k|2 FLUSHALL|1 MULTI|1 PING|1 EXEC",
            "1 WATCH k|2 SET k v|2 FLUSHALL|1 MULTI|1 PING|1 EXEC",
            "1 WATCH k|1 MULTI|1 SET k 1|1 INCR k|1 EXEC|1 MULTI|1 GET k|1 EXEC",
            "1 MULTI|1 SELECT 0|1 SET k v|1 DBSIZE|1 EXEC",
            "1 MULTI|1 SET k v EX 100|1 PERSIST k|1 TTL k|1 EXPIRE k 50|1 TTL k|1 EXPIRE k -1|1 TTL k|1 EXEC|1 GET k",
            "1 MULTI|1 SET k v NX GET|1 SET k w GET|1 SETNX k x|1 GETSET k y|1 GETDEL k|1 GETDEL k|1 EXEC",
            "1 HELLO 3|1 MULTI|1 GET k|1 EXEC|1 WATCH k|2 SET k v|1 MULTI|1 EXEC|1 HELLO 2",
            "1 MULTI|1 SET k v|1 RESET|1 GET k|1 EXEC",
            "1 MULTI|1 UNLINK a b|1 TOUCH a b|1 SET a 1|1 TOUCH a a b|1 UNLINK a a|1 EXEC");

    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void answersAsRedisDoes(String onHost) throws Exception {
        try (TestServer marrow = TestServer.start("durability", "everysec", "on-host", onHost); RedisProcess redis = new RedisProcess()) {
            for (String scenario : SCENARIOS) {
                assertEquals(play(redis.connect(), redis.connect(), scenario), play(marrow.connect(), marrow.connect(), scenario), scenario);
            }
        }
    }

    private static List<String> play(RespClient one, RespClient two, String scenario) throws IOException {
        try (one; two) {
            one.call("FLUSHALL");
            List<String> replies = new ArrayList<>();
            for (String line : scenario.split("\\|")) {
                String[] words = line.split(" ");
                String reply = (words[0].equals("1") ? one : two).call(Arrays.copyOfRange(words, 1, words.length));
                // a new connection has a number of its own
                replies.add(line + " -> " + (words[1].equals("HELLO") ? "" : reply));
            }
            return replies;
        }
    }

    @Test
    void expiryBreaksAWatchUnlessItWasOverBefore() throws Exception {
        try (TestServer marrow = TestServer.start("durability", "everysec"); RespClient client = marrow.connect()) {
            ControlPage control = marrow.server().store().control();
            long now = System.currentTimeMillis();
            control.clockFixedMillis(now);
            client.call("SET", "k", "v", "PX", "100");
            client.call("WATCH", "k");
            control.clockFixedMillis(now + 101);
            client.call("MULTI");
            assertEquals("*-1\r\n", client.call("EXEC"));
            client.call("SET", "k", "v", "PX", "100");
            control.clockFixedMillis(now + 202);
            client.call("WATCH", "k");
            client.call("MULTI");
            assertEquals("*0\r\n", client.call("EXEC"), "expired when it was watched");
        }
    }

    /** An absent key is watched by its bucket; what happens to its neighbours must not matter. */
    @Test
    void neighboursOfAWatchedKeyDoNotBreakTheWatch() throws Exception {
        try (TestServer marrow = TestServer.start("durability", "everysec", "capacity", "16"); RespClient client = marrow.connect();
                RespClient other = marrow.connect()) {
            for (int i = 0; i < 10; i++) {
                client.call("WATCH", "absent", "present");
                for (int n = 0; n < 15; n++) {
                    assertEquals("+OK\r\n", other.call("SET", "neighbour:" + n, "v" + i));
                }
                client.call("MULTI");
                client.call("SET", "present", "v");
                assertEquals("*1\r\n+OK\r\n", client.call("EXEC"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"always", "everysec"})
    void nothingIsSeenOrLostInBetween(String durability) throws Exception {
        try (TestServer marrow = TestServer.start("durability", durability); ExecutorService threads = Executors.newCachedThreadPool()) {
            AtomicBoolean moving = new AtomicBoolean(true);
            AtomicLong singles = new AtomicLong();
            int transfers = durability.equals("always") ? TRANSFERS / 10 : TRANSFERS;
            List<Future<?>> movers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                int seed = i;
                movers.add(threads.submit(() -> transfers(marrow, seed, transfers)));
            }
            // single increments of the same keys by the on-host door (in everysec): each is in the sum for good
            Future<?> single = threads.submit(() -> {
                try (RespClient client = marrow.connect()) {
                    for (int i = 0; moving.get(); i++) {
                        assertTrue(client.call("INCR", "account:" + i % ACCOUNTS).startsWith(":"));
                        client.call("INCR", "singles");
                        singles.incrementAndGet();
                    }
                }
                return null;
            });
            Future<Long> sums = threads.submit(() -> {
                long count = 0;
                try (RespClient client = marrow.connect()) {
                    for (; moving.get(); count++) {
                        long[] numbers = numbers(client.call("MGET", "account:0", "account:1", "account:2", "account:3", "account:4", "singles"));
                        long sum = Arrays.stream(numbers).limit(ACCOUNTS).sum();
                        assertTrue(sum == numbers[ACCOUNTS] || sum == numbers[ACCOUNTS] + 1, () -> Arrays.toString(numbers));
                    }
                }
                return count;
            });
            for (Future<?> mover : movers) {
                mover.get();
            }
            moving.set(false);
            single.get();
            assertTrue(sums.get() > 10, "sums=" + sums.get());
            try (RespClient client = marrow.connect()) {
                long[] numbers = numbers(client.call("MGET", "account:0", "account:1", "account:2", "account:3", "account:4", "transfers"));
                assertEquals(singles.get(), Arrays.stream(numbers).limit(ACCOUNTS).sum());
                assertEquals(2L * transfers, numbers[ACCOUNTS]);
            }
            if (durability.equals("everysec")) {
                assertTrue(marrow.onHostCommands() > 0, "the on-host door took no part");
            }
        }
    }

    private static Void transfers(TestServer marrow, int seed, int count) throws IOException {
        Random random = new Random(seed);
        try (RespClient client = marrow.connect()) {
            for (int i = 0; i < count; i++) {
                int from = random.nextInt(ACCOUNTS);
                int to = (from + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
                String amount = Integer.toString(random.nextInt(100));
                client.send(RespClient.encode("MULTI") + RespClient.encode("DECRBY", "account:" + from, amount)
                        + RespClient.encode("INCRBY", "account:" + to, amount) + RespClient.encode("INCR", "transfers") + RespClient.encode("EXEC"));
                assertTrue(client.replies(5).get(4).startsWith("*3\r\n:"));
            }
        }
        return null;
    }

    /** The optimistic increment of Redis's documentation, by several clients: none is lost. */
    @Test
    void watchedIncrementsAreExact() throws Exception {
        int clients = 4;
        int increments = 300;
        try (TestServer marrow = TestServer.start("durability", "everysec"); ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<Integer>> running = new ArrayList<>();
            CyclicBarrier all = new CyclicBarrier(clients);
            for (int c = 0; c < clients; c++) {
                running.add(threads.submit(() -> {
                    int lost = 0;
                    try (RespClient client = marrow.connect()) {
                        all.await();
                        for (int done = 0; done < increments;) {
                            client.call("WATCH", "counter");
                            String value = client.call("GET", "counter");
                            long now = value.startsWith("$-1") ? 0 : Long.parseLong(value.split("\r\n")[1]);
                            client.call("MULTI");
                            client.call("SET", "counter", Long.toString(now + 1));
                            boolean committed = client.call("EXEC").equals("*1\r\n+OK\r\n");
                            done += committed ? 1 : 0;
                            lost += committed ? 0 : 1;
                        }
                    }
                    return lost;
                }));
            }
            int lost = 0;
            for (Future<Integer> one : running) {
                lost += one.get();
            }
            assertTrue(lost > 0, "the clients never met");
            try (RespClient client = marrow.connect()) {
                assertEquals(Integer.toString(clients * increments), client.call("GET", "counter").split("\r\n")[1]);
            }
        }
    }

    /** I9: pipelines of hot commands, transactions and what Java answers, cut anywhere. */
    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void repliesKeepTheirOrderAroundTransactions(String onHost) throws Exception {
        Random random = new Random(3);
        try (TestServer marrow = TestServer.start("durability", "everysec", "on-host", onHost); RespClient client = marrow.connect()) {
            long next = 0;
            for (int round = 0; round < 400; round++) {
                StringBuilder bytes = new StringBuilder();
                List<String> expected = new ArrayList<>();
                for (int i = 0; i < 1 + random.nextInt(8); i++) {
                    if (random.nextInt(3) == 0) {
                        int count = random.nextInt(4);
                        bytes.append(RespClient.encode("MULTI"));
                        expected.add("+OK\r\n");
                        StringBuilder replies = new StringBuilder("*" + count + "\r\n");
                        for (int k = 0; k < count; k++) {
                            bytes.append(RespClient.encode("INCR", "n"));
                            expected.add("+QUEUED\r\n");
                            replies.append(':').append(++next).append("\r\n");
                        }
                        bytes.append(RespClient.encode("EXEC"));
                        expected.add(replies.toString());
                    } else {
                        bytes.append(RespClient.encode("INCR", "n"));
                        expected.add(":" + ++next + "\r\n");
                    }
                }
                int cut = random.nextInt(bytes.length());
                client.send(bytes.substring(0, cut)).send(bytes.substring(cut));
                assertEquals(expected, client.replies(expected.size()));
            }
        }
    }

    @Test
    void aQueueThatNeverEndsCostsTheClientItsConnection() throws Exception {
        try (TestServer marrow = TestServer.start("durability", "everysec", "client-query-buffer-limit", "8mb"); RespClient other = marrow.connect()) {
            other.call("SET", "k", "v");
            try (RespClient greedy = marrow.connect()) {
                greedy.send(RespClient.encode("MULTI"));
                greedy.reply();
                String pings = RespClient.encode("PING").repeat(10_000);
                CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> {
                    try {
                        greedy.untilEnd();
                    } catch (IOException closed) {
                        // by the server, as expected
                    }
                }, task -> Thread.ofVirtual().start(task));
                boolean closed = false;
                for (int i = 0; i < 1_000 && !closed; i++) {
                    try {
                        greedy.send(pings);
                    } catch (IOException e) {
                        closed = true;
                    }
                }
                assertTrue(closed, "10 million queued commands");
                reading.get();
            }
            assertEquals("$1\r\nv\r\n", other.call("GET", "k"));
            assertFalse(other.info("used_memory").isEmpty());
        }
    }

    @Test
    void anExecThatFindsNoRoomWaitsAndIsExecutedOnce() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.on(storage, "ring", "256kb", "stall-timeout", "60000", "durability", "always"); storage;
                RespClient filler = server.connect(); RespClient client = server.connect(); RespClient reader = server.connect()) {
            reader.call("SET", "durable", "before");
            storage.freeze();
            filler.send(RespClient.encode("SET", "filler", "f".repeat(20_000)).repeat(20));
            awaitRingNearlyFull(server);
            client.send(RespClient.encode("MULTI") + RespClient.encode("INCR", "n") + RespClient.encode("SET", "large", "x".repeat(50_000))
                    + RespClient.encode("EXEC") + RespClient.encode("GET", "n"));
            assertEquals(List.of("+OK\r\n", "+QUEUED\r\n", "+QUEUED\r\n"), client.replies(3));
            assertEquals("$6\r\nbefore\r\n", reader.call("GET", "durable"), "a read while EXEC waits");
            storage.thaw();
            assertEquals(List.of("*2\r\n:1\r\n+OK\r\n", "$1\r\n1\r\n"), client.replies(2));
        }
    }

    /** What does not fit one transaction is executed in parts; what is a single change is refused, with the limit. */
    @Test
    void manyKeysAreReadAndRemovedInParts() throws Exception {
        int keys = 100;
        try (TestServer marrow = TestServer.start("durability", "everysec"); RespClient client = marrow.connect()) {
            List<String> mget = new ArrayList<>(List.of("MGET"));
            List<String> del = new ArrayList<>(List.of("DEL"));
            StringBuilder values = new StringBuilder("*" + (keys + 1) + "\r\n");
            for (int i = 0; i < keys; i++) {
                String value = i + "x".repeat(60_000);
                client.call("SET", "key:" + i, value);
                mget.add("key:" + i);
                del.add("key:" + i);
                values.append('$').append(value.length()).append("\r\n").append(value).append("\r\n");
            }
            mget.add("absent");
            del.add("key:0");
            assertEquals(values.append("$-1\r\n").toString(), client.call(mget.toArray(String[]::new)));
            assertEquals(":" + keys + "\r\n", client.call(del.toArray(String[]::new)));
            assertEquals(":0\r\n", client.call("DBSIZE"));
            List<String> mset = new ArrayList<>(List.of("MSET"));
            for (int i = 0; i < keys; i++) {
                mset.addAll(List.of("key:" + i, "x".repeat(60_000)));
            }
            assertTrue(client.call(mset.toArray(String[]::new)).startsWith("-ERR the transaction's "));
            assertEquals(":0\r\n", client.call("DBSIZE"));
        }
    }

    /** Every command of a transaction sees the same moment. */
    @Test
    void timeStandsStillInATransaction() throws Exception {
        try (TestServer marrow = TestServer.start("durability", "everysec"); RespClient client = marrow.connect()) {
            for (int round = 0; round < 60; round++) {
                client.call("SET", "t", "v", "PX", "15");
                client.send(RespClient.encode("MULTI") + RespClient.encode("STRLEN", "t").repeat(600) + RespClient.encode("MGET", "t")
                        + RespClient.encode("EXEC"));
                String exec = client.replies(603).getLast();
                boolean there = exec.startsWith("*601\r\n:1\r\n");
                assertEquals("*601\r\n" + (there ? ":1\r\n" : ":0\r\n").repeat(600) + (there ? "*1\r\n$1\r\nv\r\n" : "*1\r\n$-1\r\n"), exec);
                Thread.sleep(round % 15);
            }
        }
    }

    @Test
    void aValueThatGrowsAndGrowsFitsItsTransaction() throws Exception {
        try (TestServer marrow = TestServer.start("durability", "everysec"); RespClient client = marrow.connect()) {
            client.call("SET", "k", "x".repeat(60_000));
            client.send(RespClient.encode("MULTI") + RespClient.encode("APPEND", "k", "123456789").repeat(500) + RespClient.encode("EXEC"));
            assertTrue(client.replies(502).getLast().endsWith(":64500\r\n"));
        }
    }

    /** After the named time EXEC is refused, and what it would have done is gone for good. */
    @Test
    void aRefusedExecIsOver() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.on(storage, "ring", "256kb", "stall-timeout", "300", "durability", "always"); storage;
                RespClient filler = server.connect(); RespClient client = server.connect()) {
            storage.freeze();
            filler.send(RespClient.encode("SET", "filler", "f".repeat(20_000)).repeat(20));
            awaitRingNearlyFull(server);
            client.send(RespClient.encode("MULTI") + RespClient.encode("INCR", "n") + RespClient.encode("SET", "large", "x".repeat(60_000))
                    + RespClient.encode("EXEC"));
            assertTrue(client.replies(4).getLast().startsWith("-ERR "));
            storage.thaw();
            assertEquals("$-1\r\n", client.call("GET", "n"));
            assertEquals("-ERR EXEC without MULTI\r\n", client.call("EXEC"));
        }
    }

    private static void awaitRingNearlyFull(TestServer server) throws InterruptedException {
        RedoRing ring = server.server().store().ring();
        while (ring.capacity() - (ring.producerPosition() - ring.consumerPosition()) > 40_000) {
            Thread.sleep(10);
        }
    }

    private static long[] numbers(String array) {
        List<Long> numbers = new ArrayList<>();
        String[] lines = array.split("\r\n");
        for (int i = 1; i < lines.length; i++) {
            if (lines[i].equals("$-1")) {
                numbers.add(0L);
            } else if (lines[i].startsWith("$")) {
                numbers.add(Long.parseLong(lines[++i]));
            }
        }
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }
}
