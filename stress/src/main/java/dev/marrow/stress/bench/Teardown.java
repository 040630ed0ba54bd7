package dev.marrow.stress.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.stream.Stream;

/** What a benchmark must undo, last first: at its end, when it fails, and when the process is told to stop. Thread-safe. */
public final class Teardown implements AutoCloseable {
    private final Deque<Runnable> steps = new ArrayDeque<>();
    private final Thread hook = Thread.ofPlatform().name("bench-teardown").unstarted(this::undo);

    public Teardown() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    public synchronized void add(Runnable step) {
        steps.push(step);
    }

    /** A new directory below {@code parent}, deleted with all it holds. */
    public Path directory(Path parent) throws IOException {
        Files.createDirectories(parent);
        Path directory = Files.createTempDirectory(parent, "run-").toAbsolutePath();
        add(() -> delete(directory));
        return directory;
    }

    /** With all it holds, if it is there. One at a time: a benchmark that fails because the hook stops its servers deletes too. */
    static synchronized void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One step that fails does not keep the others from being taken. */
    private synchronized void undo() {
        RuntimeException first = null;
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    @Override
    public void close() {
        undo();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyStopping) {
            // The hook runs, and finds nothing left to do.
        }
    }
}
