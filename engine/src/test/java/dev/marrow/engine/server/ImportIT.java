package dev.marrow.engine.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.engine.transfer.Records;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code marrow import} into real servers, Marrow and Redis. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ImportIT {
    private static final int WHOLE = 0;
    private static final int DATA = 65;
    private static final int UNAVAILABLE = 69;
    /** Unix time in 2096. */
    private static final long LATER_MILLIS = 4_000_000_000_000L;

    @TempDir
    private Path scratch;

    private static CommandProcess importFrom(byte[] input, int port, String... options) throws Exception {
        return importFrom(Map.of(), input, port, options);
    }

    private static CommandProcess importFrom(Map<String, String> environment, byte[] input, int port, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("import", "--port", Integer.toString(port)));
        arguments.addAll(List.of(options));
        arguments.add("-");
        return CommandProcess.marrow(environment, input, arguments.toArray(String[]::new));
    }

    private static void assertImported(CommandProcess run, int records) {
        assertEquals(WHOLE, run.exit(), run.toString());
        assertTrue(run.output().startsWith(String.format("%,d records sent, %,d replies, 0 errors in ", records, records)), run.toString());
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }

    private static String bulk(String text) {
        return "$" + text.length() + "\r\n" + text + "\r\n";
    }

    private static void assertValues(List<Records.Given> records, RespClient client) throws Exception {
        assertEquals(":" + records.size() + "\r\n", client.call("DBSIZE"));
        for (Records.Given record : records) {
            assertEquals(bulk(latin(record.value())), client.call("GET", latin(record.key())));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void exportGoesIntoMarrowByteForByte(boolean json) throws Exception {
        List<Records.Given> records = Records.random(new Random(11), 3000, LATER_MILLIS);
        try (TestServer server = TestServer.start()) {
            assertImported(importFrom(Records.export(records, json, 0), server.port()), records.size());
            try (RespClient client = server.connect()) {
                assertValues(records, client);
            }
            server.stop();
            String dump = CommandProcess.marrow("log", "dump", "--records", "--json", server.directory().toString()).output();
            for (Records.Given record : records) {
                assertTrue(record.expireMillis() == 0 || dump.contains("\"expire_ms\":" + record.expireMillis() + ","),
                        "a deadline is missing");
            }
            assertEquals(records.stream().filter(record -> record.expireMillis() != 0).count(),
                    dump.lines().filter(line -> line.contains("\"expire_ms\"")).count());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void exportGoesIntoRedisByteForByte(boolean json) throws Exception {
        List<Records.Given> records = Records.random(new Random(12), 3000, LATER_MILLIS);
        try (RedisProcess redis = new RedisProcess(); RespClient client = redis.connect()) {
            assertImported(importFrom(Records.export(records, json, 0), redis.port()), records.size());
            assertRedisHas(records, client);
        }
    }

    @Test
    void redisCliTakesTheCommandsThatWeExport() throws Exception {
        List<Records.Given> records = Records.random(new Random(13), 3000, LATER_MILLIS);
        try (RedisProcess redis = new RedisProcess(); RespClient client = redis.connect()) {
            CommandProcess pipe = redisCliPipe(Records.export(records, false, 0), redis.port());
            assertTrue(pipe.output().contains("errors: 0, replies: " + records.size()), pipe.toString());
            assertRedisHas(records, client);
        }
    }

    private static void assertRedisHas(List<Records.Given> records, RespClient client) throws Exception {
        assertValues(records, client);
        for (Records.Given record : records) {
            long deadline = record.expireMillis() == 0 ? -1 : record.expireMillis();
            assertEquals(":" + deadline + "\r\n", client.call("PEXPIRETIME", latin(record.key())));
        }
    }

    private static CommandProcess redisCliPipe(byte[] input, int port) throws Exception {
        return CommandProcess.run(List.of("redis-cli", "-p", Integer.toString(port), "--pipe"), Map.of(), input);
    }

    /** Commands of every kind that both know, inline ones too, some of which fail. */
    private static byte[] commands(Random random, int count) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            String key = "key:" + random.nextInt(200);
            byte[] binary = new byte[random.nextInt(100)];
            random.nextBytes(binary);
            file.writeBytes(switch (random.nextInt(8)) {
                case 0 -> ("SET " + key + " " + i + "\r\n").getBytes(UTF_8);
                case 1 -> ("incr " + key + "\n\r\n").getBytes(UTF_8);
                case 2 -> ("SET " + key + " \"a b\\x00\\n\" PXAT " + (LATER_MILLIS + i) + "\n").getBytes(UTF_8);
                case 3 -> RespClient.encode("DEL", key).getBytes(ISO_8859_1);
                case 4 -> RespClient.encode("GET", key).getBytes(ISO_8859_1);
                case 5 -> RespClient.encode("PERSIST", key).getBytes(ISO_8859_1);
                case 6 -> RespClient.encode("APPEND", key, latin(binary)).getBytes(ISO_8859_1);
                default -> RespClient.encode("SET", key, latin(binary)).getBytes(ISO_8859_1);
            });
        }
        return file.toByteArray();
    }

    @Test
    void commandsLeaveTheSameAsThroughRedisCliPipe() throws Exception {
        byte[] file = commands(new Random(14), 20_000);
        try (RedisProcess redis = new RedisProcess(); TestServer server = TestServer.start();
                RespClient there = redis.connect(); RespClient here = server.connect()) {
            CommandProcess pipe = redisCliPipe(file, redis.port());
            CommandProcess run = importFrom(file, server.port());
            assertEquals(DATA, run.exit(), "INCR of what is no number fails, on both sides: " + run);
            int errors = Integer.parseInt(pipe.output().replaceAll("(?s).*errors: ([0-9]+), replies: 20000.*", "$1"));
            assertTrue(run.output().startsWith(String.format("20,000 records sent, 20,000 replies, %,d errors", errors)), run + " " + pipe);
            Map<String, String> content = content(there);
            assertEquals(content, content(here));
            assertTrue(content.values().stream().filter(value -> !value.startsWith("$-1")).count() > 100, "there is something to compare");
        }
    }

    private static Map<String, String> content(RespClient client) throws Exception {
        Map<String, String> content = new TreeMap<>();
        for (int i = 0; i < 200; i++) {
            String key = "key:" + i;
            content.put(key, client.call("GET", key) + (client.call("TTL", key).length() > 5 ? "expires" : "stays"));
        }
        return content;
    }

    @Test
    void refusedRecordsAreNamedByLineAndTheRestIsThere() throws Exception {
        String file = "{\"marrow_export\":1}\n{\"key\":\"a\",\"value\":\"1\"}\nrubbish\n{\"key\":\"b\",\"value\":\"2\",\"expire_ms\":0}\n"
                + "{\"key\":\"c\",\"value\":\"3\",\"expire_ms\":9223372036854775807}\n{\"key\":\"d\",\"value\":\"4\"}\n"
                + "{\"end\":true,\"records\":5}\n";
        try (RedisProcess redis = new RedisProcess("--maxmemory-policy", "noeviction"); RespClient client = redis.connect()) {
            CommandProcess run = importFrom(file.getBytes(UTF_8), redis.port());
            assertEquals(DATA, run.exit(), run.toString());
            assertTrue(run.error().contains("line 3: not valid JSON"), run.toString());
            assertEquals("$1\r\n1\r\n$1\r\n2\r\n$1\r\n4\r\n", client.call("GET", "a") + client.call("GET", "b") + client.call("GET", "d"));

            assertEquals("+OK\r\n", client.call("CONFIG", "SET", "maxmemory", "1"));
            CommandProcess full = importFrom(file.getBytes(UTF_8), redis.port(), "--errors", "2");
            assertEquals(DATA, full.exit(), full.toString());
            assertTrue(full.error().contains("line 2: OOM command not allowed") && full.error().contains("more errors"), full.toString());
        }
    }

    @Test
    void cutExportIsImportedWithAWarning() throws Exception {
        List<Records.Given> records = Records.random(new Random(15), 300, LATER_MILLIS);
        byte[] file = Records.export(records, true, 0);
        int end = latin(file).lastIndexOf("{\"end\"");
        try (TestServer server = TestServer.start(); RespClient client = server.connect()) {
            CommandProcess run = importFrom(Arrays.copyOf(file, end), server.port());
            assertEquals(DATA, run.exit(), run.toString());
            assertTrue(run.error().contains("line 301: the input was cut off"), run.toString());
            assertValues(records, client);
        }
    }

    /** More replies than all buffers between hold: whoever sends without reading them would wait for ever. */
    @Test
    void longRepliesDoNotStopIt() throws Exception {
        StringBuilder file = new StringBuilder(RespClient.encode("SET", "big", "x".repeat(65_536)));
        for (int i = 0; i < 2000; i++) {
            file.append(RespClient.encode("GET", "big"));
        }
        try (TestServer server = TestServer.start()) {
            assertImported(importFrom(file.toString().getBytes(ISO_8859_1), server.port()), 2001);
        }
    }

    @Test
    void passwordComesFromTheCommandLineOrTheEnvironment() throws Exception {
        byte[] file = RespClient.encode("SET", "k", "v").getBytes(ISO_8859_1);
        try (TestServer server = TestServer.start("requirepass", "secret")) {
            CommandProcess without = importFrom(file, server.port());
            assertEquals(UNAVAILABLE, without.exit(), without.toString());
            assertTrue(without.error().contains("NOAUTH"), without.toString());
            CommandProcess wrong = importFrom(file, server.port(), "--password", "guess");
            assertEquals(UNAVAILABLE, wrong.exit(), wrong.toString());
            assertTrue(wrong.error().contains("WRONGPASS"), wrong.toString());
            assertImported(importFrom(file, server.port(), "--password", "secret"), 1);
            assertImported(importFrom(Map.of("REDISCLI_AUTH", "secret"), file, server.port()), 1);
        }
    }

    @Test
    void noFileAndNoServerAreOneClearLine() throws Exception {
        Path file = Files.write(scratch.resolve("file"), RespClient.encode("PING").getBytes(ISO_8859_1));
        String port = Integer.toString(RedisProcess.freePort());
        CommandProcess noServer = CommandProcess.marrow("import", "--port", port, file.toString());
        assertEquals(UNAVAILABLE, noServer.exit(), noServer.toString());
        assertEquals("marrow: no server at 127.0.0.1 port " + port + ": Connection refused\n", noServer.error());
        CommandProcess noFile = CommandProcess.marrow("import", "--port", port, scratch.resolve("none").toString());
        assertEquals(74, noFile.exit(), noFile.toString());
        assertEquals("marrow: there is no file " + scratch.resolve("none") + "\n", noFile.error());
    }
}
