package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The log stands still until the ring is full (I1): writes wait, reads go on, nothing is lost or done twice, and it recovers by itself. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RingFullIT {
    private static final int WRITERS = 8;
    private static final int WRITES_PER_WRITER = 500;
    private static final String STALLED = "-ERR the log did not take the write in time (--stall-timeout); nothing was changed\r\n";
    private static final String VALUE = "v".repeat(2_000);
    /** Does not fit where a writer's value does not. */
    private static final String LARGER = "w".repeat(4_000);
    private static final Executor VIRTUAL = task -> Thread.ofVirtual().start(task);

    /** What a writer was told. */
    private record Told(int acknowledged, int refused) {}

    @Test
    void writesWaitAndAllArriveWhenTheLogGoesOnInTime() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.on(storage, "ring", "256kb", "stall-timeout", "60000"); storage;
                RespClient reader = server.connect()) {
            reader.call("SET", "durable", "before");
            storage.freeze();
            List<CompletableFuture<Told>> writers = startWriters(server);
            awaitRingFull(server);
            for (int i = 0; i < 200; i++) {
                assertEquals("$6\r\nbefore\r\n", reader.call("GET", "durable"), "a read while writers wait");
            }
            assertTrue(writers.stream().noneMatch(CompletableFuture::isDone), "nobody is answered while the log stands still");
            storage.thaw();
            for (CompletableFuture<Told> writer : writers) {
                assertEquals(new Told(WRITES_PER_WRITER, 0), writer.get());
            }
            assertCounters(server, writers);
            server.stopKeepingPins();
            server.unpin();
            server.restart();
            assertCounters(server, writers);
        }
    }

    @Test
    void aColdWriteThatWaitsDoesNotHoldUpReads() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.on(storage, "ring", "256kb", "stall-timeout", "60000"); storage;
                RespClient reader = server.connect(); RespClient cold = server.connect()) {
            reader.call("SET", "durable", "before");
            storage.freeze();
            List<CompletableFuture<Told>> writers = startWriters(server);
            awaitRingFull(server);
            cold.send(RespClient.encode("MSET", "x", LARGER, "y", LARGER)).send(RespClient.encode("DEL", "x", "absent"));
            for (int i = 0; i < 200; i++) {
                assertEquals("$6\r\nbefore\r\n", reader.call("GET", "durable"), "a read while MSET waits");
            }
            storage.thaw();
            assertEquals("+OK\r\n", cold.reply());
            assertEquals(":1\r\n", cold.reply());
            for (CompletableFuture<Told> writer : writers) {
                assertEquals(new Told(WRITES_PER_WRITER, 0), writer.get());
            }
        }
    }

    @Test
    void afterTheNamedTimeWritesFailUnchangedAndLaterOnesSucceed() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.on(storage, "ring", "256kb", "stall-timeout", "300"); storage;
                RespClient reader = server.connect()) {
            reader.call("SET", "durable", "before");
            storage.freeze();
            List<CompletableFuture<Told>> writers = startWriters(server);
            awaitRingFull(server);
            try (RespClient late = server.connect()) {
                assertEquals(STALLED, late.call("SET", "late", LARGER));
                assertEquals("$-1\r\n", late.call("GET", "late"), "the write that failed");
                assertEquals(STALLED, late.call("MSET", "late", LARGER, "later", LARGER, "latest", LARGER));
                assertEquals("*3\r\n$-1\r\n$-1\r\n$-1\r\n", late.call("MGET", "late", "later", "latest"));
            }
            assertEquals("$6\r\nbefore\r\n", reader.call("GET", "durable"), "a read after writes failed");
            storage.thaw();
            for (CompletableFuture<Told> writer : writers) {
                Told told = writer.get();
                assertEquals(WRITES_PER_WRITER, told.acknowledged() + told.refused());
            }
            assertEquals("+OK\r\n", reader.call("SET", "after", "thaw"));
            assertCounters(server, writers);
        }
    }

    /** Pipelines of INCR on a counter of their own, each with a large SET beside it that fills the ring. */
    private static List<CompletableFuture<Told>> startWriters(TestServer server) {
        return IntStream.range(0, WRITERS).mapToObj(writer -> CompletableFuture.supplyAsync(() -> {
            try (RespClient client = server.connect()) {
                StringBuilder pipeline = new StringBuilder();
                for (int i = 0; i < WRITES_PER_WRITER; i++) {
                    pipeline.append(RespClient.encode("INCR", "counter:" + writer)).append(RespClient.encode("SET", "filler:" + writer, VALUE));
                }
                CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                    try {
                        client.send(pipeline.toString());
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }, VIRTUAL);
                Told told = read(client);
                sending.get();
                return told;
            } catch (Exception e) {
                throw new AssertionError("writer " + writer + ": " + e, e);
            }
        }, VIRTUAL)).toList();
    }

    private static Told read(RespClient client) throws Exception {
        int acknowledged = 0;
        int refused = 0;
        for (int i = 0; i < WRITES_PER_WRITER; i++) {
            String increment = client.reply();
            if (increment.equals(STALLED)) {
                refused++;
            } else {
                assertEquals(":" + ++acknowledged + "\r\n", increment, "each acknowledged increment is counted once");
            }
            String set = client.reply();
            assertTrue(set.equals("+OK\r\n") || set.equals(STALLED), set);
        }
        return new Told(acknowledged, refused);
    }

    /** Not from INFO, which tells the number of keys and so waits for the log (I3). */
    private static void awaitRingFull(TestServer server) throws Exception {
        while (server.server().store().counters().status(Abi.STATUS_RING_FULL) == 0) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static void assertCounters(TestServer server, List<CompletableFuture<Told>> writers) throws Exception {
        List<String> found = new ArrayList<>();
        List<String> acknowledged = new ArrayList<>();
        try (RespClient client = server.connect()) {
            for (int i = 0; i < WRITERS; i++) {
                String count = client.call("GET", "counter:" + i);
                found.add(count.startsWith("$-1") ? "0" : count.split("\r\n")[1]);
                acknowledged.add(Integer.toString(writers.get(i).get().acknowledged()));
            }
        }
        assertEquals(acknowledged, found, "increments in the store against acknowledged ones");
    }
}
