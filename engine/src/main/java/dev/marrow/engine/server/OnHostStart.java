package dev.marrow.engine.server;

import dev.marrow.bpf.StoreMaps;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.Optional;

/**
 * Loads the on-host door on a thread of its own while the rest of the store starts: the kernel takes a third of a second to verify its programs, and as long
 * for the store's own.
 */
final class OnHostStart {
    @FunctionalInterface
    interface Loading {
        OnHostDoor load(StoreMaps maps) throws IOException;
    }

    private final Loading loading;
    private Optional<FutureTask<OnHostDoor>> task = Optional.empty();

    OnHostStart(Loading loading) {
        this.loading = loading;
    }

    /** Begins. */
    synchronized void begin(StoreMaps maps) {
        FutureTask<OnHostDoor> begun = new FutureTask<>(() -> {
            try (maps) {
                return loading.load(maps);
            }
        });
        task = Optional.of(begun);
        Thread.ofPlatform().daemon().name("marrow-onhost-start").start(begun);
    }

    /** The door, once it is loaded. Its gate is closed. */
    OnHostDoor await() throws IOException {
        try {
            return task.orElseThrow().get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException cause -> throw cause;
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                default -> throw new IllegalStateException(e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** For a start that failed: takes back what was loaded, if it was. */
    void undo() throws Exception {
        if (task.isPresent()) {
            await().close();
        }
    }
}
