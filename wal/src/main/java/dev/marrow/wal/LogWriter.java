package dev.marrow.wal;

import dev.marrow.bpf.RedoRing;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Drains the redo ring into the log and says how far it is durable.
 *
 * <p>Group commit comes from the ring itself: while one batch syncs, the next gathers there. In {@code always} a batch is written,
 * synced, given back to the ring and published, in this order, by whoever waits for it and comes first ({@link #commit}), or else by the
 * writer thread; in {@code everysec} the writer thread gives it back after the write, and a second thread syncs and publishes.
 *
 * <p>The first failure of any call below it ends the writer for good (I7): nothing is retried, nothing is published any more, the
 * directory gets a {@link FailedMarker}, the listener hears of it once.
 */
public final class LogWriter implements AutoCloseable {

    /** An idle writer's first pause is this part of its longest. */
    private static final int IDLE_DIVISOR = 10;
    private static final long WRITTEN_POLL_MILLIS = 1;
    /** In {@code everysec} more than this is synced beside the writing: at a segment's end the writer would have to wait for all of it. */
    private static final long UNSYNCED_BYTES_MAX = 16L << 20;
    /** Handing a batch to the writer thread and its end back takes about a tenth of this. */
    private static final long COMMIT_SYNC_NANOS_MAX = 500_000;
    /** A record that is reserved and not yet submitted is usually there within a microsecond. */
    private static final long BUSY_PARK_NANOS_MAX = 1_000_000;
    private static final long BUSY_PARK_NANOS_MIN = 20_000;

    private final RedoRing ring;
    private final LogDirectory directory;
    private final LogWriterOptions options;
    private final DurabilityListener listener;
    private final DurableMark mark;
    private final SegmentAllocator allocator;
    private final Thread writerThread = Thread.ofPlatform().daemon().name("marrow-log-writer").unstarted(this::writerLoop);
    private final Thread syncThread = Thread.ofPlatform().daemon().name("marrow-log-sync").unstarted(this::syncLoop);

    /** Held by the one who drains the ring: across a turn of the writer thread, or a commit. Before the sync lock. */
    private final ReentrantLock drainLock = new ReentrantLock();

    /** Held across every fdatasync, roll and close, so that no file is closed under a sync and syncs are published in order. */
    private final Object syncLock = new Object();
    private final SyncCounters syncs = new SyncCounters();

    private volatile Durability durability;
    private volatile boolean parked;
    private volatile boolean syncWanted;
    private volatile boolean closing;
    private volatile boolean syncStopped;
    /** When each thread last began a turn, or a pause between two; by options.clockNanos. */
    private volatile long writerTurnNanos;
    private volatile long syncTurnNanos;
    private final Object rollLock = new Object();
    private Optional<CompletableFuture<LogPosition>> rollWanted = Optional.empty();
    private boolean rollClosed;
    private boolean closed;
    private boolean started;

    /** What the writer has handed to the file system. One reference, so that its parts belong together. */
    private volatile Written progress;
    private volatile SyncedPosition synced;

    private final BatchAppender appender;
    private final BusyRecord busy;
    /** Ring position given back; with the drain lock. */
    private long released;
    /** Where in the segment a sync out of turn was last asked for; with the drain lock. */
    private long syncAskedOffset;

    private record Written(Segment segment, long offset, long ringPosition) {}

    /**
     * @param start from {@link LogRecovery#prepare}; everything below the ring's consumer position must be in the log and synced
     * @throws LogFailedException while the directory has a {@link FailedMarker}
     * @throws IOException        when the segment cannot be opened
     */
    public LogWriter(RedoRing ring, LogDirectory directory, LogPosition start, LogWriterOptions options, DurabilityListener listener)
            throws IOException {
        FailedMarker.refuse(directory);
        this.ring = ring;
        this.directory = directory;
        this.options = options;
        this.durability = options.durability();
        this.released = ring.consumerPosition();
        this.listener = listener;
        this.mark = new DurableMark(released, listener);
        Segment segment = Segment.open(directory, start.segment(), SegmentDescriptor.HEADER_BYTES);
        this.appender = new BatchAppender(segment, start, options.clockMillis());
        this.busy = new BusyRecord(options.clockNanos());
        this.synced = new SyncedPosition(start.segment(), SegmentDescriptor.HEADER_BYTES);
        this.progress = new Written(segment, segment.offset(), released);
        this.allocator = new SegmentAllocator(directory, options, start.segment() + 1, this::fail);
    }

    /** Starts the threads and publishes where the ring's consumer stands: that much is durable. */
    public synchronized void start() {
        if (started || closed) {
            throw new IllegalStateException("started=" + started + " closed=" + closed);
        }
        started = true;
        writerTurnNanos = options.clockNanos().getAsLong();
        syncTurnNanos = writerTurnNanos;
        mark.announce();
        allocator.start();
        writerThread.start();
        syncThread.start();
    }

    // ---- the writer thread ----

    private void writerLoop() {
        try {
            long pauseNanos = 0;
            while (!closing && !mark.failed()) {
                writerTurnNanos = options.clockNanos().getAsLong();
                pauseNanos = turn() ? 0 : pause(pauseNanos);
            }
            if (!mark.failed()) {
                finish();
            }
        } catch (Throwable failure) {
            fail(failure);
        } finally {
            refuseRolls();
        }
    }

    /** False when there was nothing to do. */
    private boolean turn() throws IOException, InterruptedException {
        drainLock.lock();
        try {
            return rollIfWanted() || writeBatch() || syncIfOwed();
        } finally {
            drainLock.unlock();
        }
    }

    /** Takes one run of finished records from the ring. False when there is none. */
    private boolean writeBatch() throws IOException, InterruptedException {
        long from = progress.ringPosition();
        long to = finishedEnd(from);
        if (to > from && to - from > appender.segment().room()) {
            rollOver();
            to = finishedEnd(from);
        }
        if (to == from) {
            lookForBusy(from);
            return false;
        }
        write(from, to);
        return true;
    }

    /** The run [from, to) of the ring, which fits into the segment; with the drain lock. */
    private void write(long from, long to) throws IOException {
        busy.clear();
        appender.append(ring.bytes(from, to), synced, to);
        listener.onWritten(appender.lsnNext() - 1);
        progress = new Written(appender.segment(), appender.segment().offset(), to);
        if (durability == Durability.ALWAYS) {
            sync();
        } else {
            syncOutOfTurn();
        }
        release(to);
    }

    /** A sync under way tells only at its end how far it came: so it counts from where one was asked for. */
    private void syncOutOfTurn() {
        long offset = appender.segment().offset();
        if (offset - Math.max(synced.offset(), syncAskedOffset) > UNSYNCED_BYTES_MAX) {
            syncAskedOffset = offset;
            syncSoon();
        }
    }

    private long finishedEnd(long from) {
        return ring.finishedEnd(from, Math.clamp(appender.segment().room(), 0, BatchDescriptor.PAYLOAD_BYTES_MAX));
    }

    /** I8: in {@code always} only after the sync, in {@code everysec} after the write. */
    private void release(long position) {
        if (position > released) {
            ring.release(position);
            released = position;
        }
    }

    /** Full: the next segment is durable before the seal promises it, and this one before anything is written to the next. */
    private void rollOver() throws IOException, InterruptedException {
        Segment next = allocator.take(appender.segment().offset(), durability);
        synchronized (syncLock) {
            long position = progress.ringPosition();
            appender.seal(BatchDescriptor.MAGIC_SEAL_ROLLED, synced, position);
            listener.onWritten(appender.lsnNext() - 1);
            force(appender.segment());
            appender.moveTo(next);
            syncAskedOffset = 0;
            synced = new SyncedPosition(next.sequence(), next.offset());
            progress = new Written(next, next.offset(), position);
            mark.publish(position);
        }
    }

    /** A checkpoint begins: what it need not keep ends with a segment. */
    private boolean rollIfWanted() throws IOException, InterruptedException {
        Optional<CompletableFuture<LogPosition>> wanted;
        synchronized (rollLock) {
            wanted = rollWanted;
            rollWanted = Optional.empty();
        }
        if (wanted.isEmpty()) {
            return false;
        }
        try {
            if (appender.segment().offset() > SegmentDescriptor.HEADER_BYTES) {
                rollOver();
            }
            wanted.get().complete(appender.position());
        } finally {
            wanted.get().cancel(false);     // of no effect unless the roll failed
        }
        return true;
    }

    private void refuseRolls() {
        synchronized (rollLock) {
            rollClosed = true;
            rollWanted.ifPresent(roll -> roll.cancel(false));
        }
    }

    /** In {@code always} nothing stays unsynced: after a switch from {@code everysec} something may be. */
    private boolean syncIfOwed() throws IOException {
        if (durability != Durability.ALWAYS || mark.position() >= progress.ringPosition()) {
            return false;
        }
        sync();
        return true;
    }

    /** The end of a clean stop: everything finished so far, synced and sealed. New records of a writer that goes on are not waited for. */
    private void finish() throws IOException, InterruptedException {
        drainLock.lock();
        try {
            seal();
        } finally {
            drainLock.unlock();
        }
    }

    private void seal() throws IOException, InterruptedException {
        long end = ring.producerPosition();
        while (progress.ringPosition() < end && writeBatch()) {
            // one batch a turn
        }
        sync();
        synchronized (syncLock) {
            appender.seal(BatchDescriptor.MAGIC_SEAL_CLEAN, synced, progress.ringPosition());
            force(appender.segment());
            appender.segment().trim();
        }
    }

    private long pause(long lastNanos) {
        long nanos = busy.present() ? Math.clamp(lastNanos * 2, BUSY_PARK_NANOS_MIN, BUSY_PARK_NANOS_MAX)
                : Math.clamp(lastNanos * 2, options.idleNanosMax() / IDLE_DIVISOR, options.idleNanosMax());
        parked = true;
        // Looked at again after the flag is up: whoever submits later sees the flag and takes it down. A wait for the lock takes the permit of who did.
        if (isDrained() && parked && !closing && !isRollWanted() && !mark.failed()) {
            LockSupport.parkNanos(this, nanos);
        }
        parked = false;
        return nanos;
    }

    /** Whatever it does, it looks again before it sleeps. */
    private void unparkWriter() {
        parked = false;
        LockSupport.unpark(writerThread);
    }

    private boolean isDrained() {
        drainLock.lock();
        try {
            return finishedEnd(progress.ringPosition()) == progress.ringPosition();
        } finally {
            drainLock.unlock();
        }
    }

    private void lookForBusy(long from) {
        if (ring.producerPosition() == from) {
            busy.clear();
        } else {
            busy.note(from);
        }
    }

    // ---- syncing, on either thread or one that commits ----

    private void syncLoop() {
        try {
            while (!syncStopped && !mark.failed()) {
                syncTurnNanos = options.clockNanos().getAsLong();
                if (!syncWanted) {
                    LockSupport.parkNanos(this, options.syncPeriodMillis() * 1_000_000);
                }
                syncWanted = false;
                if (durability == Durability.EVERYSEC) {
                    sync();
                }
            }
        } catch (Throwable failure) {
            fail(failure);
        }
    }

    private void sync() throws IOException {
        synchronized (syncLock) {
            Written target = progress;
            if (target.ringPosition() == mark.position()) {
                return;
            }
            // A run of discarded records moved the position and wrote nothing.
            if (synced.offset() != target.offset()) {
                force(target.segment());
                synced = new SyncedPosition(target.segment().sequence(), target.offset());
            }
            // The ring has one consumer; and whoever is told of the position finds its space free.
            if (drainLock.isHeldByCurrentThread()) {
                release(target.ringPosition());
            }
            mark.publish(target.ringPosition());
        }
    }

    /** With the sync lock held. */
    private void force(Segment target) throws IOException {
        // I7: the thread that held the lock before may have failed; nothing is synced after that.
        if (mark.failed()) {
            throw new IOException("the log has failed");
        }
        long begin = options.clockNanos().getAsLong();
        try {
            target.force();
        } catch (IOException | RuntimeException failure) {
            // Before the lock is free: no other thread may sync after this one failed.
            fail(failure);
            throw failure;
        }
        syncs.add(options.clockNanos().getAsLong() - begin);
    }

    /** Ends the writer for good (I7), for a failure of its own or of something else that the directory's durability hangs on. */
    public void fail(Throwable failure) {
        if (!mark.fail(failure)) {
            return;
        }
        allocator.stop();
        try {
            FailedMarker.write(directory.path(), directory.storage(), failure.toString());
        } catch (IOException | RuntimeException alsoFailed) {
            failure.addSuppressed(alsoFailed);
        }
        mark.tellFailure();
        unparkWriter();
        LockSupport.unpark(syncThread);
    }

    // ---- for everybody ----

    /**
     * Called by a thread that has nothing to do until its records are durable, in {@code always}. The first that comes writes and syncs what all have left in
     * the ring, and returns when it is published; that spares the two wake-ups of having the writer thread do it, which cost more than half of a
     * quick disk's sync. Whatever may take longer is left to the writer thread: a slow disk's sync, a roll, what comes while another drains.
     */
    public void commit() {
        if (durability != Durability.ALWAYS || syncs.nanosLast > COMMIT_SYNC_NANOS_MAX || !drainLock.tryLock()) {
            wake();
            return;
        }
        boolean left = false;
        try {
            if (!closing && !mark.failed()) {
                long from = progress.ringPosition();
                long to = finishedEnd(from);
                if (to > from && to - from <= appender.segment().room()) {
                    write(from, to);
                }
                left = progress.ringPosition() < ring.producerPosition();
            }
        } catch (Throwable failure) {
            fail(failure);
        } finally {
            // The ring may be gone as soon as this is free: close() waits for nothing else.
            drainLock.unlock();
        }
        if (left) {
            wake();
        }
    }

    /** Called after a run that wrote. Costs one volatile read while the writer is awake. */
    public void wake() {
        if (parked) {
            unparkWriter();
        }
    }

    /**
     * Has the log go on in a new segment.
     *
     * @return where: everything that was finished in the ring before, and in the log, is in earlier segments; cancelled when the log has
     *         failed or is closed
     */
    public Future<LogPosition> roll() {
        CompletableFuture<LogPosition> roll;
        synchronized (rollLock) {
            roll = rollWanted.orElseGet(CompletableFuture::new);
            rollWanted = Optional.of(roll);
            if (rollClosed) {
                roll.cancel(false);
            }
        }
        unparkWriter();
        return roll;
    }

    private boolean isRollWanted() {
        synchronized (rollLock) {
            return rollWanted.isPresent();
        }
    }

    /** Ring position up to which everything is synced. */
    public long durable() {
        return mark.position();
    }

    /** Ring position up to which everything is handed to the file system. */
    public long written() {
        return progress.ringPosition();
    }

    /**
     * Waits until all that lies in the ring before a position is in the log, synced or not.
     *
     * @return how far the log goes then
     * @throws IOException the log has failed, or ends
     */
    public LogScan awaitWritten(long position) throws IOException, InterruptedException {
        while (progress.ringPosition() < position) {
            if (mark.failed() || closing) {
                throw new IOException("the log has ended");
            }
            wake();
            Thread.sleep(WRITTEN_POLL_MILLIS);
        }
        Written now = progress;
        return LogScan.upTo(now.segment().sequence(), now.offset());
    }

    public Durability durability() {
        return durability;
    }

    /** Changes the mode. To {@code always}: what is written but not synced is synced at once. */
    public void durability(Durability value) {
        durability = value;
        unparkWriter();
    }

    /** Whether the log has failed (I7). */
    public boolean failed() {
        return mark.failed();
    }

    /**
     * How far the log may be behind, in nanoseconds: how long the slower of its threads has been at what it does now, or a record that everything
     * waits for has been unfinished. Much above the period of {@code everysec}, and that promise is not kept.
     */
    public long lagNanos() {
        return Math.max(options.clockNanos().getAsLong() - Math.min(writerTurnNanos, syncTurnNanos), busy.ageNanos());
    }

    /** Has what is written synced now rather than at the end of {@code everysec}'s period. Returns at once. */
    public void syncSoon() {
        syncWanted = true;
        wake();
        LockSupport.unpark(syncThread);
    }

    /** Whether ring position {@code position} became durable within the time; false at once when the log has failed. */
    public boolean awaitDurable(long position, long timeoutNanos) throws InterruptedException {
        if (mark.position() < position) {
            syncSoon();
        }
        return mark.await(position, timeoutNanos);
    }

    public LogStats stats() {
        Written now = progress;
        return new LogStats(durability, mark.failed(), appender.batches(), appender.records(), appender.bytes(), syncs.count,
                syncs.nanosTotal, syncs.nanosLast, syncs.nanosMax, appender.segments(), now.segment().sequence(), now.offset(),
                now.ringPosition(), mark.position(), busy.ageNanos());
    }

    /**
     * Writes everything finished in the ring, syncs, seals the log as cleanly stopped and ends the threads. Close the doors first.
     * After a failure it only ends the threads. Idempotent.
     */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        closing = true;
        unparkWriter();
        Threads.join(writerThread, mark::failed);
        // its own last act, unless it never ran
        refuseRolls();
        syncStopped = true;
        LockSupport.unpark(syncThread);
        Threads.join(syncThread, mark::failed);
        allocator.close(mark::failed);
        // After a failure a thread may still be inside the listener; the file is left to the end of the process.
        if (!mark.failed()) {
            appender.segment().close();
        }
    }
}
