package dev.marrow.recovery;

import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.KernelStore;
import dev.marrow.recovery.tiertwo.ChunkCheckpoint;
import dev.marrow.recovery.tiertwo.TierTwo;
import dev.marrow.wal.BaseFiles;
import dev.marrow.wal.BaseWriter;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogPosition;
import dev.marrow.wal.LogWriterOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * One checkpoint: the log before now, compacted.
 *
 * <ol>
 * <li>The log goes on in a new segment. Whatever is in earlier ones is in the table, or is a transaction that has marked its homes and is about
 *     to change them: the scan waits for marks.
 * <li>The table is scanned into base segments while others write. The base is of no single moment, and need not be: what changes meanwhile is in the
 *     new segments with a higher version, and versions decide (I5). Bytes of large values go with their stubs ({@link ChunkCheckpoint}).
 * <li>Base and directory are synced, and the log up to the scan's end: nothing in the base may be newer than what a power cut leaves of the log.
 * <li>The manifest is switched. Before, the old checkpoint counts, from now on the new one.
 * <li>What the manifest names no more is deleted.
 * </ol>
 *
 * A crash anywhere leaves the old or the new one, whole. Any failing call is a failure of the store (I7).
 */
public final class Checkpoint {

    /** The log, as far as a checkpoint has to do with it. */
    public interface Log {
        /** Has the log go on in a new segment, and waits for it. */
        LogPosition roll() throws IOException, InterruptedException;

        /** Waits until everything executed so far is durable. */
        void awaitDurable() throws IOException, InterruptedException;
    }

    /**
     * @param log  where the log behind it begins
     * @param millis how long it took
     */
    public record Result(BaseFiles base, LogPosition log, long millis) {}

    private final LogDirectory directory;
    private final LogWriterOptions options;
    private final KernelStore store;
    private final IoSlot slot;
    private final long bytesPerSecondMax;
    private final BooleanSupplier cancelled;
    private final TierTwo tierTwo;
    private volatile long bytes;
    private volatile long records;

    /**
     * @param tierTwo           open, or with nothing in it
     * @param slot              nobody else's meanwhile
     * @param bytesPerSecondMax at most so much is written, 0: no bound
     * @param cancelled         looked at often; a cancelled checkpoint leaves the old one
     */
    public Checkpoint(LogDirectory directory, LogWriterOptions options, KernelStore store, TierTwo tierTwo, IoSlot slot, long bytesPerSecondMax,
            BooleanSupplier cancelled) {
        this.tierTwo = tierTwo;
        this.directory = directory;
        this.options = options;
        this.store = store;
        this.slot = slot;
        this.bytesPerSecondMax = bytesPerSecondMax;
        this.cancelled = cancelled;
    }

    /**
     * Takes it.
     *
     * @throws CheckpointCancelledException when asked to end early
     */
    public Result take(Log log) throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        LogPosition start = log.roll();
        // a FLUSHALL before the roll has set it, one behind it is in the new segments
        long flushVersion = store.control().flushVersion();
        try (BaseWriter writer = new BaseWriter(directory, options); ChunkCheckpoint chunks = tierTwo.checkpoint()) {
            ChunkCheckpoint.Base base = chunk -> append(writer, chunk, 1, 0);
            new TableScan(store, slot).run((found, count, versionMax) -> {
                append(writer, found.asByteBuffer(), count, versionMax);
                chunks.scanned(found, base);
            });
            chunks.finish(base);
            BaseFiles files = writer.finish();
            log.awaitDurable();
            long millis = (System.nanoTime() - startNanos) / 1_000_000;
            directory.checkpoint(files, start, store.control().versionBound(), flushVersion, options.clockMillis().getAsLong(),
                    (int) Math.min(millis, Integer.MAX_VALUE));
            return new Result(files, start, millis);
        }
    }

    private void append(BaseWriter writer, ByteBuffer found, int count, long versionMax) throws IOException {
        if (cancelled.getAsBoolean()) {
            throw new CheckpointCancelledException();
        }
        if (count > 0) {
            writer.append(found, count, versionMax);
        }
        long step = writer.bytes() - bytes;
        bytes += step;
        records = writer.records();
        pace(step);
    }

    /** After each step, not by the time since the start: a thread that has fallen behind must not make up for it by keeping its processor. */
    private void pace(long stepBytes) {
        if (bytesPerSecondMax > 0 && stepBytes > 0) {
            LockSupport.parkNanos((long) (stepBytes * 1e9 / bytesPerSecondMax));
        }
    }

    /** Payload bytes written so far. */
    public long bytes() {
        return bytes;
    }

    /** Records written so far. */
    public long records() {
        return records;
    }
}
