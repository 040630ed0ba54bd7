package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Values that are longer than the table takes. That they answer as Redis does is the model's to say; here is what several clients, little room and ends do. */
class LargeValuesIT {
    private static final int BORDER = 65_536;
    private static final long WAIT_NANOS = 30_000_000_000L;
    /** More than any reply but a value. */
    private static final long REPLY_BEGUN_BYTES = 1_000;

    private static TestServer start(String... more) throws Exception {
        List<String> options = new ArrayList<>(List.of("durability", "everysec"));
        options.addAll(List.of(more));
        return TestServer.start(options.toArray(String[]::new));
    }

    private static String bulk(String value) {
        return "$" + value.length() + "\r\n" + value + "\r\n";
    }

    private static String value(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** What nothing refers to is given back by a thread of its own. */
    private static void assertHolds(TestServer server, long bytes) throws InterruptedException {
        long until = System.nanoTime() + WAIT_NANOS;
        while (server.server().tierTwo().bytes() != bytes && System.nanoTime() < until) {
            Thread.sleep(5);
        }
        assertEquals(bytes, server.server().tierTwo().bytes(), "bytes in tier two");
    }

    // ---- many at once ----

    /** Length, writer's number, checksum of all that, and content that follows from the number. */
    private static byte[] sealed(int length, int writer) {
        byte[] bytes = new byte[length];
        new Random(writer).nextBytes(bytes);
        ByteBuffer.wrap(bytes).putInt(length).putInt(writer);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length - 4);
        ByteBuffer.wrap(bytes).putInt(length - 4, (int) crc.getValue());
        return bytes;
    }

    private static boolean isWhole(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length - 4);
        return ByteBuffer.wrap(bytes).getInt() == bytes.length && ByteBuffer.wrap(bytes).getInt(bytes.length - 4) == (int) crc.getValue();
    }

    @Test
    void readersSeeOneWritersValueWhole() throws Exception {
        int[] lengths = {100, BORDER - 1, BORDER, BORDER + 1, 3 * BORDER, 1 << 20};
        AtomicBoolean done = new AtomicBoolean();
        try (TestServer server = start(); ExecutorService threads = Executors.newCachedThreadPool()) {
            try (RespClient client = server.connect()) {
                // the first large one opens tier two, and takes its time
                assertEquals("+OK\r\n", client.call("SET", "one", new String(sealed(1 << 20, 0), StandardCharsets.ISO_8859_1)));
            }
            List<Future<Integer>> running = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int writer = i;
                running.add(threads.submit(() -> write(server, lengths, writer, done)));
                running.add(threads.submit(() -> read(server, done)));
            }
            Thread.sleep(4_000);
            done.set(true);
            for (Future<Integer> end : running) {
                assertTrue(end.get() > 0, "each has done something");
            }
            try (RespClient client = server.connect()) {
                client.call("DEL", "one");
            }
            assertHolds(server, 0);
        }
    }

    private static int write(TestServer server, int[] lengths, int writer, AtomicBoolean done) throws IOException {
        int count = 0;
        try (RespClient client = server.connect()) {
            while (!done.get()) {
                byte[] value = sealed(lengths[ThreadLocalRandom.current().nextInt(lengths.length)], writer * 1_000_000 + count++);
                String reply = client.call("SET", "one", new String(value, StandardCharsets.ISO_8859_1));
                assertEquals("+OK\r\n", reply);
            }
        }
        return count;
    }

    private static int read(TestServer server, AtomicBoolean done) throws IOException {
        int count = 0;
        try (RespClient client = server.connect()) {
            while (!done.get()) {
                String reply = client.call("GET", "one");
                if (reply.equals("$-1\r\n")) {
                    continue;
                }
                String value = reply.substring(reply.indexOf('\n') + 1, reply.length() - 2);
                assertTrue(isWhole(value.getBytes(StandardCharsets.ISO_8859_1)), "a value of several writers, or a part of one: " + value.length() + " bytes");
                count++;
            }
        }
        return count;
    }

    @Test
    void theCheckOfWholenessSeesAMixture() {
        byte[] one = sealed(3 * BORDER, 1);
        byte[] other = sealed(3 * BORDER, 2);
        System.arraycopy(other, BORDER, one, BORDER, BORDER);
        assertTrue(isWhole(other) && !isWhole(one));
    }

    /** Its bytes stay while they are being sent, and no longer; nobody else waits. */
    @Test
    void slowReaderGetsTheValueThatItAskedFor() throws Exception {
        String before = value(24 << 20, 1);
        try (TestServer server = start(); RespClient slow = new RespClient(server.port(), 1 << 16); RespClient other = server.connect()) {
            assertEquals("+OK\r\n", other.call("SET", "k", before));
            long heap = server.server().loops().getFirst().heldBytes();
            long out = server.server().loops().getFirst().bytesOut();
            slow.send(RespClient.encode("GET", "k") + RespClient.encode("PING"));
            awaitReply(server, out);
            assertEquals("+OK\r\n", other.call("SET", "k", "small"));
            assertEquals(bulk("small"), other.call("GET", "k"));
            assertTrue(server.server().loops().getFirst().heldBytes() - heap < 4 << 20, "an unread reply of 24 MB is not on the heap");
            assertEquals(24 << 20, server.server().tierTwo().bytes());
            assertEquals(bulk(before), slow.reply());
            assertEquals("+PONG\r\n", slow.reply());
            assertHolds(server, 0);
        }
    }

    private static void awaitReply(TestServer server, long bytesBefore) throws InterruptedException {
        long until = System.nanoTime() + WAIT_NANOS;
        while (server.server().loops().getFirst().bytesOut() < bytesBefore + REPLY_BEGUN_BYTES && System.nanoTime() < until) {
            Thread.sleep(1);
        }
    }

    @Test
    void whoLeavesInTheMiddleLeavesNothingBehind() throws Exception {
        String value = value(8 << 20, 1);
        try (TestServer server = start(); RespClient other = server.connect()) {
            assertEquals("+OK\r\n", other.call("SET", "k", value));
            try (RespClient reader = new RespClient(server.port(), 1 << 16)) {
                reader.send(RespClient.encode("GET", "k"));
                assertEquals("$8388608", new String(reader.socket().getInputStream().readNBytes(8), StandardCharsets.ISO_8859_1));
            }
            try (RespClient writer = server.connect()) {
                writer.send("*3\r\n$3\r\nSET\r\n$1\r\nl\r\n$8388608\r\n" + value.substring(0, 5 << 20));
                awaitBytes(server, 12 << 20);
            }
            try (RespClient queuing = server.connect()) {
                assertEquals("+OK\r\n", queuing.call("MULTI"));
                assertEquals("+QUEUED\r\n", queuing.call("SET", "m", value));
            }
            assertHolds(server, 8 << 20);
            assertEquals(":1\r\n", other.call("DEL", "k"));
            assertHolds(server, 0);
        }
    }

    private static void awaitBytes(TestServer server, long bytes) throws InterruptedException {
        long until = System.nanoTime() + WAIT_NANOS;
        while (server.server().tierTwo().bytes() < bytes && System.nanoTime() < until) {
            Thread.sleep(5);
        }
        assertTrue(server.server().tierTwo().bytes() >= bytes);
    }

    // ---- room ----

    @Test
    void whatIsReplacedRemovedOrExpiredIsGivenBack() throws Exception {
        String large = value(300_000, 1);
        try (TestServer server = start("tier-two", "16mb"); RespClient client = server.connect()) {
            for (int round = 0; round < 200; round++) {
                assertEquals("+OK\r\n", client.call("SET", "a", large));
                assertEquals("+OK\r\n", client.call("RENAME", "a", "b"));
                assertEquals(":300003\r\n", client.call("APPEND", "b", "xyz"));
                assertEquals(":1\r\n", client.call("COPY", "b", "a"));
                assertEquals(round % 2 == 0 ? ":1\r\n" : ":2\r\n", client.call("DEL", "b", round % 2 == 0 ? "none" : "a"));
                assertEquals("+OK\r\n", client.call("PSETEX", "c", "1", large));
                assertEquals("$5\r\nsmall\r\n", client.call("SET", "d", "small").equals("+OK\r\n") ? client.call("GETSET", "d", large) : "");
                assertEquals("+OK\r\n", client.call("SET", "d", "small"));
            }
            assertEquals(":0\r\n", client.call("DEL", "a"));
            assertHolds(server, 0);
            assertEquals("+OK\r\n", client.call("MSET", "a", large, "b", large));
            assertEquals("+OK\r\n", client.call("FLUSHALL"));
            assertHolds(server, 0);
        }
    }

    @Test
    void fullIsAnErrorThatNamesTheLimit() throws Exception {
        String large = value(5 << 20, 1);
        try (TestServer server = start("tier-two", "16mb"); RespClient client = server.connect()) {
            for (String key : List.of("a", "b", "c")) {
                assertEquals("+OK\r\n", client.call("SET", key, large));
            }
            String refused = client.call("SET", "d", large);
            assertTrue(refused.startsWith("-OOM ") && refused.contains("16777216") && refused.contains("--tier-two"), refused);
            assertEquals("$-1\r\n", client.call("GET", "d"));
            assertEquals("+OK\r\n", client.call("SET", "d", "small"));
            refused = client.call("COPY", "a", "e");
            assertTrue(refused.startsWith("-OOM "), refused);
            refused = client.call("SET", "e", value(17 << 20, 2));
            assertTrue(refused.startsWith("-OOM value is 17825792 bytes; tier two holds at most 16777216 bytes"), refused);
            assertHolds(server, 15 << 20);
            assertEquals(":1\r\n", client.call("DEL", "a"));
            assertEquals("+OK\r\n", client.call("SET", "d", large));
            assertEquals(bulk(large), client.call("GET", "d"));
        }
    }

    @Test
    void withoutATierTheLimitIsTheTables() throws Exception {
        try (TestServer server = start("tier-two", "0"); RespClient client = server.connect()) {
            assertEquals("+OK\r\n", client.call("SET", "k", value(BORDER, 1)));
            assertEquals("-ERR value is 65537 bytes; the limit is 65536 bytes\r\n", client.call("SET", "k", value(BORDER + 1, 1)));
            assertEquals("-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n", client.call("APPEND", "k", "x"));
        }
    }

    @Test
    void aStartWithoutATierRefusesToLoseValues() throws Exception {
        try (TestServer server = start()) {
            try (RespClient client = server.connect()) {
                assertEquals("+OK\r\n", client.call("SET", "k", value(BORDER + 1, 1)));
            }
            server.stop();
            server.configure("tier-two", "0");
            String refusal = org.junit.jupiter.api.Assertions.assertThrows(RuntimeException.class, server::restart).getMessage();
            assertTrue(refusal.contains("--tier-two"), refusal);
            server.configure("tier-two", "64mb");
            server.restart();
            try (RespClient client = server.connect()) {
                assertEquals(bulk(value(BORDER + 1, 1)), client.call("GET", "k"));
            }
        }
    }

    // ---- transactions ----

    @Test
    void largeValuesInTransactions() throws Exception {
        String one = value(200_000, 1);
        String two = value(300_000, 2);
        try (TestServer server = start(); RespClient client = server.connect(); RespClient other = server.connect()) {
            assertEquals("+OK\r\n", client.call("MULTI"));
            for (String[] command : new String[][] {{"SET", "a", one}, {"GET", "a"}, {"PING"}, {"SET", "b", two}, {"RENAME", "a", "c"}, {"APPEND", "c", "x"},
                {"GET", "c"}, {"STRLEN", "b"}, {"MGET", "a", "b", "c"}}) {
                assertEquals("+QUEUED\r\n", client.call(command));
            }
            assertEquals("$-1\r\n", other.call("GET", "a"));
            assertEquals("*9\r\n+OK\r\n" + bulk(one) + "+PONG\r\n+OK\r\n+OK\r\n:200001\r\n" + bulk(one + "x") + ":300000\r\n*3\r\n$-1\r\n" + bulk(two)
                    + bulk(one + "x"), client.call("EXEC"));
            assertHolds(server, 500_001);

            assertEquals("+OK\r\n", client.call("WATCH", "b"));
            assertEquals("+OK\r\n", client.call("MULTI"));
            assertEquals("+QUEUED\r\n", client.call("SET", "c", two));
            assertEquals(":1\r\n", other.call("PEXPIRE", "b", "100000000"));
            assertEquals("*-1\r\n", client.call("EXEC"));
            assertEquals("+OK\r\n", client.call("MULTI"));
            assertEquals("+QUEUED\r\n", client.call("SET", "c", two));
            assertEquals("+OK\r\n", client.call("DISCARD"));
            assertHolds(server, 500_001);
            assertEquals(bulk(one + "x"), client.call("GETDEL", "c"));
            assertHolds(server, 300_000);
        }
    }

    // ---- ends ----

    @Test
    void valuesAreThereAfterEveryKindOfStart() throws Exception {
        String[] values = {value(BORDER + 1, 1), value(1 << 20, 2), value(17 << 20, 3), value(2 * BORDER, 4)};
        try (TestServer server = start("log-segment-size", "4mb")) {
            try (RespClient client = server.connect()) {
                for (int i = 0; i < values.length; i++) {
                    assertEquals("+OK\r\n", client.call("SET", "k" + i, values[i]));
                }
                assertEquals("+OK\r\n", client.call("SET", "k0", values[1]));
                assertEquals("+OK\r\n", client.call("SET", "k0", values[0]));
            }
            check(server, values, () -> {
                server.stopKeepingPins();
                return "warm";
            });
            check(server, values, () -> {
                server.stop();
                return "cold, the map kept";
            });
            check(server, values, () -> {
                server.stop();
                TestServer.deleteTree(server.directory().resolve("tier-two"));
                return "cold, from the log alone";
            });
            try (RespClient client = server.connect()) {
                assertEquals("+OK\r\n", client.call("SAVE"));
            }
            check(server, values, () -> {
                server.stop();
                TestServer.deleteTree(server.directory().resolve("tier-two"));
                return "cold, from a base";
            });
            check(server, values, () -> {
                server.stopKeepingPins();
                return "warm again";
            });
            try (RespClient client = server.connect()) {
                assertEquals("+OK\r\n", client.call("SAVE"));
            }
            check(server, values, () -> {
                server.stopKeepingPins();
                server.unpin();
                return "cold after a start that was warm, from its base";
            });
        }
    }

    private static void check(TestServer server, String[] values, Callable<String> end) throws Exception {
        String how = end.call();
        server.restart();
        long bytes = 0;
        try (RespClient client = server.connect()) {
            for (int i = 0; i < values.length; i++) {
                assertEquals(bulk(values[i]), client.call("GET", "k" + i), how);
                bytes += values[i].length();
            }
        }
        assertHolds(server, bytes);
    }

    /** What goes to the client, or comes from it, is never whole in memory: this JVM could not hold it, were it so. */
    @Test
    void halfAGigabyte() throws Exception {
        long length = 512L << 20;
        byte[] piece = new byte[1 << 20];
        new Random(7).nextBytes(piece);
        try (TestServer server = start("tier-two", "600mb"); RespClient client = server.connect(); RespClient other = server.connect()) {
            OutputStream out = client.socket().getOutputStream();
            out.write(("*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$" + length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            for (long sent = 0; sent < length; sent += piece.length) {
                out.write(piece);
                if (sent % (64L << 20) == 0) {
                    assertEquals("+PONG\r\n", other.call("PING"));
                }
            }
            out.write("\r\n".getBytes(StandardCharsets.ISO_8859_1));
            assertEquals("+OK\r\n", client.reply());
            assertEquals(":" + length + "\r\n", client.call("STRLEN", "half"));
            assertEquals("-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n", client.call("APPEND", "half", "x"));
            String part = client.call("GETRANGE", "half", Long.toString(length - 10), "-1");
            assertEquals(new String(piece, piece.length - 10, 10, StandardCharsets.ISO_8859_1), part.substring(5, 15));
            client.send(RespClient.encode("GET", "half"));
            DataInputStream in = new DataInputStream(client.socket().getInputStream());
            in.skipNBytes(("$" + length + "\r\n").length());
            byte[] got = new byte[piece.length];
            for (long read = 0; read < length; read += piece.length) {
                in.readFully(got);
                assertTrue(java.util.Arrays.equals(piece, got), "bytes from " + read + " on");
            }
        }
    }
}
