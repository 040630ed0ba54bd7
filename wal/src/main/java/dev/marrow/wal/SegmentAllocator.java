package dev.marrow.wal;

import java.io.IOException;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Keeps one durable spare segment ready on a thread of its own, so that rolling does not make the log wait for it. It is made of zeros: a sync that
 * overwrites them changes no metadata. Where syncs are seldom and the log takes much between them that is the wrong bargain: every byte would be written twice.
 * Then a spare is a hole, until the log is slower again.
 */
final class SegmentAllocator {
    private static final long HOLES_FROM_BYTES_PER_SECOND = 128L << 20;

    private final LogDirectory directory;
    private final LogWriterOptions options;
    private final Consumer<Throwable> onFailure;
    private final Thread thread;
    private long next;
    private Optional<Segment> spare = Optional.empty();
    private boolean stopped;
    private long takenNanos;
    private boolean holes;

    SegmentAllocator(LogDirectory directory, LogWriterOptions options, long next, Consumer<Throwable> onFailure) {
        this.directory = directory;
        this.options = options;
        this.next = next;
        this.onFailure = onFailure;
        this.takenNanos = options.clockNanos().getAsLong();
        this.thread = Thread.ofPlatform().daemon().name("marrow-log-preallocate").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /**
     * The next segment; waits while it is being made.
     *
     * @param bytes      of the one before
     * @param durability in which that was written
     */
    synchronized Segment take(long bytes, Durability durability) throws IOException, InterruptedException {
        double seconds = (options.clockNanos().getAsLong() - takenNanos) / 1e9;
        holes = durability == Durability.EVERYSEC && bytes >= seconds * HOLES_FROM_BYTES_PER_SECOND;
        while (spare.isEmpty() && !stopped) {
            wait();
        }
        // A wait for zeros is not the log's own time.
        takenNanos = options.clockNanos().getAsLong();
        Segment taken = spare.orElseThrow(() -> new IOException("no spare segment: its preallocation failed or the log is closed"));
        spare = Optional.empty();
        notifyAll();
        return taken;
    }

    private void run() {
        try {
            for (Optional<Long> sequence = nextWanted(); sequence.isPresent(); sequence = nextWanted()) {
                offer(Segment.create(directory, sequence.get(), options.segmentBytes(), options.clockMillis().getAsLong(), makesHoles()));
            }
        } catch (Throwable failure) {
            // I7: the disk that refused the spare is the disk that holds the log.
            // the cause first: a writer that waits here would report its own disappointment
            onFailure.accept(failure);
            stop();
        }
    }

    private synchronized Optional<Long> nextWanted() throws InterruptedException {
        while (spare.isPresent() && !stopped) {
            wait();
        }
        return stopped ? Optional.empty() : Optional.of(next++);
    }

    private synchronized boolean makesHoles() {
        return holes;
    }

    private synchronized void offer(Segment segment) {
        spare = Optional.of(segment);
        notifyAll();
    }

    synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    /** Ends the thread and closes the spare, which stays on disk for the next start. */
    void close(BooleanSupplier failed) throws IOException {
        stop();
        Threads.join(thread, failed);
        closeSpare();
    }

    private synchronized void closeSpare() throws IOException {
        if (spare.isPresent()) {
            spare.get().close();
        }
    }
}
