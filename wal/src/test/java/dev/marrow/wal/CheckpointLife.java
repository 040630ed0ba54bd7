package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static dev.marrow.wal.LogFixture.OPTIONS;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A small store's life with two checkpoints, without a kernel: the table is a map, the ring is memory, everything else is the real thing. It remembers
 * the table after each operation, so what is found afterwards can be told from what may be found.
 */
final class CheckpointLife {

    /** What this life's checkpoints do wrong. */
    enum Broken { NOTHING, OLD_FILES_DELETED_FIRST, ROLLED_AFTER_THE_SCAN, LOG_NOT_AWAITED, FLUSH_VERSION_LOST }

    private static final int KEYS = 6;
    private static final String LARGE_KEY = "large";
    private static final int LARGE_BYTES = 60_000;
    /** The same record may be given again: so often that the base takes two segments. */
    private static final int LARGE_REPEATS = 18;
    private static final long WAIT_SECONDS = 20;
    private static final long AGAIN_NANOS = 1_000_000;

    private final FaultStorage storage;
    private final LogWriterOptions options;
    private final Broken broken;
    private final Random random;
    private final MemoryRing ring = new MemoryRing(1 << 20, 1 << 20);
    private final LogFixture.Listener listener = new LogFixture.Listener();
    /** Key to version, after so many operations. */
    private final List<Map<String, Long>> states = new ArrayList<>();
    /** Ring position behind each operation. */
    private final List<Long> ends = new ArrayList<>();
    private long version;
    private long flushVersion;
    /** What the storage pretends to sync once the directory is made. */
    Predicate<String> ignored = what -> false;
    private LogDirectory directory;
    private LogWriter writer;

    /** @param before what the storage holds */
    CheckpointLife(FaultStorage storage, Durability durability, Broken broken, long seed, Recovered before) {
        this.storage = storage;
        // in everysec nothing is synced but what is waited for
        this.options = OPTIONS.withDurability(durability).withSyncPeriodMillis(1000);
        this.broken = broken;
        this.random = new Random(seed);
        this.version = before.versionMax();
        this.flushVersion = before.flushVersion();
        states.add(before.table());
    }

    /** Two checkpoints, a FLUSHALL between them, writes all the time. Ends as the storage has it; true when that was a clean stop. */
    boolean run() throws Exception {
        return live(() -> {
            put(LARGE_KEY);
            operations(10);
            checkpoint(false);
            operations(5);
            flush();
            put(LARGE_KEY);
            operations(6);
            checkpoint(true);
            operations(5);
        });
    }

    /** A shorter one, for a directory that has seen trouble. */
    boolean runOn() throws Exception {
        return live(() -> {
            operations(3);
            checkpoint(false);
            operations(2);
        });
    }

    private interface Script {
        void run() throws Exception;
    }

    private boolean live(Script script) throws Exception {
        try {
            directory = LogDirectory.open(DIR, storage);
            writer = LogFixture.writer(ring, directory, options, listener);
        } catch (IOException notOpened) {
            return false;
        }
        storage.ignored = ignored;
        writer.start();
        try {
            script.run();
        } catch (IOException | CancellationException failure) {
            writer.fail(failure);
        }
        writer.close();
        directory.close();
        return !writer.failed();
    }

    // ---- operations ----

    private void operations(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            operation();
        }
    }

    private void operation() throws Exception {
        String key = "key" + random.nextInt(KEYS);
        if (random.nextInt(3) == 0) {
            record(Abi.REDO_DELETE, key, ++version, new byte[0]);
        } else {
            put(key);
        }
        if (broken != Broken.LOG_NOT_AWAITED && random.nextInt(3) == 0) {
            awaitDurable();
        }
    }

    private void put(String key) {
        version++;
        record(Abi.REDO_PUT, key, version, value(key, version));
    }

    private void flush() {
        version += 10;
        flushVersion = version;
        record(Abi.REDO_FLUSH, "", version, new byte[0]);
    }

    /** A transaction that began before the last FLUSHALL and commits only now: it counts as having come first. */
    private void straggler() {
        record(Abi.REDO_PUT, "late", flushVersion - 1, value("late", flushVersion - 1));
    }

    private void record(int type, String key, long recordVersion, byte[] value) {
        byte[] record = MemoryRing.record(type, recordVersion, key, value);
        long position = ring.reserve(record.length);
        ring.submit(position, record);
        Map<String, Long> table = new TreeMap<>(states.getLast());
        switch (type) {
            case Abi.REDO_FLUSH -> table.clear();
            case Abi.REDO_DELETE -> table.remove(key);
            default -> {
                if (recordVersion > flushVersion) {
                    table.put(key, recordVersion);
                }
            }
        }
        states.add(table);
        ends.add(position + stride(record));
        writer.wake();
    }

    private static int stride(byte[] record) {
        return RedoRing.HEADER_BYTES + (record.length + 7 & ~7);
    }

    /** The only right one. */
    static byte[] value(String key, long version) {
        byte[] value = new byte[key.equals(LARGE_KEY) ? LARGE_BYTES : (int) (version * 37 % 300)];
        new Random(version).nextBytes(value);
        return value;
    }

    private void awaitDurable() throws Exception {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        // asked for again and again: a sync that comes before the write is of no use
        while (!writer.awaitDurable(ring.producerPosition(), AGAIN_NANOS)) {
            if (writer.failed() || System.nanoTime() > giveUp) {
                throw new IOException("not durable: " + writer.stats());
            }
        }
    }

    // ---- a checkpoint, as recovery.Checkpoint takes it ----

    private void checkpoint(boolean withStraggler) throws Exception {
        LogPosition start = roll();
        if (withStraggler) {
            straggler();
        }
        try (BaseWriter base = new BaseWriter(directory, options)) {
            for (int i = 0; i < KEYS; i++) {
                copy("key" + i, 1, base);
                operation();
            }
            copy(LARGE_KEY, LARGE_REPEATS, base);
            BaseFiles files = base.finish();
            if (broken != Broken.LOG_NOT_AWAITED) {
                awaitDurable();
            }
            if (broken == Broken.ROLLED_AFTER_THE_SCAN) {
                start = roll();
            }
            if (broken == Broken.OLD_FILES_DELETED_FIRST) {
                deleteBefore(start.segment());
            }
            directory.checkpoint(files, start, version, broken == Broken.FLUSH_VERSION_LOST ? 0 : flushVersion,
                    System.currentTimeMillis(), 1);
        }
    }

    private LogPosition roll() throws Exception {
        return writer.roll().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    private void copy(String key, int times, BaseWriter base) throws IOException {
        Map<String, Long> table = states.getLast();
        if (!table.containsKey(key)) {
            return;
        }
        long found = table.get(key);
        byte[] record = MemoryRing.record(Abi.REDO_PUT, found, key, value(key, found));
        for (int i = 0; i < times; i++) {
            ByteBuffer payload = ByteBuffer.allocate(stride(record)).order(ByteOrder.LITTLE_ENDIAN);
            base.append(payload.putInt(0, record.length).put(RedoRing.HEADER_BYTES, record), 1, found);
        }
    }

    private void deleteBefore(long segment) throws IOException {
        for (long sequence : directory.segments()) {
            if (sequence < segment) {
                storage.delete(directory.segmentPath(sequence));
            }
        }
    }

    // ---- afterwards ----

    /** Operations that somebody was told are durable. */
    int acknowledged() {
        return (int) ends.stream().filter(end -> end <= listener.durable).count();
    }

    List<Map<String, Long>> states() {
        return states;
    }

    List<String> listenerComplaints() {
        return listener.broken;
    }
}
