package dev.marrow.stress.crash;

import java.io.IOException;

/** A way for a server under load to end. */
public interface Ending {
    /** As the table of results names it. */
    String fault();

    /** Ends the server, and leaves everything as the next start should find it. */
    void end(ServerProcess server, Store store, Findings findings) throws IOException, InterruptedException;

    /** What the next start must say it was: "warm", "cold" or "rescued". */
    String nextStart();

    /** Whether {@code everysec} too must keep everything acknowledged: tables and ring stay, or the stop is clean. */
    boolean keepsAcknowledged();

    /** Whether the server may be gone before it is ended: a fault was planted in it. */
    default boolean endsByItself() {
        return false;
    }

    /** Whether the files are just as the server left them when it was ended. */
    default boolean keepsFiles() {
        return false;
    }

    /** kill -9; tables and ring stay pinned (I8). */
    record Kill() implements Ending {
        @Override
        public String fault() {
            return "kill -9, warm start";
        }

        @Override
        public boolean keepsFiles() {
            return true;
        }

        @Override
        public void end(ServerProcess server, Store store, Findings findings) throws InterruptedException {
            server.kill();
        }

        @Override
        public String nextStart() {
            return "warm";
        }

        @Override
        public boolean keepsAcknowledged() {
            return true;
        }
    }

    /** kill -9, then what a reboot does to the kernel's tables; the page cache survives. */
    record KillAndUnpin() implements Ending {
        @Override
        public String fault() {
            return "kill -9, pins removed, cold start";
        }

        @Override
        public boolean keepsFiles() {
            return true;
        }

        @Override
        public void end(ServerProcess server, Store store, Findings findings) throws InterruptedException {
            server.kill();
            if (!store.unpin()) {
                findings.wrong("a killed server left no pins");
            }
        }

        @Override
        public String nextStart() {
            return "cold";
        }

        @Override
        public boolean keepsAcknowledged() {
            return false;
        }
    }

    /** SIGTERM under load. */
    record Stop() implements Ending {
        private static final String CLEAN = "stopped: log synced and sealed, pins removed";

        @Override
        public String fault() {
            return "SIGTERM, cold start";
        }

        @Override
        public void end(ServerProcess server, Store store, Findings findings) throws InterruptedException {
            server.terminate();
            if (server.awaitExit().isEmpty() || !server.output().contains(CLEAN)) {
                findings.wrong("SIGTERM was not followed by a clean stop: " + server.output());
            }
            if (store.unpin()) {
                findings.wrong("a clean stop left pins");
            }
        }

        @Override
        public String nextStart() {
            return "cold";
        }

        @Override
        public boolean keepsAcknowledged() {
            return true;
        }
    }

    /**
     * The data directory's file system is shut down without a flush, the server must see that its log failed (I7), and what a reboot
     * does follows: mounted anew, pins gone.
     *
     * @param failStops whether the server must notice; one whose syncs do nothing cannot be asked to
     */
    record PowerCut(LoopFileSystem fileSystem, boolean failStops) implements Ending {
        /** EX_IOERR. */
        public static final int EXIT_CODE = 74;
        public static final String MESSAGE = "nothing more is acknowledged";

        @Override
        public String fault() {
            return "power cut of " + fileSystem.type() + ", cold start";
        }

        @Override
        public void end(ServerProcess server, Store store, Findings findings) throws IOException, InterruptedException {
            fileSystem.shutdown();
            if (failStops) {
                server.expectExit(EXIT_CODE, MESSAGE, findings);
            }
            server.kill();
            fileSystem.unmount();
            fileSystem.mount();
            store.unpin();
        }

        @Override
        public String nextStart() {
            return "cold";
        }

        @Override
        public boolean keepsAcknowledged() {
            return false;
        }
    }
}
