package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.ProtocolVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.SetParams;

/** The clients people use, as they come. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClientsIT {
    private static final int BENCHMARK_REQUESTS = 20_000;
    private static final Pattern REQUESTS_PER_SECOND = Pattern.compile("(\\w+): ([0-9.]+) requests per second");
    private static final Executor VIRTUAL = task -> Thread.ofVirtual().start(task);

    private TestServer server;

    TestServer server() {
        return server;
    }

    /** In {@code always} the on-host door serves reads and the server door the rest. */
    String durability() {
        return "always";
    }

    @BeforeAll
    void startServer() throws Exception {
        server = TestServer.start("durability", durability());
    }

    @AfterAll
    void stopServer() throws Exception {
        try {
            assertTrue(server.onHostCommands() > 0, "these are local clients");
        } finally {
            server.close();
        }
    }

    @BeforeEach
    void empty() throws Exception {
        try (RespClient client = server.connect()) {
            assertEquals("+OK\r\n", client.call("FLUSHALL"));
        }
    }

    @Test
    void jedisWithoutAnySettings() {
        try (RedisClient jedis = RedisClient.create("127.0.0.1", server.port())) {
            useJedis(jedis);
        }
    }

    @ParameterizedTest
    @EnumSource(RedisProtocol.class)
    void jedisInEachProtocol(RedisProtocol protocol) {
        JedisClientConfig config = DefaultJedisClientConfig.builder().protocol(protocol).clientName("jedis-test").build();
        try (RedisClient jedis = RedisClient.builder().hostAndPort("127.0.0.1", server.port()).clientConfig(config).build()) {
            useJedis(jedis);
        }
    }

    private static void useJedis(RedisClient jedis) {
        assertEquals("PONG", jedis.ping());
        assertEquals("OK", jedis.set("k", "v"));
        assertEquals("v", jedis.get("k"));
        assertNull(jedis.get("none"));
        assertNull(jedis.set("k", "w", SetParams.setParams().nx()));
        assertEquals("OK", jedis.set("timed", "w", SetParams.setParams().nx().ex(10_000)));
        assertTrue(jedis.ttl("timed") > 9_000);
        assertEquals(1, jedis.persist("timed"));
        assertEquals(5, jedis.incrBy("n", 5));
        assertEquals(2, jedis.append("k", "w"));
        assertEquals("OK", jedis.mset("a", "1", "b", "2"));
        assertEquals(java.util.Arrays.asList("1", "2", null), jedis.mget("a", "b", "c"));
        assertEquals(2, jedis.del("a", "b", "c"));
        assertEquals("vw", jedis.getDel("k"));
        byte[] binary = new byte[65_536];
        new java.util.Random(1).nextBytes(binary);
        assertEquals("OK", jedis.set(new byte[] {0, 13, 10}, binary));
        assertArrayEquals(binary, jedis.get(new byte[] {0, 13, 10}));
        jedis.set("text", "abc");
        assertEquals("ERR value is not an integer or out of range",
                org.junit.jupiter.api.Assertions.assertThrows(JedisDataException.class, () -> jedis.incr("text")).getMessage());
        try (Pipeline pipeline = jedis.pipelined()) {
            List<Response<Long>> counts = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                counts.add(pipeline.incr("pipelined"));
            }
            pipeline.sync();
            for (int i = 0; i < counts.size(); i++) {
                assertEquals(i + 1, counts.get(i).get());
            }
        }
        useFromManyThreads(jedis);
    }

    /** Through the client's pool of connections. */
    private static void useFromManyThreads(RedisClient jedis) {
        List<CompletableFuture<Void>> users = new ArrayList<>();
        for (int user = 0; user < 8; user++) {
            users.add(CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 100; i++) {
                    jedis.incr("shared");
                }
            }, VIRTUAL));
        }
        users.forEach(CompletableFuture::join);
        assertEquals("800", jedis.get("shared"));
    }

    @Test
    void lettuceWithoutAnySettings() throws Exception {
        useLettuce(ClientOptions.create());
    }

    @ParameterizedTest
    @EnumSource(ProtocolVersion.class)
    void lettuceInEachProtocol(ProtocolVersion protocol) throws Exception {
        useLettuce(ClientOptions.builder().protocolVersion(protocol).build());
    }

    private void useLettuce(ClientOptions options) throws Exception {
        io.lettuce.core.RedisClient client = io.lettuce.core.RedisClient.create("redis://127.0.0.1:" + server.port());
        client.setOptions(options);
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            var sync = connection.sync();
            assertEquals("PONG", sync.ping());
            assertEquals("OK", sync.set("k", "v", SetArgs.Builder.px(100_000).nx()));
            assertNull(sync.set("k", "w", SetArgs.Builder.nx()));
            assertEquals("v", sync.setGet("k", "w"));
            assertEquals(-1, sync.pttl("k"));
            assertNull(sync.get("none"));
            assertEquals(1, sync.exists("k", "none"));
            assertEquals("v2", sync.echo("v2"));
            assertTrue(sync.info().contains("marrow_version"));
            assertFalse(sync.configGet("appendfsync").isEmpty());
            var async = connection.async();
            connection.setAutoFlushCommands(false);
            List<RedisFuture<Long>> counts = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                counts.add(async.incr("pipelined"));
            }
            connection.flushCommands();
            for (int i = 0; i < counts.size(); i++) {
                assertEquals(i + 1, counts.get(i).get(10, TimeUnit.SECONDS));
            }
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-2", "-3"})
    void redisCli(String protocol) throws Exception {
        assertEquals("PONG", run("redis-cli", protocol, "-p", port(), "PING"));
        assertEquals("OK", run("redis-cli", protocol, "-p", port(), "SET", "k", "a b"));
        assertEquals("a b", run("redis-cli", protocol, "-p", port(), "GET", "k"));
        assertEquals("(integer) 3", run("redis-cli", protocol, "--no-raw", "-p", port(), "STRLEN", "k"));
        assertEquals("(nil)", run("redis-cli", protocol, "--no-raw", "-p", port(), "GET", "none"));
        assertTrue(run("redis-cli", protocol, "-p", port(), "INFO", "server").contains("tcp_port:" + port()));
        assertTrue(run("redis-cli", protocol, "-p", port(), "GET").startsWith("ERR wrong number of arguments"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "16"})
    void redisBenchmark(String depth) throws Exception {
        String output = run("redis-benchmark", "-p", port(), "-P", depth, "-n", Integer.toString(BENCHMARK_REQUESTS), "-c", "50", "-r", "1000", "-q",
                "-t", "ping_inline,ping_mbulk,set,get,incr,mset");
        Matcher matcher = REQUESTS_PER_SECOND.matcher(output.replace("PING_", "PING").replaceAll(" \\([^)]*\\)", ""));
        int results = 0;
        while (matcher.find()) {
            results++;
        }
        assertEquals(6, results, output);
        assertFalse(output.toLowerCase(java.util.Locale.ROOT).contains("err"), output);
        try (RespClient client = server.connect()) {
            assertEquals(0, increments(client) % BENCHMARK_REQUESTS, "each of the benchmark's increments is counted once");
        }
    }

    /** The benchmark's INCR has 1000 counters. */
    private static long increments(RespClient client) throws Exception {
        long sum = 0;
        for (int i = 0; i < 1_000; i++) {
            String count = client.call("GET", "counter:%012d".formatted(i));
            sum += count.equals("$-1\r\n") ? 0 : Long.parseLong(count.split("\r\n")[1]);
        }
        assertTrue(sum > 0, "counters exist");
        return sum;
    }

    private String port() {
        return Integer.toString(server.port());
    }

    /** What the tool prints; it must be installed and end with 0. */
    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "still running: " + String.join(" ", command));
            assertEquals(0, process.exitValue(), output);
            return output;
        } finally {
            process.destroyForcibly();
        }
    }
}
