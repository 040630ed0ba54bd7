package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A disk that does not answer for a while, in {@code always}: whoever need not wait for it is served. */
class HungDiskIT {
    private static final int ROUNDS_MIN = 3;
    /** Where a sync was held up just before it hung, the next one was the log's own thread's. */
    private static final int ROUNDS_MAX = 100;

    private static Set<Thread> loopThreads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("marrow-loop")).collect(Collectors.toSet());
    }

    /** Quick enough for loops to sync themselves, whatever the disk is. */
    private static FrozenStorage quick() {
        FrozenStorage storage = new FrozenStorage();
        storage.withoutSyncs();
        return storage;
    }

    private static void assertNoLoopIsLeft() throws InterruptedException {
        for (Thread ended : loopThreads()) {
            assertTrue(ended.join(Duration.ofSeconds(10)), ended + " is left behind");
        }
    }

    @Test
    void othersAreServedWhileASyncHangs() throws Exception {
        FrozenStorage storage = quick();
        try (TestServer server = TestServer.on(storage, "durability", "always", "on-host", "off"); storage; RespClient writer = server.connect();
                RespClient other = server.connect()) {
            assertEquals("+OK\r\n", other.call("SET", "durable", "yes"));
            boolean relieved = false;
            for (int round = 0; round < ROUNDS_MAX && (round < ROUNDS_MIN || !relieved); round++) {
                // quick syncs, which the loop makes itself
                for (int i = 0; i < 100; i++) {
                    assertEquals("+OK\r\n", writer.call("SET", "key", "value" + i));
                }
                Set<Thread> before = loopThreads();
                storage.freeze();
                writer.send(RespClient.encode("SET", "key", "held" + round));
                for (int i = 0; i < 20; i++) {
                    assertEquals("+PONG\r\n", other.call("PING"));
                    assertEquals("$3\r\nyes\r\n", other.call("GET", "durable"));
                    Thread.sleep(10);
                }
                relieved |= !loopThreads().equals(before);
                assertEquals(0, writer.socket().getInputStream().available(), "nothing is acknowledged before it is synced");
                storage.thaw();
                assertEquals("+OK\r\n", writer.reply());
                assertTrue(other.call("GET", "key").endsWith("held" + round + "\r\n"));
            }
            assertTrue(relieved, "no loop was in a sync when it hung: this test has shown nothing");
        }
        assertNoLoopIsLeft();
    }

    /** The stop waits for the disk, and what was executed is in the log then. */
    @Test
    void aStopBesideASyncThatHangs() throws Exception {
        for (int round = 0; round < ROUNDS_MIN; round++) {
            FrozenStorage storage = quick();
            TestServer server = TestServer.on(storage, "durability", "always", "on-host", "off");
            try (storage; RespClient writer = server.connect()) {
                for (int i = 0; i < 100; i++) {
                    assertEquals("+OK\r\n", writer.call("SET", "key", "value" + i));
                }
                storage.freeze();
                writer.send(RespClient.encode("SET", "key", "last"));
                Thread.sleep(30L * round);
                Thread stop = Thread.ofPlatform().start(() -> {
                    try {
                        server.stop();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                Thread.sleep(200);
                assertTrue(stop.isAlive(), "a log that is not synced is no clean stop");
                storage.thaw();
                assertTrue(stop.join(Duration.ofSeconds(20)));
                assertNull(server.server().failure());
                assertNoLoopIsLeft();
            } finally {
                server.close();
            }
        }
    }
}
