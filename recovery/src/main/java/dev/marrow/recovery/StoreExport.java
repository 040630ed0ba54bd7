package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.PinnedStore;
import dev.marrow.bpf.RedoRing;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.bpf.Stub;
import dev.marrow.recovery.tiertwo.LoggedValues;
import dev.marrow.wal.DirectoryInUseException;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogScan;
import dev.marrow.wal.LogScanner;
import dev.marrow.wal.RecordVisitor;
import dev.marrow.wal.RedoRecord;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads a whole store out, whatever state it is in: from the tables in the kernel while they are there, beside a server that serves them or after one
 * that was killed; else from the directory, by way of tables that exist for the time of the export. Large values come from base and log, and after a
 * kill from the ring ({@link LoggedValues}). Changes nothing.
 */
public final class StoreExport {
    private static final int INSTANCE_BYTES = 16;
    private static final long RING_BYTES = 256 << 10;
    private static final long MEMORY_BYTES_MIN = 64L << 20;
    /** What a record takes in memory, at most, of what it takes in the log. */
    private static final int MEMORY_FACTOR = 3;

    /** A checkpoint that ends while its predecessor's files are read deletes them, and they are read anew. */
    private static final int CHECKPOINTS_MAX = 8;
    /** A running server writes its ring to the log all the time; what it has not written by then is looked for again. */
    private static final long DRAIN_NANOS_MAX = 10_000_000_000L;
    private static final long DRAIN_POLL_NANOS = 1_000_000;

    /** Where the records go, those of values in the table as redo records; an UncheckedIOException ends the export. */
    public interface Target extends RecordVisitor {
        /**
         * Called once, before the first record.
         *
         * @param source    what they are read from, for people
         * @param nowMillis Unix time by which keys expire
         */
        void begin(String source, long nowMillis) throws IOException;

        /**
         * A value that is not in the table.
         *
         * @param record its key and all else but the value
         * @param value  all of it is there; valid during the call
         */
        void large(RedoRecord record, LoggedValues.Value value) throws IOException;
    }

    private final Path dir;
    private final PrintStream progress;

    /** @param progress where anything that takes longer than a second says so */
    public StoreExport(Path dir, PrintStream progress) {
        this.dir = dir;
        this.progress = progress;
    }

    /**
     * @throws StartRefusedException when the tables are of another release, or a server is just starting
     * @throws dev.marrow.wal.LogDamagedException base or log are not what was synced
     */
    public void run(Target target) throws IOException {
        byte[] instance = LogDirectory.instanceOf(dir);
        Path pins = BpfFs.directory(instance);
        PinnedStore pinned = KernelStore.inspect(pins);
        if (pinned.state() == Abi.STATE_SERVING || pinned.state() == Abi.STATE_FAILED) {
            fromKernel(pins, pinned, instance, target);
        } else {
            fromDirectory(target);
        }
    }

    private void fromKernel(Path pins, PinnedStore pinned, byte[] instance, Target target) throws IOException {
        if (pinned.abiVersion() != Abi.ABI_VERSION || !Arrays.equals(pinned.instance(), instance)) {
            throw new StartRefusedException("the tables of " + dir + " in the kernel have layout version " + pinned.abiVersion() + ", this release has "
                    + Abi.ABI_VERSION + ": export with the release that made them");
        }
        try (KernelStore store = KernelStore.attach(pins, pinned, 1)) {
            scan(store, "the tables of " + dir.toAbsolutePath() + " in the kernel", target, (stubs, found) -> besideTables(store, stubs, found));
        }
    }

    /** Whoever holds the lock runs. If it is ours, the server was killed, and the ring has what it did not write any more. */
    private void besideTables(KernelStore store, Map<Long, Stub> stubs, ExportScan.Found found) throws IOException {
        Optional<LogDirectory> ours = inspectUnlessInUse();
        if (ours.isEmpty()) {
            awaitDrained(store.ring());
            try (LoggedValues values = besideServer(stubs)) {
                found.read(values);
            }
            return;
        }
        RedoRing ring = store.ring();
        long from = ring.consumerPosition();
        MemorySegment rest = ring.bytes(from, ring.finishedEnd(from, ring.capacity()));
        try (LogDirectory directory = ours.get();
                LoggedValues values = find(stubs, directory, LogScanner.whole(directory), rest)) {
            found.read(values);
        }
    }

    private Optional<LogDirectory> inspectUnlessInUse() throws IOException {
        try {
            return Optional.of(LogDirectory.inspect(dir));
        } catch (DirectoryInUseException running) {
            return Optional.empty();
        }
    }

    /** Chunks come to the ring before their stub to the table, so the log has all that a scan met once it has all that is in the ring now. */
    private static void awaitDrained(RedoRing ring) {
        long end = ring.producerPosition();
        long untilNanos = System.nanoTime() + DRAIN_NANOS_MAX;
        while (ring.consumerPosition() < end && System.nanoTime() < untilNanos) {
            LockSupport.parkNanos(DRAIN_POLL_NANOS);
        }
    }

    private LoggedValues besideServer(Map<Long, Stub> stubs) throws IOException {
        for (int attempt = 1;; attempt++) {
            LogDirectory directory = LogDirectory.beside(dir);
            try {
                return find(stubs, directory, LogScanner.whole(directory), MemorySegment.NULL);
            } catch (IOException gone) {
                boolean replaced = LogDirectory.beside(dir).manifest().checkpoint() != directory.manifest().checkpoint();
                if (!replaced || attempt == CHECKPOINTS_MAX) {
                    throw gone;
                }
            }
        }
    }

    private LoggedValues find(Map<Long, Stub> stubs, LogDirectory directory, LogScan log, MemorySegment ring) throws IOException {
        try (Progress _ = new Progress(progress, () -> "looking for " + stubs.size() + " large values in base and log")) {
            return LoggedValues.find(stubs, directory, log, ring);
        }
    }

    private void fromDirectory(Target target) throws IOException {
        try (LogDirectory directory = LogDirectory.inspect(dir)) {
            LogScan log = ColdStart.verify(directory, progress);
            long records = directory.manifest().base().records() + log.records();
            long bytes = directory.manifest().base().bytes() + log.bytes();
            StoreGeometry geometry = new StoreGeometry(Math.max(StoreGeometry.CAPACITY_MIN, records),
                    Math.max(MEMORY_BYTES_MIN, MEMORY_FACTOR * bytes), RING_BYTES);
            byte[] temporary = new byte[INSTANCE_BYTES];
            new SecureRandom().nextBytes(temporary);
            try (KernelStore store = KernelStore.create(BpfFs.prepare(temporary), geometry, temporary, directory.manifest().hashSeed(), 2)) {
                // nobody would find them, should this process be killed
                BpfFs.unpin(temporary);
                store.updateClock();
                ColdStart.fill(store, directory, log, progress);
                scan(store, dir.toAbsolutePath().toString(), target, (stubs, found) -> fromFiles(directory, log, stubs, found));
            } finally {
                BpfFs.unpin(temporary);
            }
        }
    }

    /** Nobody changes anything, so all that the tables refer to is there. */
    private void fromFiles(LogDirectory directory, LogScan log, Map<Long, Stub> stubs, ExportScan.Found found) throws IOException {
        try (LoggedValues values = find(stubs, directory, log, MemorySegment.NULL)) {
            List<Stub> missing = stubs.values().stream().filter(stub -> values.open(stub).isEmpty()).toList();
            if (!missing.isEmpty()) {
                throw LoggedValues.lack(missing);
            }
            found.read(values);
        }
    }

    private void scan(KernelStore store, String description, Target target, ExportScan.Search search) throws IOException {
        target.begin(description, Math.max(System.currentTimeMillis(), store.control().clockFloorMillis()));
        new ExportScan(store, target, search).run();
    }
}
