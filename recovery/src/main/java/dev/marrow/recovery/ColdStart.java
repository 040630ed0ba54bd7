package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.KernelStore;
import dev.marrow.recovery.tiertwo.TierTwo;
import dev.marrow.wal.BatchReader;
import dev.marrow.wal.FailedMarker;
import dev.marrow.wal.LogCut;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogPosition;
import dev.marrow.wal.LogRecovery;
import dev.marrow.wal.LogScan;
import dev.marrow.wal.LogScanner;
import java.io.IOException;
import java.io.PrintStream;
import java.security.SecureRandom;

/** Fills new tables from base and log. */
final class ColdStart {
    private final LogDirectory directory;
    private final StoreOpener.Options options;

    ColdStart(LogDirectory directory, StoreOpener.Options options) {
        this.directory = directory;
        this.options = options;
    }

    StoreOpener.Opened open() throws IOException {
        long startNanos = System.nanoTime();
        if (options.cut().isPresent()) {
            LogCut.cut(directory, options.cut().get(), options.progress());
        }
        KernelStore store = create();
        try {
            options.onMaps().accept(store.maps());
            store.updateClock();
            FileIdentity identity = FileIdentity.of(directory);
            store.control().directory(identity.device(), identity.inode());
            store.control().tablesId(new SecureRandom().nextLong() | 1);
            store.control().state(Abi.STATE_LOADING);
            LogScan scan = verify(directory, options.progress());
            long stubs = fill(store, directory, scan, options.progress());
            FailedMarker.clear(directory.path(), directory.storage());
            LogPosition logStart = LogRecovery.prepare(directory, scan, options.log());
            store.control().logLsn(logStart.lsn() - 1);
            store.control().durable(store.ring().consumerPosition());
            TierTwo.Source large = options.tierTwo().sourceOfColdStart(stubs, directory.manifest().tablesId(), scan.cleanStop());
            // from here on tables that another start filled are stale
            directory.tables(store.control().tablesId());
            options.beginTierTwo(store, directory, large, scan);
            store.control().state(Abi.STATE_SERVING);
            return new StoreOpener.Opened(store, logStart, report(store, scan, startNanos));
        } catch (IOException | RuntimeException | Error e) {
            options.tierTwo().close();
            store.close();
            BpfFs.unpin(directory.instance());
            throw e;
        }
    }

    static LogScan verify(LogDirectory directory, PrintStream progress) throws IOException {
        try (Progress _ = new Progress(progress, () -> "verifying the log")) {
            return LogScanner.verify(directory);
        }
    }

    /** Loads what the directory holds into an empty store; changes nothing in the directory. Returns how many stubs of large values came by. */
    static long fill(KernelStore store, LogDirectory directory, LogScan scan, PrintStream progress) throws IOException {
        store.control().clockFloorMillis(scan.timeMaxMillis());
        store.control().flushVersion(scan.flushVersion());
        // above everything in base and log, so that every version given from now on is higher (I4)
        long highest = Math.max(scan.versionMax(), scan.flushVersion());
        store.control().versionFloor((highest / Abi.VERSION_STEP + 2) * Abi.VERSION_STEP);
        Replay replay = new Replay(store, progress, scan.flushVersion(), directory.manifest().base().bytes() + scan.bytes());
        try (BatchReader base = BatchReader.base(directory)) {
            replay.run(base, () -> BatchReader.log(directory, scan));
        }
        return replay.stubs();
    }

    private StartReport report(KernelStore store, LogScan scan, long startNanos) {
        long records = directory.manifest().base().records() + scan.records();
        long bytes = directory.manifest().base().bytes() + scan.bytes();
        boolean empty = records == 0 && scan.batches() == 0 && scan.tail().cutBytes() == 0 && directory.manifest().checkpoint() == 0;
        return new StartReport(empty ? StartReport.EMPTY : StartReport.COLD, store.counters().keys(), records, bytes,
                StartReport.secondsSince(startNanos), scan.tail().cutBytes(), scan.tail().reason());
    }

    private KernelStore create() {
        try {
            return KernelStore.create(BpfFs.prepare(directory.instance()), options.geometry(), directory.instance(),
                    directory.manifest().hashSeed(), options.slotCount());
        } catch (RuntimeException | Error e) {
            BpfFs.unpin(directory.instance());
            throw e;
        }
    }
}
