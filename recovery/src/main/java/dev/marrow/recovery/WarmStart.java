package dev.marrow.recovery;

import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.PinnedStore;
import dev.marrow.bpf.StoreMaps;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogPosition;
import dev.marrow.wal.LogRecovery;
import dev.marrow.wal.LogScan;
import java.io.IOException;
import java.nio.file.Path;

/** Adopts the tables that a killed server left: only the log's end is looked at, so it is quick at any size. */
final class WarmStart {
    private final LogDirectory directory;
    private final StoreOpener.Options options;

    WarmStart(LogDirectory directory, StoreOpener.Options options) {
        this.directory = directory;
        this.options = options;
    }

    StoreOpener.Opened open(Path pins, PinnedStore pinned) throws IOException {
        long startNanos = System.nanoTime();
        PinCheck.check(directory, options.geometry(), pinned);
        options.onMaps().accept(StoreMaps.open(pins, pinned));
        LogScan scan = LogRecovery.openTail(directory);
        PinCheck.checkLog(directory, scan, pinned);
        // everything that the ring has released is in the log, and prepare syncs the log: durable is the consumer's position
        LogPosition logStart = LogRecovery.prepare(directory, scan, options.log());
        KernelStore store = KernelStore.adopt(pins, pinned, options.slotCount());
        try {
            store.updateClock();
            store.control().durable(store.ring().consumerPosition());
            options.adoptTierTwo(store, directory);
            StartReport report = new StartReport(StartReport.WARM, store.counters().keys(), 0, 0, StartReport.secondsSince(startNanos),
                    scan.tail().cutBytes(), scan.tail().reason());
            return new StoreOpener.Opened(store, logStart, report);
        } catch (IOException | RuntimeException e) {
            options.tierTwo().close();
            store.close();
            throw e;
        }
    }
}
