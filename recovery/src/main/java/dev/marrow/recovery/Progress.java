package dev.marrow.recovery;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A line a second while something takes longer than that. */
final class Progress implements AutoCloseable {
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread thread;

    /** @param line asked for on another thread */
    Progress(PrintStream out, Supplier<String> line) {
        long startNanos = System.nanoTime();
        this.thread = Thread.ofPlatform().daemon().name("marrow-progress").start(() -> {
            try {
                while (!done.await(1, TimeUnit.SECONDS)) {
                    out.printf("%s, %.0f s%n", line.get(), (System.nanoTime() - startNanos) / 1e9);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Override
    public void close() {
        done.countDown();
        try {
            // nothing may be asked of what the caller closes next
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
