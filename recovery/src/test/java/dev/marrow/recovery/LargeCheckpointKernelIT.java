package dev.marrow.recovery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.Staging;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.bpf.Stub;
import dev.marrow.recovery.tiertwo.LargeValue;
import dev.marrow.recovery.tiertwo.Upload;
import dev.marrow.wal.LogDirectory;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints while large values move and arrive, and cold starts from base and log alone, without the map. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LargeCheckpointKernelIT {
    /** A scan takes some twenty steps. */
    private static final StoreGeometry GEOMETRY = new StoreGeometry(30_000, 64 << 20, 1 << 20);
    private static final int WRITER = 0;
    private static final int CHECKPOINTER = 1;
    /** The last one is tier two's. */
    private static final int SLOTS = 3;
    /** So many that some of them move from behind the scan's place to before it, and some the other way. */
    private static final int VALUES = 40;
    private static final int VALUE_BYTES = Abi.VALUE_BYTES_MAX + 3_000;
    private static final int CHUNK_BYTES = Abi.VALUE_BYTES_MAX;
    private static final int STEPS_BEFORE = 8;
    /** Tier two holds a value a step, although none was freed. */
    private static final int STEPS_MAX = 150;
    private static final long EXPIRE_MILLIS = 4_000_000_000_000L;
    private static final long PAUSE_MILLIS = 1;

    @TempDir
    Path directory;

    private final Random random = new Random();
    private final Map<String, byte[]> model = new LinkedHashMap<>();
    private LiveStore live;

    @AfterEach
    void unpin() throws Exception {
        BpfFs.unpin(LogDirectory.instanceOf(directory));
    }

    /** A value on its way in. */
    private final class Arrival {
        private final String key;
        private final byte[] bytes;
        private final Upload upload;
        private int taken;

        Arrival(String key) {
            this.key = key;
            bytes = new byte[VALUE_BYTES];
            random.nextBytes(bytes);
            upload = live.tierTwo.upload(VALUE_BYTES);
        }

        /** More than a chunk: one is in map and ring then. */
        Arrival begin() throws InterruptedException {
            take(CHUNK_BYTES + 1);
            return this;
        }

        Arrival end() throws InterruptedException {
            take(VALUE_BYTES);
            while (!upload.end(LargeCheckpointKernelIT.this::append)) {
                Thread.sleep(PAUSE_MILLIS);
            }
            put(key, upload.stub(), 0);
            model.put(key, bytes);
            return this;
        }

        private void take(int end) throws InterruptedException {
            while (taken < end) {
                int now = upload.take(MemorySegment.ofArray(bytes), taken, end - taken, LargeCheckpointKernelIT.this::append);
                taken += now;
                if (now == 0) {
                    Thread.sleep(PAUSE_MILLIS);
                }
            }
        }
    }

    private IoSlot slot() {
        return live.store.slot(WRITER);
    }

    private long append(long id, int index, MemorySegment bytes) {
        slot().appendChunk(id, index, bytes);
        live.log.wake();
        return slot().batchStatus() == 0 ? slot().batchResult() : 0;
    }

    private interface Change {
        /** @return the stub that is in the table when this is committed */
        Stub on(Staging staging);
    }

    private void commit(List<String> keys, Change change) throws InterruptedException {
        Staging staging = live.store.staging();
        synchronized (staging) {
            int status;
            do {
                staging.clear();
                keys.forEach(key -> staging.add(key.getBytes(StandardCharsets.ISO_8859_1), true));
                assertEquals(0, staging.stage(slot(), false));
                Stub stub = change.on(staging);
                status = staging.commit(slot());
                live.log.wake();
                if (status == 0) {
                    live.tierTwo.committed(List.of(stub));
                } else {
                    assertTrue(status == Abi.STATUS_RING_FULL || status == Abi.STATUS_GROWING, "status=" + status);
                    live.store.heap().grow();
                    Thread.sleep(PAUSE_MILLIS);
                }
            } while (status != 0);
        }
    }

    private void put(String key, Stub stub, long expireMillis) throws InterruptedException {
        commit(List.of(key), staging -> {
            staging.put(0, stub, expireMillis);
            return stub;
        });
    }

    /** RENAME to a new key, with a deadline. */
    private void move(String from, String to) throws InterruptedException {
        commit(List.of(from, to), staging -> {
            Stub stub = staging.stub(0).orElseThrow();
            staging.put(1, stub, EXPIRE_MILLIS);
            staging.delete(0);
            return stub;
        });
        model.put(to, model.remove(from));
    }

    private byte[] read(String key) throws Exception {
        Optional<Stub> stub;
        Staging staging = live.store.staging();
        synchronized (staging) {
            staging.clear();
            staging.add(key.getBytes(StandardCharsets.ISO_8859_1), true);
            assertEquals(0, staging.stage(slot(), true));
            assertTrue(staging.live(0), key);
            stub = staging.stub(0);
        }
        byte[] bytes = new byte[(int) stub.orElseThrow().length()];
        try (LargeValue value = live.tierTwo.open(stub.get()).orElseThrow()) {
            value.read(0, MemorySegment.ofArray(bytes), 0, bytes.length);
        }
        return bytes;
    }

    /** What a reboot leaves of tables and map: nothing. */
    private void startFromBaseAndLog() throws Exception {
        live.drop();
        Files.delete(directory.resolve("tier-two/chunks"));
        live = new LiveStore(directory, GEOMETRY, SLOTS);
        assertEquals(StartReport.COLD, live.report.mode());
        live.tierTwo.await();
        for (Map.Entry<String, byte[]> entry : model.entrySet()) {
            assertArrayEquals(entry.getValue(), read(entry.getKey()), entry.getKey());
        }
    }

    /** Runs this in the middle of the scan, on the thread that scans. */
    private void checkpointAround(LiveStore.During during) throws Exception {
        int[] steps = {0};
        live.checkpoint(CHECKPOINTER, () -> {
            if (++steps[0] == STEPS_BEFORE) {
                during.run();
            }
        });
        assertTrue(steps[0] > STEPS_BEFORE, "the scan had few steps: " + steps[0]);
    }

    private interface Body {
        void run() throws Exception;
    }

    private void withStore(Body body) throws Exception {
        live = new LiveStore(directory, GEOMETRY, SLOTS);
        try {
            body.run();
        } finally {
            live.drop();
        }
    }

    @Test
    void valuesThatMoveWhileTheTableIsScannedAreInTheBase() throws Exception {
        withStore(() -> {
            for (int i = 0; i < VALUES; i++) {
                new Arrival("here" + i).end();
            }
            checkpointAround(() -> {
                for (int i = 0; i < VALUES; i++) {
                    move("here" + i, "there" + i);
                }
            });
            startFromBaseAndLog();
        });
    }

    @Test
    void valuesThatArriveAcrossTheBeginningOfACheckpointAreInBaseOrLog() throws Exception {
        withStore(() -> {
            List<Arrival> within = new ArrayList<>();
            List<Arrival> behind = new ArrayList<>();
            for (int i = 0; i < VALUES / 2; i++) {
                within.add(new Arrival("within" + i).begin());
                behind.add(new Arrival("behind" + i).begin());
            }
            checkpointAround(() -> {
                for (Arrival arrival : within) {
                    arrival.end();
                }
            });
            for (Arrival arrival : behind) {
                arrival.end();
            }
            startFromBaseAndLog();
        });
    }

    /** Values that have begun behind it are the new log's: else whoever writes faster than it would have it go on for ever. */
    @Test
    void checkpointEndsThoughAValueIsReplacedAtEachOfItsSteps() throws Exception {
        withStore(() -> {
            for (int i = 0; i < VALUES / 4; i++) {
                new Arrival("here" + i).end();
            }
            int[] steps = {0};
            live.checkpoint(CHECKPOINTER, () -> {
                assertTrue(++steps[0] < STEPS_MAX, "no end");
                new Arrival("new").end();
                move("new", "moved");
            });
            startFromBaseAndLog();
        });
    }

    /** The thread that brings a value in may be anywhere when a checkpoint is taken, and stay there for its whole length. */
    @Test
    void chunkThatIsInTheRingButNotCountedYetIsInTheBase() throws Exception {
        withStore(() -> {
            new Arrival("other").end(); // tier two is open then
            Arrival arrival = new Arrival("slow");
            arrival.taken = arrival.upload.take(MemorySegment.ofArray(arrival.bytes), 0, CHUNK_BYTES + 1, (id, index, bytes) -> {
                long position = append(id, index, bytes);
                try {
                    // else it might come to the new log
                    assertTrue(live.log.awaitDurable(position, TimeUnit.SECONDS.toNanos(60)));
                    live.checkpoint(CHECKPOINTER, () -> { });
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                return position;
            });
            assertEquals(CHUNK_BYTES + 1, arrival.taken);
            arrival.end();
            startFromBaseAndLog();
        });
    }

    @Test
    void valueThatIsGivenUpBeforeTheLogTookItLeavesNothing() throws Exception {
        withStore(() -> {
            new Arrival("other").end(); // tier two is open then
            long bytes = live.tierTwo.bytes();
            Arrival arrival = new Arrival("given-up");
            // the ring is full
            assertEquals(CHUNK_BYTES, arrival.upload.take(MemorySegment.ofArray(arrival.bytes), 0, VALUE_BYTES, (id, index, chunk) -> 0));
            assertEquals(bytes + CHUNK_BYTES, live.tierTwo.bytes());
            arrival.upload.abandon();
            while (live.tierTwo.bytes() != bytes) {
                Thread.sleep(PAUSE_MILLIS);
            }
        });
    }

    @Test
    void startAfterAKillThatCameBeforeTheMapWasWholeFillsItFromBaseAndLog() throws Exception {
        withStore(() -> {
            for (int i = 0; i < VALUES / 2; i++) {
                new Arrival("base" + i).end();
            }
            live.checkpoint(CHECKPOINTER, () -> { });
            for (int i = 0; i < VALUES / 2; i++) {
                new Arrival("log" + i).end();
            }
            // tables that serve, and a map that says it is being filled: what a kill leaves then
            live.close();
            Path state = directory.resolve("tier-two/state");
            Files.writeString(state, Files.readString(state).replaceAll("map=\\w+", "map=filling"));
            Files.write(directory.resolve("tier-two/chunks"), new byte[100]);
            live = new LiveStore(directory, GEOMETRY, SLOTS);
            assertEquals(StartReport.WARM, live.report.mode());
            live.tierTwo.await();
            for (Map.Entry<String, byte[]> entry : model.entrySet()) {
                assertArrayEquals(entry.getValue(), read(entry.getKey()), entry.getKey());
            }
        });
    }
}
