package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.PinnedStore;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.wal.FailedMarker;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogPosition;
import dev.marrow.wal.LogRecovery;
import dev.marrow.wal.LogScan;
import dev.marrow.wal.LogScanner;
import dev.marrow.wal.LogWriterOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * From a data directory to tables that serve. Warm when the kernel still has them: a killed server loses nothing, because
 * tables and ring are pinned (I8). Cold otherwise: an empty store is filled from the log.
 */
public final class StoreOpener {
    private StoreOpener() {}

    /**
     * A store that may serve, once the log writer runs from {@code logStart}.
     *
     * @param store in state SERVING
     */
    public record Opened(KernelStore store, LogPosition logStart, StartReport report) {}

    /**
     * Opens the store of a locked directory.
     *
     * @param slotCount io slots that the server will use
     * @param progress where anything that takes longer than a second says so
     * @throws StartRefusedException pins or directory do not allow what was asked
     * @throws dev.marrow.wal.LogDamagedException the log is not what was synced (I6)
     */
    public static Opened open(LogDirectory directory, StoreGeometry geometry, int slotCount, PrintStream progress) throws IOException {
        Optional<String> failed = FailedMarker.read(directory.path(), directory.storage());
        if (failed.isPresent()) {
            throw new StartRefusedException("the log of " + directory.path() + " failed earlier: " + failed.get().strip()
                    + "\nWhat the page cache says of its files cannot be trusted. Repair the disk, unmount and mount its file system"
                    + " (or reboot), check with `marrow log verify`, then `marrow unpin` and delete the file FAILED in the directory.");
        }
        Path pins = BpfFs.prepare(directory.instance());
        PinnedStore pinned = KernelStore.inspect(pins);
        if (pinned.state() == Abi.STATE_SERVING) {
            return warm(directory, geometry, slotCount, pins, pinned);
        }
        // BUILDING and LOADING: an earlier start was cut short. Nothing in such a table was ever acknowledged.
        if (pinned.state() == Abi.STATE_FAILED) {
            throw new StartRefusedException("the tables of " + directory.path() + " belong to a log that failed; see `marrow unpin`");
        }
        BpfFs.unpin(directory.instance());
        return cold(directory, geometry, slotCount, progress);
    }

    private static Opened warm(LogDirectory directory, StoreGeometry geometry, int slotCount, Path pins, PinnedStore pinned)
            throws IOException {
        long startNanos = System.nanoTime();
        check(directory, geometry, pinned);
        LogScan scan = LogRecovery.openTail(directory);
        // everything that the ring has released is in the log, and prepare syncs the log: durable is the consumer's position
        LogPosition logStart = LogRecovery.prepare(directory, scan, LogWriterOptions.defaults());
        KernelStore store = KernelStore.adopt(pins, pinned, slotCount);
        try {
            store.updateClock();
            store.control().durable(store.ring().consumerPosition());
            StartReport report = new StartReport("warm", store.counters().keys(), 0, 0, seconds(startNanos),
                    scan.tail().cutBytes(), scan.tail().reason());
            return new Opened(store, logStart, report);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private static void check(LogDirectory directory, StoreGeometry geometry, PinnedStore pinned) throws IOException {
        if (pinned.abiVersion() != Abi.ABI_VERSION) {
            throw new StartRefusedException("the pinned tables have layout version " + pinned.abiVersion() + ", this release has "
                    + Abi.ABI_VERSION + ": stop them with the release that made them, or drop them with `marrow unpin` and start from the log");
        }
        if (!Arrays.equals(pinned.instance(), directory.instance())) {
            throw new StartRefusedException("the pinned tables belong to another data directory; `marrow unpin` drops them");
        }
        FileIdentity identity = FileIdentity.of(directory);
        if (pinned.directoryDevice() != identity.device() || pinned.directoryInode() != identity.inode()) {
            throw new StartRefusedException(directory.path() + " is a copy of the directory whose tables are in the kernel: serve the original,"
                    + " or stop it and drop the tables with `marrow unpin`");
        }
        StoreGeometry has = pinned.geometry();
        if (!has.equals(geometry)) {
            throw new StartRefusedException("the pinned tables were made with --capacity " + has.capacity() + " --memory " + has.memoryBytes()
                    + " --ring " + has.ringBytes() + ", asked for is --capacity " + geometry.capacity() + " --memory "
                    + geometry.memoryBytes() + " --ring " + geometry.ringBytes()
                    + ": start once as before and stop cleanly, or drop the tables with `marrow unpin` and start from the log");
        }
    }

    private static Opened cold(LogDirectory directory, StoreGeometry geometry, int slotCount, PrintStream progress) throws IOException {
        long startNanos = System.nanoTime();
        KernelStore store = create(directory, geometry, slotCount);
        try {
            store.updateClock();
            FileIdentity identity = FileIdentity.of(directory);
            store.control().directory(identity.device(), identity.inode());
            store.control().state(Abi.STATE_LOADING);
            Replay replay = new Replay(store, progress);
            LogScan scan = LogScanner.scan(directory, replay);
            replay.finish();
            LogPosition logStart = LogRecovery.prepare(directory, scan, LogWriterOptions.defaults());
            store.control().durable(store.ring().consumerPosition());
            store.control().state(Abi.STATE_SERVING);
            String mode = scan.batches() == 0 && scan.tail().cutBytes() == 0 ? "empty" : "cold";
            StartReport report = new StartReport(mode, store.counters().keys(), scan.records(), scan.bytes(), seconds(startNanos),
                    scan.tail().cutBytes(), scan.tail().reason());
            return new Opened(store, logStart, report);
        } catch (IOException | RuntimeException | Error e) {
            store.close();
            BpfFs.unpin(directory.instance());
            throw e;
        }
    }

    private static KernelStore create(LogDirectory directory, StoreGeometry geometry, int slotCount) {
        try {
            return KernelStore.create(BpfFs.prepare(directory.instance()), geometry, directory.instance(), slotCount);
        } catch (RuntimeException | Error e) {
            BpfFs.unpin(directory.instance());
            throw e;
        }
    }

    private static double seconds(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }
}
