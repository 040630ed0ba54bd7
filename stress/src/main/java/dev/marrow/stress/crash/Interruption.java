package dev.marrow.stress.crash;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * When this JVM is told to stop (SIGINT, SIGTERM), the thread that made this is interrupted and has some time to close what it opened. Closing says
 * that it has done so. Once told, the JVM ends whatever that thread does.
 */
final class Interruption implements AutoCloseable {
    private static final long CLEAN_UP_SECONDS_MAX = 60;

    private final CountDownLatch cleanedUp = new CountDownLatch(1);
    private final Thread hook;

    Interruption() {
        Thread run = Thread.currentThread();
        hook = Thread.ofPlatform().unstarted(() -> {
            run.interrupt();
            try {
                if (!cleanedUp.await(CLEAN_UP_SECONDS_MAX, TimeUnit.SECONDS)) {
                    System.err.println("marrow: the interrupted run did not clean up in time");
                }
            } catch (InterruptedException nobodyDoes) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
    }

    @Override
    public void close() {
        cleanedUp.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException stopping) {
            // the hook is running
        }
    }
}
