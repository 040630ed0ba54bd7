package dev.marrow.wal;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A store's life around a log: start, write, stop or crash; and what the log holds afterwards. */
final class LogFixture {

    static final Path DIR = Path.of("/data");
    static final LogWriterOptions OPTIONS = LogWriterOptions.defaults().withSegmentBytes(LogWriterOptions.SEGMENT_BYTES_MIN);

    private static final int LOOKS_MAX = 1_000;
    private static final long LOOK_MILLIS = 20;

    private LogFixture() {}

    /** Remembers what it heard, and whether it was told anything it should not have been. */
    static final class Listener implements DurabilityListener {
        volatile long durable;
        final List<Throwable> failures = new ArrayList<>();
        final List<String> broken = new ArrayList<>();

        @Override
        public synchronized void onDurable(long position) {
            if (!failures.isEmpty() || position < durable) {
                broken.add("onDurable(" + position + ") after durable=" + durable + " failures=" + failures);
            }
            durable = position;
        }

        @Override
        public synchronized void onFailure(Throwable cause) {
            failures.add(cause);
        }
    }

    /** Value that its version determines, 0 to 900 bytes, now and then a largest one. */
    static byte[] value(long version) {
        Random random = new Random(version);
        byte[] value = new byte[random.nextInt(40) == 0 ? 60_000 : random.nextInt(900)];
        random.nextBytes(value);
        return value;
    }

    /** Everything in the log by version. A value that is not the version's own fails. */
    static Map<Long, byte[]> contents(LogDirectory directory) throws IOException {
        Map<Long, byte[]> found = new TreeMap<>();
        LogScanner.scan(directory, (lsn, file, offset, length) -> RedoRecords.forEach(file, offset, length, (payload, record, bytes) -> {
            int valueLength = RedoRecords.valueLength(payload, record);
            long valueOffset = record + 24 + RedoRecords.keyLength(payload, record);
            found.put(RedoRecords.version(payload, record), payload.asSlice(valueOffset, valueLength).toArray(ValueLayout.JAVA_BYTE));
        }));
        return found;
    }

    static LogWriter writer(MemoryRing ring, LogDirectory directory, LogWriterOptions options, DurabilityListener listener)
            throws IOException {
        LogScan scan = LogRecovery.openTail(directory);
        return new LogWriter(ring, directory, LogRecovery.prepare(directory, scan, options), options, listener);
    }

    /** A directory with {@code records} records of versions from {@code first} on; stopped cleanly, or killed with all durable. */
    static FaultStorage write(FaultStorage storage, long first, int records, boolean clean) throws Exception {
        return write(storage, OPTIONS, first, records, clean);
    }

    static FaultStorage write(FaultStorage storage, LogWriterOptions options, long first, int records, boolean clean) throws Exception {
        LogDirectory directory = LogDirectory.open(DIR, storage);
        MemoryRing ring = new MemoryRing();
        LogWriter writer = writer(ring, directory, options, new Listener());
        writer.start();
        for (long version = first; version < first + records; version++) {
            long end = ring.put(version, "key" + version, value(version));
            writer.wake();
            if (!writer.awaitDurable(end, TimeUnit.SECONDS.toNanos(10))) {
                throw new AssertionError("not durable: " + writer.stats());
            }
        }
        FaultStorage killed = storage.killed();
        writer.close();
        directory.close();
        return clean ? storage.killed() : killed;
    }

    /** Lets a call to the storage fail, 1 the next; once the spare segment is there and nobody calls any more. */
    static void failNext(FaultStorage storage, LogDirectory directory, int call) throws Exception {
        long seen = -1;
        for (int looks = 0; looks < LOOKS_MAX; looks++) {
            synchronized (storage) {
                if (storage.calls == seen && directory.segments().size() > 1) {
                    storage.failAtCall = storage.calls + call;
                    return;
                }
                seen = storage.calls;
            }
            Thread.sleep(LOOK_MILLIS);
        }
        throw new AssertionError("the storage is called all the time");
    }
}
