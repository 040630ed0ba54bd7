package dev.marrow.engine.server;

import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.libbpf.ThreadPriority;
import dev.marrow.engine.command.CheckpointInfo;
import dev.marrow.engine.config.ServerConfig;
import dev.marrow.recovery.Checkpoint;
import dev.marrow.recovery.CheckpointCancelledException;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogPosition;
import dev.marrow.wal.LogStats;
import dev.marrow.wal.LogWriter;
import dev.marrow.wal.LogWriterOptions;
import dev.marrow.wal.Manifest;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;

/** Takes checkpoints: when asked to, when the log has outgrown the last one, and when that one is old. */
final class CheckpointThread implements Runnable {
    private static final long PERIOD_MILLIS = 200;
    private static final long FAILED_WAIT_MILLIS_MAX = 1000;
    /** Clients go first; an idle processor is taken all the same. */
    private static final int NICE = 10;
    private static final int PERCENT = 100;

    private final Server server;
    private final LogDirectory directory;
    private final LogWriterOptions options;
    private final IoSlot slot;
    private final Thread thread;
    /** Of the last checkpoint that is over: the directory's own is new before the old files are deleted, while one is still under way. */
    private Manifest manifest;
    private boolean wanted;
    private boolean stopping;
    private long finished;
    private boolean running;
    private boolean failed;
    private long startNanos;
    private long recordsAtStart;
    private long recordsBefore;
    private long sinceNanos = System.nanoTime();

    /** @param slot nobody else's */
    CheckpointThread(Server server, LogDirectory directory, LogWriterOptions options, IoSlot slot) {
        this.server = server;
        this.directory = directory;
        this.options = options;
        this.slot = slot;
        this.manifest = directory.manifest();
        this.thread = Thread.ofPlatform().name("marrow-checkpoint").daemon().unstarted(this);
    }

    void start() {
        thread.start();
    }

    /** Begins one now; false when one is under way or asked for already. */
    synchronized boolean request() {
        if (running || wanted || stopping) {
            return false;
        }
        wanted = true;
        startNanos = System.nanoTime();
        notifyAll();
        return true;
    }

    /** Begins one when that under way is over. */
    synchronized void schedule() {
        wanted = true;
        notifyAll();
    }

    @Override
    public void run() {
        ThreadPriority.lower(NICE);
        try {
            while (awaitTurn()) {
                take();
            }
        } catch (CheckpointCancelledException | CancellationException stopped) {
            // by the end of the server, or of its log: whoever waits for SAVE must not be told that it was taken
            end(true);
        } catch (Throwable t) {
            end(true);
            server.log().fail(t);
        }
    }

    private synchronized boolean awaitTurn() throws InterruptedException {
        // while base and log are read for large values nothing of them may go
        while (!stopping && (server.tierTwo().isOpening() || !wanted && !isDue())) {
            wait(PERIOD_MILLIS);
        }
        if (stopping) {
            return false;
        }
        wanted = false;
        running = true;
        startNanos = System.nanoTime();
        recordsAtStart = server.log().stats().records();
        return true;
    }

    private boolean isDue() {
        ServerConfig config = server.config();
        LogStats log = server.log().stats();
        long base = manifest.base().bytes();
        long size = logBytes(log);
        long percent = config.checkpointPercentage();
        boolean outgrown = percent > 0 && size >= config.checkpointMinBytes() && size >= base / PERCENT * percent;
        boolean old = config.checkpointIntervalSeconds() > 0 && log.records() > recordsBefore
                && System.nanoTime() - sinceNanos >= config.checkpointIntervalSeconds() * 1_000_000_000L;
        return outgrown || old;
    }

    private void take() throws IOException, InterruptedException {
        Checkpoint checkpoint = new Checkpoint(directory, options, server.store(), server.tierTwo(), slot, server.config().checkpointRateBytes(),
                this::isStopping);
        checkpoint.take(new Checkpoint.Log() {
            @Override
            public LogPosition roll() throws IOException, InterruptedException {
                try {
                    return server.log().roll().get();
                } catch (ExecutionException e) {
                    throw new IOException(e.getCause());
                }
            }

            @Override
            public void awaitDurable() throws IOException, InterruptedException {
                awaitLog(server.store().ring().producerPosition());
            }
        });
        end(false);
    }

    private void awaitLog(long position) throws IOException, InterruptedException {
        while (!server.log().awaitDurable(position, PERIOD_MILLIS * 1_000_000)) {
            if (server.log().failed() || isStopping()) {
                throw new CancellationException();
            }
        }
    }

    private synchronized void end(boolean withFailure) {
        manifest = directory.manifest();
        running = false;
        failed |= withFailure;
        finished += withFailure ? 0 : 1;
        recordsBefore = recordsAtStart;
        sinceNanos = System.nanoTime();
    }

    private synchronized boolean isStopping() {
        return stopping;
    }

    private long logBytes(LogStats log) {
        long whole = Math.max(0, log.segment() - manifest.logSegment());
        return whole * options.segmentBytes() + log.segmentOffset();
    }

    synchronized CheckpointInfo info() {
        LogStats log = server.log().stats();
        boolean none = manifest.checkpoint() == 0;
        return new CheckpointInfo(finished, running || wanted ? (System.nanoTime() - startNanos) / 1_000_000 : -1, manifest.checkpoint(),
                none ? server.startTimeMillis() : manifest.timeMillis(), none ? -1 : manifest.durationMillis(), manifest.base().records(),
                manifest.base().bytes(), logBytes(log), log.records() - recordsBefore, failed);
    }

    /** Gives up the one under way; the old one counts. */
    void stop() throws InterruptedException {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        // a disk that has failed may keep the thread in a call for ever
        while (thread.isAlive() && !server.log().failed()) {
            thread.join(PERIOD_MILLIS);
        }
        thread.join(FAILED_WAIT_MILLIS_MAX);
    }
}
