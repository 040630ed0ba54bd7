package dev.marrow.bpf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Several threads in the kernel at once, on a table so small that every bucket has a chain and every record is reused at once.
 * More threads than cores, so that they meet between snapshot and lock.
 */
@org.junit.jupiter.api.Timeout(value = 120, threadMode = org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD)
class RacesKernelIT {
    private static final int THREADS = 4;
    private static final int ROUNDS = 20_000;
    private static final int PIPELINE = 100;

    private TestStore store;
    private long incremented;
    private ExecutorService threads;
    private AtomicBoolean draining;
    private Thread drainer;
    /** Highest version seen of each key in the ring, by the drainer. */
    private final Map<String, Long> versions = new HashMap<>();
    private final List<String> disorder = new ArrayList<>();

    /** The programs under test. */
    String object() {
        return "/bpf/marrow.bpf.o";
    }

    @BeforeEach
    void open() {
        store = new TestStore(object(), new StoreGeometry(StoreGeometry.CAPACITY_MIN, 64 << 20, 1 << 20), THREADS);
        store.drainedElsewhere = true;
        threads = Executors.newFixedThreadPool(THREADS);
        draining = new AtomicBoolean(true);
        drainer = Thread.ofPlatform().start(() -> {
            while (draining.get()) {
                drain();
                Thread.onSpinWait();
            }
        });
    }

    @AfterEach
    void close() throws InterruptedException {
        draining.set(false);
        drainer.join();
        threads.shutdownNow();
        store.close();
    }

    /** Takes what the ring has, noting whether each key's versions rise. */
    private void drain() {
        RedoRing ring = store.store.ring();
        long from = ring.consumerPosition();
        long to = ring.finishedEnd(from, 1 << 16);
        MemorySegment bytes = ring.bytes(from, to);
        for (long at = 0; at < to - from; ) {
            int header = bytes.get(ValueLayout.JAVA_INT, at);
            int length = header & ~RedoRing.DISCARD_BIT;
            long body = at + RedoRing.HEADER_BYTES;
            if ((header & RedoRing.DISCARD_BIT) == 0) {
                long version = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, body);
                int keyLength = bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, body + 20);
                String key = new String(bytes.asSlice(body + Abi.REDO_HEADER_BYTES, keyLength).toArray(ValueLayout.JAVA_BYTE),
                        java.nio.charset.StandardCharsets.ISO_8859_1);
                Long before = versions.put(key, version);
                if (before != null && before >= version) {
                    disorder.add(key + " " + before + " then " + version);
                }
            }
            at = body + (length + 7 & ~7);
        }
        ring.release(to);
    }

    private interface Work {
        void run(int slot, Random random) throws Exception;
    }

    private void inParallel(int count, Work work) throws Exception {
        long seed = System.nanoTime();
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int slot = i;
            running.add(threads.submit(() -> {
                work.run(slot, new Random(seed + slot));
                return null;
            }));
        }
        for (Future<?> one : running) {
            one.get();
        }
    }

    private String call(int slot, String... command) {
        return store.run(slot, TestStore.command(command), 0);
    }

    @Test
    void incrementsAreNeitherLostNorDoubled() throws Exception {
        int rounds = ROUNDS / PIPELINE;
        inParallel(THREADS, (slot, random) -> {
            for (int i = 0; i < rounds; i++) {
                // pipelined: most of the time in the kernel, so that they meet there
                store.run(slot, TestStore.command("INCR", "shared:" + random.nextInt(3)).repeat(PIPELINE), 0);
            }
        });
        incremented += (long) THREADS * rounds * PIPELINE;
        long sum = 0;
        for (int i = 0; i < 3; i++) {
            sum += Long.parseLong(call(0, "GET", "shared:" + i).split("\r\n")[1]);
        }
        assertEquals(incremented, sum);
        assertEquals(3, store.store.counters().keys());
    }

    @Test
    void versionsRiseInTheOrderOfTheRing() throws Exception {
        for (int i = 0; i < 50 && store.store.counters().attemptsLost() == 0; i++) {
            incrementsAreNeitherLostNorDoubled();
        }
        draining.set(false);
        drainer.join();
        drain();
        assertEquals(List.of(), disorder.subList(0, Math.min(5, disorder.size())));
        assertTrue(store.store.counters().attemptsLost() > 0, "the threads never met: this test has shown nothing");
    }

    @Test
    void oneOfManyCreatorsWins() throws Exception {
        AtomicInteger winners = new AtomicInteger();
        inParallel(THREADS, (slot, random) -> {
            for (int i = 0; i < 100; i++) {
                if (call(slot, "SET", "once:" + i, "by" + slot, "NX").equals("+OK\r\n")) {
                    winners.incrementAndGet();
                }
            }
        });
        assertEquals(100, winners.get());
        assertEquals(100, store.store.counters().keys());
    }

    @Test
    void appendsAllArrive() throws Exception {
        int each = 4000;
        inParallel(THREADS, (slot, random) -> {
            for (int i = 0; i < each; i++) {
                call(slot, "APPEND", "log", String.valueOf((char) ('a' + slot)));
            }
        });
        String value = call(0, "GET", "log").split("\r\n")[1];
        for (int slot = 0; slot < THREADS; slot++) {
            char letter = (char) ('a' + slot);
            assertEquals(each, value.chars().filter(c -> c == letter).count());
        }
    }

    /** Others insert, delete and overwrite around a key that stays: whoever looks must always find it, whole. */
    @Test
    void aKeyThatIsThereIsNeverReportedAbsentNorTorn() throws Exception {
        call(0, "SET", "stays", "s".repeat(100));
        inParallel(THREADS, (slot, random) -> {
            for (int i = 0; i < ROUNDS; i++) {
                String key = "comes-and-goes:" + random.nextInt(12);
                switch (slot) {
                    case 0 -> call(slot, "SET", key, "x".repeat(random.nextInt(200)));
                    case 1 -> call(slot, "DEL", key);
                    case 2 -> {
                        String value = String.valueOf((char) ('a' + random.nextInt(26))).repeat(1 + random.nextInt(300));
                        call(slot, "SET", "stays", value);
                    }
                    default -> {
                        String reply = call(slot, "GET", "stays");
                        assertTrue(reply.charAt(0) == '$' && !reply.startsWith("$-1"), "absent: " + reply);
                        String value = reply.split("\r\n")[1];
                        assertEquals(1, value.chars().distinct().count(), "torn: " + reply);
                        assertEquals(Integer.parseInt(reply.substring(1, reply.indexOf('\r'))), value.length());
                    }
                }
            }
        });
    }

    /** A removal moves the chain's last reference into the hole: whoever looks meanwhile must find the key that moves. */
    @Test
    void aKeyIsFoundWhileItMoves() throws Exception {
        AtomicInteger present = new AtomicInteger();    // odd: it is there, and stays until the next even number
        inParallel(THREADS, (slot, random) -> {
            if (slot > 0) {
                for (int seen = present.get(); seen >= 0; seen = present.get()) {
                    String reply = call(slot, "GET", "moves");
                    if (seen % 2 == 1 && present.get() == seen) {
                        assertEquals("$1\r\nv\r\n", reply);
                    }
                }
                return;
            }
            try {
                for (int i = 0; i < ROUNDS / 10; i++) {
                    for (int k = 0; k < 6; k++) {
                        call(0, "SET", "before:" + k, "x");
                    }
                    call(0, "SET", "moves", "v");
                    present.incrementAndGet();
                    for (int k = 0; k < 6; k++) {
                        call(0, "DEL", "before:" + k);
                    }
                    present.incrementAndGet();
                    call(0, "DEL", "moves");
                }
            } finally {
                present.set(-1);
            }
        });
    }

    @Test
    void noKeyIsThereTwice() throws Exception {
        int keys = 10;
        inParallel(THREADS, (slot, random) -> {
            for (int i = 0; i < ROUNDS; i++) {
                String key = "k" + random.nextInt(keys);
                if (random.nextBoolean()) {
                    call(slot, "SET", key, "v".repeat(random.nextInt(100)));
                } else {
                    call(slot, "DEL", key);
                }
            }
        });
        long present = 0;
        for (int i = 0; i < keys; i++) {
            present += call(0, "EXISTS", "k" + i).equals(":1\r\n") ? 1 : 0;
        }
        assertEquals(present, store.store.counters().keys());
        for (int i = 0; i < keys; i++) {
            call(0, "DEL", "k" + i);
            assertEquals(":0\r\n", call(0, "DEL", "k" + i));
        }
        assertEquals(0, store.store.counters().keys());
    }

    /** After FLUSHALL nothing that was written before it may be seen, whatever is being written meanwhile. */
    @Test
    void flushIsOneEventForAllWriters() throws Exception {
        record Seen(int write, int flushes) { }
        int enough = 1000;
        AtomicBoolean reading = new AtomicBoolean(true);
        AtomicInteger flushes = new AtomicInteger();                // that are over
        List<Integer> flushesWhenWritten = new ArrayList<>();       // by write: how many were over when it was
        List<Seen> seen = new ArrayList<>();
        inParallel(3, (slot, random) -> {
            switch (slot) {
                case 0 -> {
                    for (int i = 0; reading.get(); i++) {
                        if (i % 10 == 0) {
                            flush();
                            flushes.incrementAndGet();
                        } else {
                            call(slot, "GET", "g" + random.nextInt(8));
                        }
                    }
                }
                case 1 -> {
                    while (reading.get()) {
                        call(slot, "SET", "g" + random.nextInt(8), "write" + flushesWhenWritten.size());
                        flushesWhenWritten.add(flushes.get());
                    }
                }
                default -> {
                    // the threads need not run at once: it reads until it saw enough of the others, within this class's time limit
                    try {
                        while (seen.size() < enough && !Thread.interrupted()) {
                            int before = flushes.get();
                            String reply = call(slot, "GET", "g" + random.nextInt(8));
                            if (reply.contains("write")) {
                                seen.add(new Seen(Integer.parseInt(reply.split("\r\n")[1].substring("write".length())), before));
                            }
                        }
                    } finally {
                        reading.set(false);
                    }
                }
            }
        });
        for (Seen one : seen) {
            // the flush that was under way when the write ended may have come first, the one behind it began afterwards
            assertTrue(one.flushes <= flushesWhenWritten.get(one.write) + 1, one + ", written before flush "
                    + (flushesWhenWritten.get(one.write) + 2));
        }
    }

    private void flush() {
        IoSlot own = store.store.slot(0);
        do {
            own.flush();
        } while (own.batchStatus() == Abi.STATUS_RING_FULL);
    }
}
