package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.PinnedStore;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.bpf.StoreMaps;
import dev.marrow.recovery.tiertwo.TierTwo;
import dev.marrow.wal.FailedMarker;
import dev.marrow.wal.LogCutPlace;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogPosition;
import dev.marrow.wal.LogScan;
import dev.marrow.wal.LogWriterOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/**
 * From a data directory to tables that serve. {@link WarmStart} when the kernel still has them: a killed server loses nothing, because tables and ring are
 * pinned (I8). {@link ColdStart} otherwise: an empty store is filled from base and log. {@link FailedStart} when the kernel has tables whose log
 * failed: they are made durable anew (I7).
 */
public final class StoreOpener {
    private StoreOpener() {}

    /**
     * A store that may serve, once the log writer runs from {@code logStart}.
     *
     * @param store in state SERVING
     */
    public record Opened(KernelStore store, LogPosition logStart, StartReport report) {}

    /** Hears of a store's maps. */
    @FunctionalInterface
    public interface OnMaps {
        /** @param maps to be closed by the receiver, before the store is */
        void accept(StoreMaps maps);

        OnMaps NOBODY = StoreMaps::close;
    }

    /**
     * @param slotCount io slots that the server will use, at least three
     * @param log       how the log is written
     * @param cut       where a damaged log may be cut, if anywhere
     * @param tierTwo   for large values, not begun yet; its slot is the last one
     * @param onMaps    told of the store's maps as early as they are there: other programs can be loaded while the start goes on
     * @param progress  where anything that takes longer than a second says so
     */
    public record Options(StoreGeometry geometry, int slotCount, LogWriterOptions log, Optional<LogCutPlace> cut, TierTwo tierTwo, OnMaps onMaps,
            PrintStream progress) {

        /** For tables that base and log have filled. */
        void beginTierTwo(KernelStore store, LogDirectory directory, TierTwo.Source source, LogScan scan) {
            beginTierTwo(store, directory, source, Optional.of(scan), Optional.empty());
        }

        /** For tables that the kernel had, and whose log goes on. */
        void adoptTierTwo(KernelStore store, LogDirectory directory) throws IOException {
            beginTierTwo(store, directory, tierTwo.sourceOfWarmStart(store), Optional.empty(), Optional.empty());
        }

        /**
         * For tables that the kernel had, and whose log has failed. Called before anything is done to the log. The map's pages may have gone with the
         * disk; then a value is made anew from what reached the log, and from the ring.
         *
         * @param rest of the ring
         */
        void rescueTierTwo(KernelStore store, LogDirectory directory, MemorySegment rest) throws IOException, InterruptedException {
            TierTwo.Source source = tierTwo.sourceOfWarmStart(store);
            Optional<LogScan> scan = Optional.empty();
            try {
                scan = source == TierTwo.Source.NOTHING ? scan : Optional.of(ColdStart.verify(directory, progress));
            } catch (IOException unreadable) {
                progress.println("the log cannot be read (" + unreadable.getMessage() + "): large values are taken from their map alone");
            }
            beginTierTwo(store, directory, source, scan, Optional.of(rest));
            try {
                tierTwo.await();
            } catch (IOException lost) {
                throw new IOException(lost.getMessage() + "\nOnce the disk is well: `marrow unpin` drops the tables, and a start then goes on from what the disk"
                        + " has, as after a power cut", lost);
            }
        }

        private void beginTierTwo(KernelStore store, LogDirectory directory, TierTwo.Source source, Optional<LogScan> scan,
                Optional<MemorySegment> rest) {
            if (source != TierTwo.Source.NOTHING && tierTwo.bytesMax() == 0) {
                throw new StartRefusedException(directory.path() + " holds values of more than " + Abi.VALUE_BYTES_MAX
                        + " bytes, and there is to be no tier two for them: start with --tier-two");
            }
            tierTwo.begin(store, store.slot(store.slotCount() - 1), directory, source, scan, rest);
        }
    }

    /**
     * Opens the store of a locked directory.
     *
     * @throws StartRefusedException pins or directory do not allow what was asked
     * @throws dev.marrow.wal.LogDamagedException base or log are not what was synced (I6)
     * @throws IOException a read, write or sync failed
     */
    public static Opened open(LogDirectory directory, Options options) throws IOException {
        Optional<String> failed = FailedMarker.read(directory.path(), directory.storage());
        Path pins = BpfFs.prepare(directory.instance());
        PinnedStore pinned = KernelStore.inspect(pins);
        boolean serving = pinned.state() == Abi.STATE_SERVING;
        boolean cold = !serving && pinned.state() != Abi.STATE_FAILED;
        if (options.cut().isPresent() && !cold) {
            throw new StartRefusedException("the tables of " + directory.path() + " are in the kernel and need no cut log: start without it, or drop them with"
                    + " `marrow unpin`");
        }
        if (pinned.state() == Abi.STATE_FAILED || (serving && failed.isPresent())) {
            return new FailedStart(directory, options).open(pins, pinned, failed);
        }
        if (failed.isPresent() && FailedMarker.isOfThisBoot(directory.path(), directory.storage())) {
            throw new StartRefusedException("the log of " + directory.path() + " failed earlier: " + failed.get()
                    + "\nIts tables are no more in the kernel, and what the page cache says of its files cannot be trusted. Repair the disk, then reboot; or"
                    + " unmount and mount its file system, check with `marrow log verify`, and delete the file FAILED in the directory.");
        }
        if (serving) {
            return new WarmStart(directory, options).open(pins, pinned);
        }
        // BUILDING and LOADING: an earlier start was cut short. Nothing in such a table was ever acknowledged.
        BpfFs.unpin(directory.instance());
        failed.ifPresent(cause -> options.progress().println("the log failed before the last boot (" + cause
                + "): going on from what the disk has kept, which is everything that was acknowledged as synced"));
        return new ColdStart(directory, options).open();
    }
}
