package dev.marrow.engine.transfer;

import java.io.PrintStream;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A line about a running import after a second, and then one a second, or on a terminal one that changes. */
final class Progress {

    private final Pipeline pipeline;
    private final ImportReport report;
    private final PrintStream out;
    private final boolean terminal = System.console() != null && System.console().isTerminal();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("import-progress").factory());
    private boolean shown;

    private Progress(Pipeline pipeline, ImportReport report, PrintStream out) {
        this.pipeline = pipeline;
        this.report = report;
        this.out = out;
    }

    static Progress start(Pipeline pipeline, ImportReport report, PrintStream out) {
        Progress progress = new Progress(pipeline, report, out);
        progress.timer.scheduleAtFixedRate(progress::show, 1, 1, TimeUnit.SECONDS);
        return progress;
    }

    private synchronized void show() {
        if (timer.isShutdown()) {
            return;
        }
        shown = true;
        String line = String.format("%,d records sent, %,d replies, %,d errors", pipeline.sent(), pipeline.answered(),
                report.errors());
        out.print(terminal ? "\r" + line : line + System.lineSeparator());
        out.flush();
    }

    /** After this nothing more is printed. */
    synchronized void stop() {
        if (!timer.isShutdown() && shown && terminal) {
            out.println();
        }
        timer.shutdownNow();
    }
}
