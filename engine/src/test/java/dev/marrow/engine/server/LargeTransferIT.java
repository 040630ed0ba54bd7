package dev.marrow.engine.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.BpfFs;
import dev.marrow.recovery.StoreExport;
import dev.marrow.recovery.tiertwo.LoggedValues;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.RedoRecord;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code marrow export} and {@code marrow import} of values that are not in the table, between real servers. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LargeTransferIT {
    private static final int BORDER = 65_536;
    private static final long LATER_MILLIS = 4_000_000_000_000L;
    private static final int DATA = 65;
    private static final String SMALL_HEAP = "-Xmx40m";

    @TempDir
    private Path scratch;

    private static String value(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return new String(bytes, ISO_8859_1);
    }

    private static final Map<String, String> VALUES = new TreeMap<>(Map.of("border", value(BORDER + 1, 1), "two", value(2 * BORDER, 2),
            "large", value(5 << 20, 3), "expires", value(300_000, 4), "text", "text ".repeat(50_000), "small", "small", "full", value(BORDER, 5),
            "empty", ""));

    private static void fill(RespClient client) throws IOException {
        for (Map.Entry<String, String> entry : VALUES.entrySet()) {
            assertEquals("+OK\r\n", client.call("SET", entry.getKey(), entry.getValue()));
        }
        assertEquals(":1\r\n", client.call("PEXPIREAT", "expires", Long.toString(LATER_MILLIS)));
        assertEquals("+OK\r\n", client.call("PSETEX", "gone", "1", value(100_000, 6)));
        assertEquals("+OK\r\n", client.call("SET", "removed", value(100_000, 7)));
        assertEquals(":1\r\n", client.call("DEL", "removed"));
    }

    private static void assertFilled(RespClient client) throws IOException {
        assertEquals(":" + VALUES.size() + "\r\n", client.call("DBSIZE"));
        for (Map.Entry<String, String> entry : VALUES.entrySet()) {
            assertEquals("$" + entry.getValue().length() + "\r\n" + entry.getValue() + "\r\n", client.call("GET", entry.getKey()), entry.getKey());
            assertEquals(entry.getKey().equals("expires") ? ":" + LATER_MILLIS + "\r\n" : ":-1\r\n", client.call("PEXPIRETIME", entry.getKey()));
        }
    }

    private Path export(TestServer server, boolean json) throws Exception {
        Path file = Files.createTempFile(scratch, "export", "");
        Files.delete(file);
        CommandProcess run = CommandProcess.marrow(Map.of("JAVA_TOOL_OPTIONS", SMALL_HEAP), new byte[0], "export", "--format", json ? "json" : "resp",
                "--dir", server.directory().toString(), file.toString());
        assertEquals(0, run.exit(), run.error());
        return file;
    }

    private static CommandProcess importInto(int port, Path file, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("import", "--port", Integer.toString(port)));
        arguments.addAll(List.of(options));
        arguments.add(file.toString());
        return CommandProcess.marrow(Map.of("JAVA_TOOL_OPTIONS", SMALL_HEAP), new byte[0], arguments.toArray(String[]::new));
    }

    private static void assertImports(Path file) throws Exception {
        try (TestServer fresh = TestServer.start(); RespClient client = fresh.connect()) {
            CommandProcess run = importInto(fresh.port(), file);
            assertEquals(0, run.exit(), run.toString());
            assertTrue(run.output().startsWith(VALUES.size() + " records sent, " + VALUES.size() + " replies, 0 errors in "), run.toString());
            assertFilled(client);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyKindOfStoreIsExportedWhole(boolean json) throws Exception {
        try (TestServer server = TestServer.start("log-segment-size", "4mb")) {
            try (RespClient client = server.connect()) {
                fill(client);
                assertImports(export(server, json));
                assertEquals("+OK\r\n", client.call("SAVE"));
                assertEquals("+OK\r\n", client.call("SET", "large", "is behind the base"));
                assertEquals("+OK\r\n", client.call("SET", "large", VALUES.get("large")));
                assertImports(export(server, json));
            }
            server.stopKeepingPins();
            assertImports(export(server, json));
            server.restart();
            server.stop();
            TestServer.deleteTree(server.directory().resolve("tier-two"));
            assertImports(export(server, json));
            assertFalse(BpfFs.pinned(LogDirectory.instanceOf(server.directory())), "an export leaves no tables");
            assertFalse(Files.exists(server.directory().resolve("tier-two")), "an export changes nothing");
        }
    }

    /** As after a kill: nobody has the lock, and the log lacks what was acknowledged last. */
    @Test
    void killedStoreHasWhatOnlyTheRingHas() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.on(storage, "durability", "everysec"); storage; RespClient client = server.connect()) {
            assertEquals("+OK\r\n", client.call("SET", "before", value(200_000, 1)));
            storage.freezeWrites();
            assertEquals("+OK\r\n", client.call("SET", "last", value(300_000, 2)));
            Path copy = Files.createDirectory(scratch.resolve("copy"));
            for (String part : List.of("marrow.id", "MANIFEST", "base", "wal")) {
                copyTree(server.directory().resolve(part), copy.resolve(part));
            }
            Path file = scratch.resolve("file");
            CommandProcess run = CommandProcess.marrow("export", "--dir", copy.toString(), file.toString());
            assertEquals(0, run.exit(), run.error());
            try (TestServer fresh = TestServer.start(); RespClient there = fresh.connect()) {
                assertEquals(0, importInto(fresh.port(), file).exit());
                assertEquals("$200000\r\n" + value(200_000, 1) + "\r\n", there.call("GET", "before"));
                assertEquals("$300000\r\n" + value(300_000, 2) + "\r\n", there.call("GET", "last"));
            }
        }
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            // the server renames what it allocates ahead
            for (Path file : files.filter(file -> !file.toString().endsWith(".tmp")).toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    @Test
    void whatAKilledServerHasAcknowledgedIsExported() throws Exception {
        Path directory = scratch.resolve("killed");
        byte[] instance = new byte[0];
        int writers = 4;
        int[] acknowledged = new int[writers];
        try (ServerProcess process = new ServerProcess(directory, "--durability", "everysec", "--memory", "64mb");
                ExecutorService threads = Executors.newCachedThreadPool()) {
            process.awaitReady();
            instance = LogDirectory.instanceOf(directory);
            for (int i = 0; i < writers; i++) {
                int writer = i;
                threads.submit(() -> {
                    try (RespClient client = new RespClient(process.port())) {
                        while (client.call("SET", "k" + writer + ":" + acknowledged[writer], value(150_000, writer * 1000 + acknowledged[writer]))
                                .equals("+OK\r\n")) {
                            acknowledged[writer]++;
                        }
                    }
                    return 0;
                });
            }
            long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (Arrays.stream(acknowledged).min().getAsInt() < 20 && System.nanoTime() < untilNanos) {
                Thread.sleep(10);
            }
            process.kill();
        }
        try {
            Path file = scratch.resolve("file");
            CommandProcess run = CommandProcess.marrow("export", "--dir", directory.toString(), file.toString());
            assertEquals(0, run.exit(), run.error());
            try (TestServer fresh = TestServer.start(); RespClient client = fresh.connect()) {
                assertEquals(0, importInto(fresh.port(), file).exit());
                for (int writer = 0; writer < writers; writer++) {
                    assertTrue(acknowledged[writer] > 0);
                    for (int count = 0; count < acknowledged[writer]; count++) {
                        assertEquals("$150000\r\n" + value(150_000, writer * 1000 + count) + "\r\n", client.call("GET", "k" + writer + ":" + count));
                    }
                }
            }
        } finally {
            BpfFs.unpin(instance);
        }
    }

    /** Length, and checksum of all that. */
    private static String sealed(int length, int seed) {
        byte[] bytes = value(length, seed).getBytes(ISO_8859_1);
        ByteBuffer.wrap(bytes).putInt(0, length).putInt(length - 4, checksum(bytes));
        return new String(bytes, ISO_8859_1);
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length - 4);
        return (int) crc.getValue();
    }

    private static boolean isWhole(String value) {
        byte[] bytes = value.getBytes(ISO_8859_1);
        ByteBuffer read = ByteBuffer.wrap(bytes);
        return read.getInt(0) == bytes.length && read.getInt(bytes.length - 4) == checksum(bytes);
    }

    /** Values are replaced, renamed and removed, and checkpoints drop them from base and log, while it runs. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eachValueIsWholeWhateverHappensMeanwhile(boolean json) throws Exception {
        int keys = 12;
        AtomicBoolean done = new AtomicBoolean();
        try (TestServer server = TestServer.start("durability", "everysec", "log-segment-size", "4mb");
                ExecutorService threads = Executors.newCachedThreadPool()) {
            try (RespClient client = server.connect()) {
                assertEquals("+OK\r\n", client.call("SET", "kept", sealed(3 << 20, 1)));
                for (int i = 0; i < keys; i++) {
                    assertEquals("+OK\r\n", client.call("SET", "k" + i, sealed(200_000, i)));
                }
            }
            Future<Integer> writing = threads.submit(() -> {
                try (RespClient client = server.connect()) {
                    int count = 0;
                    for (; !done.get(); count++) {
                        String key = "k" + count % keys;
                        assertEquals("+OK\r\n", client.call("SET", key, sealed(100 + new Random(count).nextInt(400_000), count)));
                        if (count % 5 == 0) {
                            assertEquals("+OK\r\n", client.call("RENAME", key, "k" + (count + 5) % keys));
                        }
                    }
                    return count;
                }
            });
            Future<Integer> saving = threads.submit(() -> {
                try (RespClient client = server.connect()) {
                    int count = 0;
                    while (!done.get()) {
                        // or one that the log's length has begun is not over
                        count += client.call("SAVE").equals("+OK\r\n") ? 1 : 0;
                    }
                    return count;
                }
            });
            try {
                for (int round = 0; round < 2; round++) {
                    assertAllWhole(export(server, json), keys);
                }
            } finally {
                done.set(true);
            }
            assertTrue(writing.get() > 0 && saving.get() > 0, "each has done something");
        }
    }

    /** Each stub that the scan has met before the last replacement is one whose bytes are nowhere any more when they are looked for. */
    @Test
    void aValueThatIsReplacedAndDroppedMeanwhileIsLookedForAgain() throws Exception {
        int keys = 5;
        int smallKeys = 50;
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            for (int i = 0; i < smallKeys; i++) {
                assertEquals("+OK\r\n", client.call("SET", "small" + i, "1"));
            }
            replaceAll(client, keys, 0);
            Map<String, String> got = new TreeMap<>();
            new StoreExport(server.directory(), System.err).run(new StoreExport.Target() {
                private int met;

                @Override
                public void begin(String source, long nowMillis) {
                    assertTrue(source.contains("in the kernel"), source);
                }

                @Override
                public void record(MemorySegment payload, long offset, int length) {
                    if (++met % 10 == 0 && met <= smallKeys) {
                        try {
                            replaceAll(client, keys, met);
                        } catch (IOException failed) {
                            throw new UncheckedIOException(failed);
                        }
                    }
                }

                @Override
                public void large(RedoRecord record, LoggedValues.Value value) {
                    StringBuilder bytes = new StringBuilder();
                    for (int index = 0; index < value.pieces(); index++) {
                        bytes.append(new String(value.piece(index).toArray(ValueLayout.JAVA_BYTE), ISO_8859_1));
                    }
                    got.put(new String(record.key(), ISO_8859_1), bytes.toString());
                }
            });
            assertEquals(keys, got.size(), got.keySet().toString());
            for (int i = 0; i < keys; i++) {
                assertEquals(sealed(200_000 + i, smallKeys), got.get("large" + i), "as it was at the end, because it is nowhere else");
            }
        }
    }

    private static void replaceAll(RespClient client, int keys, int seed) throws IOException {
        for (int i = 0; i < keys; i++) {
            assertEquals("+OK\r\n", client.call("SET", "large" + i, sealed(200_000 + i, seed)));
        }
        assertEquals("+OK\r\n", client.call("SAVE"));
    }

    private static void assertAllWhole(Path file, int keys) throws Exception {
        try (TestServer fresh = TestServer.start(); RespClient client = fresh.connect()) {
            CommandProcess run = importInto(fresh.port(), file);
            assertEquals(0, run.exit(), run.toString());
            assertEquals("$3145728\r\n" + sealed(3 << 20, 1) + "\r\n", client.call("GET", "kept"), "a key that stays is there");
            int found = 0;
            for (int i = 0; i < keys; i++) {
                String reply = client.call("GET", "k" + i);
                boolean isThere = !reply.startsWith("$-1");
                found += isThere ? 1 : 0;
                assertTrue(!isThere || isWhole(reply.substring(reply.indexOf('\n') + 1, reply.length() - 2)), "k" + i + " is not whole");
            }
            assertTrue(found > keys / 2, found + " of " + keys);
        }
    }

    @Test
    void redisTakesTheCommandsThatWeExport() throws Exception {
        try (TestServer server = TestServer.start(); RedisProcess redis = new RedisProcess(); RespClient client = server.connect();
                RespClient there = redis.connect()) {
            fill(client);
            Path file = export(server, false);
            List<String> command = List.of("redis-cli", "-p", Integer.toString(redis.port()), "--pipe");
            CommandProcess pipe = CommandProcess.run(command, Map.of(), Files.readAllBytes(file));
            assertTrue(pipe.output().contains("errors: 0, replies: " + VALUES.size()), pipe.toString());
            assertFilled(there);
            assertEquals("+OK\r\n", there.call("FLUSHALL"));
            assertEquals(0, importInto(redis.port(), export(server, true)).exit());
            assertFilled(there);
        }
    }

    /** A heap of 40 MB on the way out and in. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void valuesAreNeverWholeInMemory(boolean json) throws Exception {
        int length = 160 << 20;
        byte[] piece = value(1 << 20, 1).getBytes(ISO_8859_1);
        Path file;
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            OutputStream out = client.socket().getOutputStream();
            out.write(("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$" + length + "\r\n").getBytes(ISO_8859_1));
            for (int sent = 0; sent < length; sent += piece.length) {
                out.write(piece);
            }
            out.write("\r\n".getBytes(ISO_8859_1));
            assertEquals("+OK\r\n", client.reply());
            file = export(server, json);
        }
        try (TestServer fresh = TestServer.start("durability", "everysec"); RespClient client = fresh.connect()) {
            CommandProcess run = importInto(fresh.port(), file);
            assertEquals(0, run.exit(), run.toString());
            client.send(RespClient.encode("GET", "big"));
            DataInputStream in = new DataInputStream(client.socket().getInputStream());
            in.skipNBytes(("$" + length + "\r\n").length());
            byte[] got = new byte[piece.length];
            for (int read = 0; read < length; read += piece.length) {
                in.readFully(got);
                assertTrue(Arrays.equals(piece, got), "bytes from " + read + " on");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusalsAreReportedByKeyAndACutLeavesNothingHalf(boolean json) throws Exception {
        Path file;
        try (TestServer server = TestServer.start(); RespClient client = server.connect()) {
            assertEquals("+OK\r\n", client.call("SET", "large", value(17 << 20, 1)));
            assertEquals("+OK\r\n", client.call("SET", "small", "1"));
            file = export(server, json);
        }
        String unit = json ? "line [23]" : "offset [0-9]+";
        try (TestServer fresh = TestServer.start("tier-two", "16mb"); RespClient client = fresh.connect()) {
            CommandProcess run = importInto(fresh.port(), file);
            assertEquals(DATA, run.exit(), run.toString());
            assertTrue(run.error().matches("(?s).*" + unit + ": OOM value is 17825792 bytes; tier two holds at most 16777216 .*"), run.toString());
            assertEquals("$-1\r\n$1\r\n1\r\n", client.call("GET", "large") + client.call("GET", "small"));
        }
        try (TestServer fresh = TestServer.start("tier-two", "0"); RespClient client = fresh.connect()) {
            CommandProcess run = importInto(fresh.port(), file);
            assertEquals(DATA, run.exit(), run.toString());
            assertTrue(run.error().matches("(?s).*" + unit + ": ERR value is 17825792 bytes; the limit is 65536 bytes.*"), run.toString());
            assertEquals("$-1\r\n$1\r\n1\r\n", client.call("GET", "large") + client.call("GET", "small"));
        }
        Path cut = Files.write(scratch.resolve("cut"), Arrays.copyOf(Files.readAllBytes(file), 5 << 20));
        try (TestServer fresh = TestServer.start(); RespClient client = fresh.connect()) {
            CommandProcess run = importInto(fresh.port(), cut);
            assertEquals(DATA, run.exit(), run.toString());
            assertTrue(run.error().contains("the input was cut off"), run.toString());
            assertEquals("$-1\r\n", client.call("GET", "large"));
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (fresh.server().tierTwo().bytes() > 0 && System.nanoTime() < until) {
                Thread.sleep(5);
            }
            assertEquals(0, fresh.server().tierTwo().bytes(), "bytes of what was half sent");
        }
    }
}
