package dev.marrow.engine.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same random commands to Marrow, to a plain model and, where it is installed, to redis-server: the same replies, byte for byte, and
 * the same content after a warm and after a cold start.
 *
 * <p>{@code -Dmarrow.model.pipelines=N} runs longer, {@code -Dmarrow.model.seed=S} repeats a run.
 */
class ModelIT {
    private static final int PIPELINES = Integer.getInteger("marrow.model.pipelines", 1_200);
    private static final int PIPELINE_COMMANDS_MAX = 60;
    private static final int PIECES_MAX = 12;
    private static final long CLOCK_SLACK_MILLIS = 2_000;
    /** Without a tier two, and with one and a limit that is reached now and then. */
    private static final int SMALL = RedisModel.TABLE_VALUE_BYTES_MAX;
    private static final int LARGE = 1 << 20;
    private static final int LARGE_DIVISOR = 4;
    private static final Executor VIRTUAL = task -> Thread.ofVirtual().start(task);

    /** A server has executed a command at most so long after the model did. */
    private long lagMillis;

    private record Sent(List<String> command, RedisModel.Expected expected, List<String> forRedis) {
        boolean isForRedis() {
            return !forRedis.isEmpty() && !(expected instanceof RedisModel.Expected.Bytes bytes && bytes.limit());
        }

        Sent toRedis() {
            return new Sent(forRedis, expected, forRedis);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"always", "everysec"})
    void answersAsTheModelAndRedisDo(String durability) throws Exception {
        run(durability, SMALL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"always", "everysec"})
    void answersAsTheModelAndRedisDoWithLargeValues(String durability) throws Exception {
        run(durability, LARGE);
    }

    private void run(String durability, int valueBytesMax) throws Exception {
        long seed = Long.getLong("marrow.model.seed", new Random().nextLong());
        try (TestServer marrow = TestServer.start("durability", durability, "tier-two", valueBytesMax == SMALL ? "0" : "256mb",
                "proto-max-bulk-len", Integer.toString(LARGE))) {
            if (RedisProcess.installed()) {
                try (RedisProcess redis = new RedisProcess(); Peers peers = new Peers(redis)) {
                    run(marrow, peers, seed, valueBytesMax);
                }
            } else {
                try (Peers none = new Peers()) {
                    run(marrow, none, seed, valueBytesMax);
                }
            }
        } catch (Throwable failure) {
            throw new AssertionError("repeat with -Dmarrow.model.seed=" + seed + " (durability " + durability + "): " + failure.getMessage(), failure);
        }
    }

    /** Connections to redis-server, one a protocol; none when it is not installed. */
    private static final class Peers implements AutoCloseable {
        private final List<RespClient> clients = new ArrayList<>();

        Peers() {}

        Peers(RedisProcess redis) throws IOException {
            clients.add(redis.connect());
            clients.add(redis.connect());
            clients.get(1).call("HELLO", "3");
        }

        @Override
        public void close() throws IOException {
            for (RespClient client : clients) {
                client.close();
            }
        }
    }

    private void run(TestServer marrow, Peers redis, long seed, int valueBytesMax) throws Exception {
        Random random = new Random(seed);
        CommandGenerator generator = new CommandGenerator(random, System.currentTimeMillis(), valueBytesMax);
        RedisModel model = new RedisModel(valueBytesMax);
        try (RespClient resp2 = marrow.connect(); RespClient resp3 = marrow.connect()) {
            resp3.call("HELLO", "3");
            for (int i = 0; i < (valueBytesMax == SMALL ? PIPELINES : PIPELINES / LARGE_DIVISOR); i++) {
                boolean three = random.nextBoolean();
                long begin = System.currentTimeMillis();
                List<Sent> pipeline = pipeline(generator, model, three, random);
                exchange("Marrow", three ? resp3 : resp2, pipeline, random);
                lagMillis = Math.max(lagMillis, System.currentTimeMillis() - begin);
                if (!redis.clients.isEmpty()) {
                    List<Sent> common = pipeline.stream().filter(Sent::isForRedis).map(Sent::toRedis).toList();
                    exchange("redis-server", redis.clients.get(three ? 1 : 0), common, random);
                    lagMillis = Math.max(lagMillis, System.currentTimeMillis() - begin);
                }
            }
        }
        assertContent(marrow, model, generator, "before the restart");
        marrow.stopKeepingPins();
        marrow.restart();
        assertEquals("warm", marrow.server().report().mode());
        assertContent(marrow, model, generator, "after a warm start");
        marrow.stopKeepingPins();
        marrow.unpin();
        marrow.restart();
        assertEquals("cold", marrow.server().report().mode());
        assertContent(marrow, model, generator, "after a start from the log of a server that broke");
        marrow.stop();
        assertEquals(false, marrow.pinned(), "pins after a clean stop");
        marrow.restart();
        assertEquals("cold", marrow.server().report().mode());
        assertContent(marrow, model, generator, "after a clean stop and a cold start");
    }

    private static List<Sent> pipeline(CommandGenerator generator, RedisModel model, boolean resp3, Random random) {
        int count = 1 + random.nextInt(random.nextInt(4) == 0 ? PIPELINE_COMMANDS_MAX : 6);
        List<Sent> pipeline = new ArrayList<>(count);
        while (pipeline.size() < count) {
            List<String> command = generator.next();
            long now = System.currentTimeMillis();
            if (command.get(0).equalsIgnoreCase("dbsize") && model.hasExpired(now)) {
                continue;
            }
            RedisModel.Expected expected = model.execute(command, resp3, now);
            pipeline.add(new Sent(command, expected, model.forRedis()));
        }
        return pipeline;
    }

    private void exchange(String who, RespClient client, List<Sent> pipeline, Random random) throws Exception {
        StringBuilder bytes = new StringBuilder();
        pipeline.forEach(sent -> bytes.append(RespClient.encode(sent.command())));
        int[] cuts = random.ints(random.nextInt(PIECES_MAX), 0, bytes.length() + 1).sorted().toArray();
        long before = System.currentTimeMillis();
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write(client, bytes.toString(), cuts), VIRTUAL);
        List<String> replies = new ArrayList<>();
        for (Sent sent : pipeline) {
            try {
                replies.add(client.reply());
            } catch (IOException e) {
                throw new AssertionError(who + ": no reply to " + shown(sent.command()) + ": " + e, e);
            }
        }
        long after = System.currentTimeMillis();
        try {
            writing.get();
        } catch (ExecutionException e) {
            throw new AssertionError(who + ": " + e.getCause(), e);
        }
        for (int i = 0; i < replies.size(); i++) {
            check(who, pipeline, i, replies.get(i), before, after);
        }
    }

    private static void write(RespClient client, String bytes, int[] cuts) {
        try {
            OutputStream out = client.socket().getOutputStream();
            int from = 0;
            for (int cut : cuts) {
                out.write(bytes.substring(from, cut).getBytes(ISO_8859_1));
                LockSupport.parkNanos(20_000);
                from = cut;
            }
            out.write(bytes.substring(from).getBytes(ISO_8859_1));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void check(String who, List<Sent> pipeline, int i, String reply, long before, long after) {
        boolean right = switch (pipeline.get(i).expected()) {
            case RedisModel.Expected.Bytes bytes -> bytes.bytes().equals(reply);
            case RedisModel.Expected.TimeLeft left -> isTimeLeft(left, reply, before, after);
            case RedisModel.Expected.Deadline deadline -> isDeadline(deadline, reply, before, after);
            case RedisModel.Expected.AnyOrder any -> isAnyOrder(any, reply);
            case RedisModel.Expected.OneOf one -> one.elements().stream()
                    .anyMatch(element -> reply.equals("$" + element.length() + "\r\n" + element + "\r\n"));
            case RedisModel.Expected.Versioned versioned -> isVersioned(versioned, reply);
        };
        if (!right) {
            StringBuilder story = new StringBuilder();
            for (int j = Math.max(0, i - 5); j <= i; j++) {
                story.append("\n  ").append(shown(pipeline.get(j).command()));
            }
            fail(who + " answered " + shown(List.of(reply)) + difference(pipeline.get(i).expected(), reply) + " to" + story);
        }
    }

    private static String difference(RedisModel.Expected expected, String reply) {
        if (!(expected instanceof RedisModel.Expected.Bytes(String bytes, boolean limit))) {
            return ", the model " + expected;
        }
        int at = 0;
        while (at < bytes.length() && at < reply.length() && bytes.charAt(at) == reply.charAt(at)) {
            at++;
        }
        return ", the model " + shown(List.of(bytes)) + "; from byte " + at + " on " + shown(List.of(reply.substring(at), bytes.substring(at)));
    }

    private static boolean isVersioned(RedisModel.Expected.Versioned versioned, String reply) {
        String value = "*2\r\n$" + versioned.value().length() + "\r\n" + versioned.value() + "\r\n";
        return reply.startsWith(value) && reply.substring(value.length()).matches(":[1-9][0-9]*\r\n");
    }

    private boolean isTimeLeft(RedisModel.Expected.TimeLeft left, String reply, long before, long after) {
        if (!reply.matches(":[0-9]+\r\n")) {
            return false;
        }
        long unit = left.milliseconds() ? 1 : 1000;
        long millis = Long.parseLong(reply.substring(1, reply.length() - 2)) * unit;
        long slack = CLOCK_SLACK_MILLIS + lagMillis + unit;
        // The model took its deadline up to `after - before` earlier than the server did.
        return millis >= left.deadlineMillis() - after - slack && millis <= left.deadlineMillis() - before + (after - before) + slack;
    }

    private boolean isDeadline(RedisModel.Expected.Deadline deadline, String reply, long before, long after) {
        if (!reply.matches(":[0-9]+\r\n")) {
            return false;
        }
        long unit = deadline.milliseconds() ? 1 : 1000;
        long millis = Long.parseLong(reply.substring(1, reply.length() - 2)) * unit;
        return Math.abs(millis - deadline.deadlineMillis()) <= CLOCK_SLACK_MILLIS + lagMillis + unit + (after - before);
    }

    private static boolean isAnyOrder(RedisModel.Expected.AnyOrder any, String reply) {
        return reply.startsWith(any.before()) && bulks(reply.substring(any.before().length())).equals(any.elements());
    }

    /** The bulk strings of an array, sorted. */
    private static List<String> bulks(String array) {
        List<String> elements = new ArrayList<>();
        int at = array.indexOf('\n') + 1;
        int count = Integer.parseInt(array.substring(1, at - 2));
        for (int i = 0; i < count; i++) {
            int start = array.indexOf('\n', at) + 1;
            int end = start + Integer.parseInt(array.substring(at + 1, start - 2));
            elements.add(array.substring(start, end));
            at = end + 2;
        }
        elements.sort(null);
        return elements;
    }

    /** Full iterations, whatever their COUNT. */
    private static void assertScans(RespClient client, Map<String, Map.Entry<String, Long>> content, String when) throws Exception {
        for (String count : List.of("1", "3", "1000")) {
            List<String> found = new ArrayList<>();
            String cursor = "0";
            do {
                String[] reply = client.call("SCAN", cursor, "COUNT", count).split("\r\n", 4);
                cursor = reply[2];
                found.addAll(bulks(reply[3]));
            } while (!cursor.equals("0"));
            found.sort(null);
            assertEquals(List.copyOf(content.keySet()), found, "SCAN COUNT " + count + " " + when);
        }
        assertEquals(List.copyOf(content.keySet()), bulks(client.call("KEYS", "*")), "KEYS " + when);
    }

    private void assertContent(TestServer marrow, RedisModel model, CommandGenerator generator, String when) throws Exception {
        long now = System.currentTimeMillis();
        Map<String, Map.Entry<String, Long>> content = model.content(now);
        try (RespClient client = marrow.connect()) {
            for (String key : generator.keys()) {
                List<String> value = List.of("GET", key);
                List<String> deadline = List.of("PTTL", key);
                exchange("Marrow " + when, client, List.of(new Sent(value, model.execute(value, false, now), value),
                        new Sent(deadline, model.execute(deadline, false, now), deadline)), new Random(0));
            }
            assertScans(client, content, when);
            if (!model.hasExpired(now)) {
                assertEquals(":" + content.size() + "\r\n", client.call("DBSIZE"), "DBSIZE " + when);
            }
        }
    }

    private static String shown(List<String> words) {
        StringBuilder text = new StringBuilder();
        for (String word : words) {
            text.append(text.isEmpty() ? "" : " ").append('"');
            for (char c : word.substring(0, Math.min(word.length(), 80)).toCharArray()) {
                text.append(c >= ' ' && c < 127 ? String.valueOf(c) : "\\x%02x".formatted((int) c));
            }
            text.append(word.length() > 80 ? "… (" + word.length() + " bytes)\"" : "\"");
        }
        return text.toString();
    }
}
