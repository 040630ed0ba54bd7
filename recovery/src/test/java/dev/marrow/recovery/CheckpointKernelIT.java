package dev.marrow.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.wal.LogDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of real tables while they are written to, and cold starts from what they leave. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CheckpointKernelIT {
    private static final StoreGeometry GEOMETRY = new StoreGeometry(300, 64 << 20, 1 << 20);
    private static final int WRITERS = 3;
    private static final int CHECKPOINTER = WRITERS;
    private static final int SLOTS = WRITERS + 1;
    /** Far more keys than home buckets, so that every chain changes all the time. */
    private static final int KEYS = 80;
    private static final int ROUNDS = 3;
    private static final int CHECKPOINTS = 4;
    private static final int HISTORY_ROUNDS = 12;
    private static final int HISTORY_KEYS = 2500;

    @TempDir
    Path directory;

    @AfterEach
    void unpin() throws Exception {
        BpfFs.unpin(LogDirectory.instanceOf(directory));
    }

    private static String key(int writer, int n) {
        return "w" + writer + "-" + n;
    }

    /** Writes its own keys until told to stop; what it leaves is in {@code model}. */
    private static void write(LiveStore live, int writer, Map<String, String> model, AtomicBoolean running) throws InterruptedException {
        Random random = new Random();
        while (running.get()) {
            String key = key(writer, random.nextInt(KEYS));
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    live.call(writer, "DEL", key);
                    model.remove(key);
                }
                case 2 -> {
                    // in the past: gone at once
                    live.call(writer, "SET", key, "short", "PXAT", "1000");
                    model.remove(key);
                }
                default -> {
                    String value = key + ":" + random.nextLong() + "x".repeat(random.nextInt(30) == 0 ? 40_000 : random.nextInt(300));
                    assertEquals("+OK\r\n", live.call(writer, "SET", key, value));
                    model.put(key, value);
                }
            }
        }
    }

    private static void assertContent(LiveStore live, Map<String, String> model, String where) throws InterruptedException {
        for (int writer = 0; writer < WRITERS; writer++) {
            for (int n = 0; n < KEYS; n++) {
                String key = key(writer, n);
                String value = model.get(key);
                String expected = model.containsKey(key) ? "$" + value.length() + "\r\n" + value + "\r\n" : "$-1\r\n";
                assertEquals(expected, live.call(0, "GET", key), where + " " + key);
            }
        }
    }

    private interface During {
        void run() throws Exception;
    }

    /** Lets the writers write while something else is done, and waits for them; the model is theirs put together. */
    private static Map<String, String> besideWriters(LiveStore live, Map<String, String> before, During during) throws Exception {
        AtomicBoolean running = new AtomicBoolean(true);
        List<Map<String, String>> models = new ArrayList<>();
        Map<String, String> after = new TreeMap<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(WRITERS)) {
            List<Future<?>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                int writer = i;
                Map<String, String> own = new TreeMap<>(before);
                own.keySet().removeIf(key -> !key.startsWith("w" + writer));
                models.add(own);
                writers.add(threads.submit(() -> {
                    write(live, writer, own, running);
                    return null;
                }));
            }
            try {
                during.run();
            } finally {
                running.set(false);
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
        }
        models.forEach(after::putAll);
        return after;
    }

    @Test
    void whatACheckpointAndTheLogBehindItHoldIsTheTable() throws Exception {
        Map<String, String> model = new TreeMap<>();
        long versions = 0;
        for (int round = 0; round < ROUNDS; round++) {
            LiveStore live = new LiveStore(directory, GEOMETRY, SLOTS);
            try {
                assertEquals(round == 0 ? StartReport.EMPTY : StartReport.COLD, live.report.mode());
                assertContent(live, model, "round " + round);
                assertTrue(live.store.control().versionFloor() > versions, "versions do not go on above those before (I4)");
                model = besideWriters(live, model, () -> {
                    for (int i = 0; i < CHECKPOINTS; i++) {
                        live.checkpoint(CHECKPOINTER);
                    }
                });
                assertContent(live, model, "before the stop of round " + round);
                assertEquals((round + 1) * CHECKPOINTS, live.directory.manifest().checkpoint());
                versions = live.store.control().versionBound();
            } finally {
                live.drop();
            }
        }
        LiveStore last = new LiveStore(directory, GEOMETRY, SLOTS);
        try {
            assertContent(last, model, "at the end");
        } finally {
            last.drop();
        }
    }

    @Test
    void aFlushBeforeDuringAndAfterACheckpointIsKept() throws Exception {
        for (int when = 0; when < 3; when++) {
            Map<String, String> model = new TreeMap<>();
            LiveStore live = new LiveStore(directory, GEOMETRY, SLOTS);
            try {
                besideWriters(live, Map.of(), () -> live.checkpoint(CHECKPOINTER));
                if (when == 0) {
                    live.flush(0);
                }
                Thread checkpoint = Thread.ofPlatform().start(() -> {
                    try {
                        live.checkpoint(CHECKPOINTER);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                });
                if (when == 1) {
                    live.flush(0);
                }
                checkpoint.join();
                if (when == 2) {
                    live.flush(0);
                }
                for (int n = 0; n < KEYS; n += 3) {
                    model.put(key(0, n), "after the flush");
                    live.call(0, "SET", key(0, n), "after the flush");
                }
                assertContent(live, model, "before the stop");
                assertEquals(2L * (when + 1), live.directory.manifest().checkpoint());
            } finally {
                live.drop();
            }
            LiveStore again = new LiveStore(directory, GEOMETRY, SLOTS);
            try {
                assertContent(again, model, "flushed " + List.of("before", "during", "after").get(when));
                again.flush(0);
            } finally {
                again.drop();
            }
        }
    }

    /** Keys that lived shortly, many times what the table takes: their tombstones must be dropped on the way. */
    @Test
    void deletesStayDeletedWhenTombstonesAreDroppedOnTheWay() throws Exception {
        StoreGeometry small = new StoreGeometry(4000, 2 * StoreGeometry.SLAB_BYTES, 1 << 20);
        Map<String, String> model = new TreeMap<>();
        LiveStore live = new LiveStore(directory, small, SLOTS);
        try {
            for (int round = 0; round < HISTORY_ROUNDS; round++) {
                for (int i = 0; i < HISTORY_KEYS; i++) {
                    history(live, model, "history-" + i, (i + round) % 4 == 0, 2500 + i % 1000);
                    history(live, model, "short-" + round + "-" + i, true, 10);
                    history(live, model, "short-" + round + "-" + i, false, 0);
                }
                if (round == 2) {
                    live.checkpoint(CHECKPOINTER);
                }
            }
        } finally {
            live.drop();
        }
        LiveStore again = new LiveStore(directory, small, SLOTS);
        try {
            assertEquals(model.size(), again.store.counters().keys());
            for (Map.Entry<String, String> one : model.entrySet()) {
                String value = one.getValue();
                assertEquals("$" + value.length() + "\r\n" + value + "\r\n", again.call(0, "GET", one.getKey()));
            }
        } finally {
            again.drop();
        }
    }

    /** A budget that is too small is said, and harms nothing. */
    @Test
    void aLogThatFindsNoRoomIsRefusedAndWhole() throws Exception {
        StoreGeometry ample = new StoreGeometry(4000, 64 << 20, 1 << 20);
        int keys = 3 * (int) StoreGeometry.SLAB_BYTES / 5000;
        LiveStore live = new LiveStore(directory, ample, SLOTS);
        try {
            for (int i = 0; i < keys; i++) {
                assertEquals("+OK\r\n", live.call(0, "SET", "key-" + i % (keys / 2), "v".repeat(9000)));
                live.call(0, "DEL", "short");     // tombstones to drop
                live.call(0, "SET", "short", "v");
            }
        } finally {
            live.drop();
        }
        StoreGeometry small = new StoreGeometry(ample.capacity(), StoreGeometry.SLAB_BYTES, ample.ringBytes());
        StartRefusedException refused = assertThrows(StartRefusedException.class, () -> new LiveStore(directory, small, SLOTS).drop());
        assertTrue(refused.getMessage().contains("raise --memory (now " + StoreGeometry.SLAB_BYTES + ")"), refused.getMessage());
        LiveStore again = new LiveStore(directory, ample, SLOTS);
        try {
            assertEquals(keys / 2 + 1, again.store.counters().keys());
        } finally {
            again.drop();
        }
    }

    private static void history(LiveStore live, Map<String, String> model, String key, boolean put, int bytes) throws InterruptedException {
        if (put) {
            String value = key + ":" + "v".repeat(bytes);
            assertEquals("+OK\r\n", live.call(0, "SET", key, value));
            model.put(key, value);
        } else {
            live.call(0, "DEL", key);
            model.remove(key);
        }
    }
}
