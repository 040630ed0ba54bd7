package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.PinnedStore;
import dev.marrow.bpf.RedoRing;
import dev.marrow.bpf.StoreMaps;
import dev.marrow.wal.FailedMarker;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogPosition;
import dev.marrow.wal.LogRecovery;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Adopts tables whose log failed. They hold everything that was ever acknowledged; of the log's files nothing is believed any more, because a sync that
 * failed once may claim to succeed later (I7). So the tables are written out whole, as a checkpoint into new files behind which a new log begins,
 * and only when that is durable does anything serve. If it fails too, nothing has changed and the tables stay.
 */
final class FailedStart {
    private static final int BUSY_POLLS_MAX = 5_000;
    private static final long BUSY_POLL_NANOS = 1_000_000;

    private final LogDirectory directory;
    private final StoreOpener.Options options;

    FailedStart(LogDirectory directory, StoreOpener.Options options) {
        this.directory = directory;
        this.options = options;
    }

    StoreOpener.Opened open(Path pins, PinnedStore pinned, Optional<String> cause) throws IOException {
        long startNanos = System.nanoTime();
        PinCheck.check(directory, options.geometry(), pinned);
        options.progress().println("the log of " + directory.path() + " failed" + cause.map(text -> " (" + text + ")").orElse("")
                + ": writing the tables, which are still in the kernel, to new files before anything is served");
        options.onMaps().accept(StoreMaps.open(pins, pinned));
        KernelStore store = KernelStore.adopt(pins, pinned, options.slotCount());
        try {
            store.updateClock();
            long end = finishedEnd(store.ring());
            options.rescueTierTwo(store, directory, store.ring().bytes(store.ring().consumerPosition(), end));
            LogPosition logStart = LogRecovery.beginAnew(directory, pinned.logLsn(), store.control().versionBound(),
                    store.control().clockFloorMillis(), options.log());
            Checkpoint checkpoint = new Checkpoint(directory, options.log(), store, options.tierTwo(), store.slot(0), 0, () -> false);
            Checkpoint.Result written;
            try (Progress _ = new Progress(options.progress(),
                    () -> String.format("writing: %,d records, %,d bytes", checkpoint.records(), checkpoint.bytes()))) {
                written = checkpoint.take(logAt(logStart));
            }
            // all of it was executed, so it is in the tables that were just written
            store.ring().release(end);
            store.control().logLsn(logStart.lsn() - 1);
            store.control().durable(end);
            FailedMarker.clear(directory.path(), directory.storage());
            store.control().state(Abi.STATE_SERVING);
            StartReport report = new StartReport(StartReport.RESCUED, store.counters().keys(), written.base().records(), written.base().bytes(),
                    StartReport.secondsSince(startNanos), 0, "");
            return new StoreOpener.Opened(store, logStart, report);
        } catch (InterruptedException e) {
            options.tierTwo().close();
            store.close();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException | RuntimeException | Error e) {
            options.tierTwo().close();
            store.close();
            throw e;
        }
    }

    /** Nobody writes: the new log stays empty until the start is over. */
    private static Checkpoint.Log logAt(LogPosition start) {
        return new Checkpoint.Log() {
            @Override
            public LogPosition roll() {
                return start;
            }

            @Override
            public void awaitDurable() {
                // the tables do not change, and the base holds all of them
            }
        };
    }

    /** The ring's end, once no program is in the middle of a record. */
    private static long finishedEnd(RedoRing ring) {
        long end = ring.producerPosition();
        long finished = ring.consumerPosition();
        for (int polls = 0; finished < end; polls++) {
            long next = ring.finishedEnd(finished, ring.capacity());
            if (next == finished) {
                if (polls > BUSY_POLLS_MAX) {
                    throw new StartRefusedException("a redo record at ring position " + finished + " is unfinished: a program of the stopped server"
                            + " still runs. Try again; only a reboot ends a program that never does");
                }
                LockSupport.parkNanos(BUSY_POLL_NANOS);
            }
            finished = next;
        }
        return end;
    }
}
