package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.recovery.tiertwo.TierTwo;
import dev.marrow.wal.Durability;
import dev.marrow.wal.DurabilityListener;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogPosition;
import dev.marrow.wal.LogWriter;
import dev.marrow.wal.LogWriterOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A store with its log, as a server has them, without the server. Closing it is a clean stop that leaves the pins; {@link #drop} removes them. */
final class LiveStore implements AutoCloseable {
    static final LogWriterOptions OPTIONS = LogWriterOptions.defaults().withDurability(Durability.EVERYSEC).withSegmentBytes(256 << 10);
    private static final PrintStream QUIET = new PrintStream(OutputStream.nullOutputStream());
    private static final long TIER_TWO_BYTES = 16 << 20;
    private static final int STALLS_MAX = 100_000;
    private static final long STALL_MILLIS = 1;

    final LogDirectory directory;
    final TierTwo tierTwo;
    final KernelStore store;
    final StartReport report;
    final LogWriter log;

    /** Opens the store of this directory: cold, unless its pins are there. */
    LiveStore(Path path, StoreGeometry geometry, int slotCount) throws IOException {
        directory = LogDirectory.open(path);
        tierTwo = new TierTwo(path.resolve("tier-two"), TIER_TWO_BYTES);
        StoreOpener.Opened opened;
        try {
            opened = StoreOpener.open(directory, new StoreOpener.Options(geometry, slotCount, OPTIONS, Optional.empty(), tierTwo,
                    StoreOpener.OnMaps.NOBODY, QUIET));
        } catch (IOException | RuntimeException refused) {
            directory.close();
            throw refused;
        }
        store = opened.store();
        report = opened.report();
        log = new LogWriter(store.ring(), directory, opened.logStart(), OPTIONS, new DurabilityListener() {
            @Override
            public void onWritten(long lsn) {
                store.control().logLsn(lsn);
            }

            @Override
            public void onDurable(long position) {
                store.control().durable(position);
            }

            @Override
            public void onFailure(Throwable cause) {
                // whoever waits for the log hears of it
            }
        });
        log.start();
        tierTwo.logRuns(() -> log.awaitWritten(store.ring().producerPosition()));
    }

    /** Runs one command; returns its reply. */
    String call(int slotIndex, String... arguments) throws InterruptedException {
        StringBuilder text = new StringBuilder("*").append(arguments.length).append("\r\n");
        for (String argument : arguments) {
            text.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
        }
        IoSlot slot = store.slot(slotIndex);
        byte[] in = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        MemorySegment.copy(in, 0, slot.in(), ValueLayout.JAVA_BYTE, 0, in.length);
        for (int stalls = 0; stalls < STALLS_MAX; stalls++) {
            slot.request(0, 0, in.length, 0);
            slot.serve(1);
            log.wake();
            switch (slot.status(0)) {
                case Abi.STATUS_DONE -> {
                    return new String(slot.out().asSlice(slot.outOffset(0), slot.outEnd(0) - slot.outOffset(0))
                            .toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
                }
                case Abi.STATUS_BUSY -> { }
                case Abi.STATUS_RING_FULL -> Thread.sleep(STALL_MILLIS);
                case Abi.STATUS_GROWING -> store.heap().grow();
                default -> throw new IllegalStateException("status=" + slot.status(0));
            }
        }
        throw new IllegalStateException("stalled for ever: " + log.stats());
    }

    /** FLUSHALL. One caller at a time. */
    void flush(int slotIndex) throws InterruptedException {
        IoSlot slot = store.slot(slotIndex);
        do {
            slot.flush();
            log.wake();
        } while (slot.batchStatus() == Abi.STATUS_RING_FULL);
        for (long first = 0; first < store.geometry().bucketCount(); first = slot.batchCursor()) {
            slot.sweep(first, 1 << 14, IoSlot.Sweep.STALE);
        }
    }

    /** What is done between two steps of a checkpoint. */
    @FunctionalInterface
    interface During {
        void run() throws Exception;
    }

    Checkpoint.Result checkpoint(int slotIndex) throws IOException, InterruptedException {
        return checkpoint(slotIndex, () -> { });
    }

    Checkpoint.Result checkpoint(int slotIndex, During during) throws IOException, InterruptedException {
        return new Checkpoint(directory, OPTIONS, store, tierTwo, store.slot(slotIndex), 0, () -> between(during)).take(new Checkpoint.Log() {
            @Override
            public LogPosition roll() throws IOException, InterruptedException {
                try {
                    return log.roll().get(60, TimeUnit.SECONDS);
                } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
                    throw new IOException(e);
                }
            }

            @Override
            public void awaitDurable() throws IOException, InterruptedException {
                if (!log.awaitDurable(store.ring().producerPosition(), TimeUnit.SECONDS.toNanos(60))) {
                    throw new IOException("not durable: " + log.stats());
                }
            }
        });
    }

    private static boolean between(During during) {
        try {
            during.run();
            return false;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Stops cleanly and removes the tables from the kernel, as a reboot does: the next start is a cold one. */
    void drop() throws IOException {
        close();
        BpfFs.unpin(directory.instance());
    }

    @Override
    public void close() throws IOException {
        log.close();
        tierTwo.closeClean();
        store.close();
        directory.close();
    }
}
