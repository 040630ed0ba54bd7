package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.PinnedStore;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogScan;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Reads a whole store out, whatever state it is in: from the tables in the kernel while they are there, beside a server that serves them or after one that
 * was killed; else from the directory, by way of tables that exist for the time of the export. Changes nothing.
 */
public final class StoreExport {
    private static final int INSTANCE_BYTES = 16;
    private static final long RING_BYTES = 256 << 10;
    private static final long MEMORY_BYTES_MIN = 64L << 20;
    /** What a record takes in memory, at most, of what it takes in the log. */
    private static final int MEMORY_FACTOR = 3;

    /** Where the records go. */
    public interface Target extends TableScan.Visitor<IOException> {
        /**
         * Called once, before the first record.
         *
         * @param source    what they are read from, for people
         * @param nowMillis Unix time by which keys expire
         */
        void begin(String source, long nowMillis) throws IOException;
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
            scan(store, "the tables of " + dir.toAbsolutePath() + " in the kernel", target);
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
                scan(store, dir.toAbsolutePath().toString(), target);
            } finally {
                BpfFs.unpin(temporary);
            }
        }
    }

    private void scan(KernelStore store, String description, Target target) throws IOException {
        target.begin(description, Math.max(System.currentTimeMillis(), store.control().clockFloorMillis()));
        new TableScan(store, store.slot(0)).run(target);
    }
}
