package dev.marrow.stress.bench;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.wal.Durability;
import dev.marrow.wal.DurabilityListener;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogPosition;
import dev.marrow.wal.LogRecovery;
import dev.marrow.wal.LogWriter;
import dev.marrow.wal.LogWriterOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How quickly the log writer gets through a full ring of records of about 100 bytes: in {@code always} until all is durable, in
 * {@code everysec} until all is written. Beside it what the disk takes: the same bytes, written to a new file and synced once.
 */
final class DrainBench {
    /** Redo header, key and this make a payload of 100 bytes. */
    private static final int RECORD_BYTES = 100;
    private static final int VALUE_BYTES = RECORD_BYTES - Abi.REDO_HEADER_BYTES - BenchStore.KEY_BYTES;
    private static final int KEYS = 10_000;
    private static final long MEMORY_BYTES = 64 << 20;
    private static final long DRAIN_SECONDS_MAX = 120;
    private static final long POLL_NANOS = 100_000;
    private static final int WRITE_BYTES = 1 << 20;

    private final long ringBytes;
    private final int rounds;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;

    DrainBench(long ringBytes, int rounds, Path scratch, Report report, Teardown teardown) {
        this.ringBytes = ringBytes;
        this.rounds = rounds;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    private record Drained(long records, long bytes, double seconds) {
        double recordsPerSecond() {
            return records / seconds;
        }

        double bytesPerSecond() {
            return bytes / seconds;
        }
    }

    void run() throws IOException, InterruptedException {
        Map<Durability, List<Drained>> drained = new EnumMap<>(Durability.class);
        List<Double> plain = new ArrayList<>();
        try (BenchStore store = new BenchStore(new StoreGeometry(KEYS * 2L, MEMORY_BYTES, ringBytes), teardown)) {
            store.fill(KEYS, VALUE_BYTES);
            for (int round = 0; round < rounds; round++) {
                for (Durability durability : Durability.values()) {
                    store.fillRing(KEYS, VALUE_BYTES);
                    Drained once = drain(store.ring(), durability, scratch.resolve("log"));
                    drained.computeIfAbsent(durability, any -> new ArrayList<>()).add(once);
                    report.sample(Map.of("round", round, "writer", durability.word(), "records", once.records, "bytes", once.bytes,
                            "seconds", once.seconds));
                    report.progress(String.format(Locale.ROOT, "round %d %s: %,.0f records/s", round + 1, durability.word(),
                            once.recordsPerSecond()));
                }
                plain.add(plainWrite(ringBytes, scratch.resolve("plain")));
                report.sample(Map.of("round", round, "writer", "plain", "bytes", ringBytes, "bytes_per_second", plain.getLast()));
            }
        }
        print(drained, plain);
    }

    private void print(Map<Durability, List<Drained>> drained, List<Double> plain) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("what", "M records/s", "MiB/s of ring"));
        drained.forEach((durability, each) -> rows.add(List.of("log writer, " + durability.word(),
                Spread.of(each.stream().map(once -> once.recordsPerSecond() / 1e6).toList()).text(2),
                mebibytes(each.stream().map(Drained::bytesPerSecond).toList()))));
        rows.add(List.of("plain write and one fdatasync", "", mebibytes(plain)));
        report.table(rows);
        List<Drained> always = drained.get(Durability.ALWAYS);
        report.headline(Headline.alone("records of 100 bytes until durable", "M/s",
                Spread.of(always.stream().map(once -> once.recordsPerSecond() / 1e6).toList()).median(), "≥ 5"));
        List<Double> written = always.stream().map(Drained::bytesPerSecond).toList();
        report.headline(Headline.beside("records of 100 bytes until durable", "MiB/s", Spread.of(written).median() / (1 << 20),
                new Headline.Peer("plain write and fdatasync", Spread.of(plain).median() / (1 << 20), Spread.ofRatios(written, plain).median()), ""));
        report.line(String.format(Locale.ROOT, "%nMedian (min..max) of %d rounds; a ring of %,d KiB full of %d-byte records, drained into a"
                + " new log; always: until durable, everysec: until written.", rounds, ringBytes >> 10, RECORD_BYTES));
    }

    private static String mebibytes(List<Double> bytesPerSecond) {
        return Spread.of(bytesPerSecond.stream().map(bytes -> bytes / (1 << 20)).toList()).text(0);
    }

    private Drained drain(RedoRing ring, Durability durability, Path directory) throws IOException, InterruptedException {
        long begin = ring.consumerPosition();
        long end = ring.producerPosition();
        LogWriterOptions options = LogWriterOptions.defaults().withDurability(durability);
        try (LogDirectory log = LogDirectory.open(directory)) {
            LogPosition start = LogRecovery.prepare(log, LogRecovery.openTail(log), options);
            Failure failure = new Failure();
            try (LogWriter writer = new LogWriter(ring, log, start, options, failure)) {
                long startNanos = System.nanoTime();
                writer.start();
                boolean arrived = durability == Durability.ALWAYS
                        ? writer.awaitDurable(end, TimeUnit.SECONDS.toNanos(DRAIN_SECONDS_MAX))
                        : awaitWritten(writer, end, startNanos);
                double seconds = (System.nanoTime() - startNanos) / 1e9;
                if (!arrived) {
                    throw new IOException("the ring was not drained in " + DRAIN_SECONDS_MAX + " s", failure.cause);
                }
                return new Drained(writer.stats().records(), end - begin, seconds);
            }
        } finally {
            Teardown.delete(directory);
        }
    }

    private static boolean awaitWritten(LogWriter writer, long end, long startNanos) {
        while (writer.written() < end) {
            if (writer.failed() || System.nanoTime() - startNanos > TimeUnit.SECONDS.toNanos(DRAIN_SECONDS_MAX)) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    /** Bytes per second. */
    private static double plainWrite(long bytes, Path file) throws IOException {
        ByteBuffer block = ByteBuffer.allocateDirect(WRITE_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long startNanos = System.nanoTime();
            for (long written = 0; written < bytes; ) {
                block.clear().limit((int) Math.min(WRITE_BYTES, bytes - written));
                written += channel.write(block);
            }
            channel.force(false);
            return bytes / ((System.nanoTime() - startNanos) / 1e9);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static final class Failure implements DurabilityListener {
        private volatile Throwable cause;

        @Override
        public void onDurable(long position) {
            // The writer is asked instead.
        }

        @Override
        public void onFailure(Throwable reason) {
            cause = reason;
        }
    }
}
