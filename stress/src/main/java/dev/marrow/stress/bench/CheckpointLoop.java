package dev.marrow.stress.bench;

import dev.marrow.stress.crash.RespConnection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** BGSAVE again and again, the next as soon as INFO says that the last is done. */
final class CheckpointLoop implements AutoCloseable {
    private final RespConnection connection;
    private final Thread thread = Thread.ofPlatform().name("bench-checkpoints").unstarted(this::run);
    private final List<Double> seconds = new ArrayList<>();
    private Optional<Exception> failure = Optional.empty();
    private volatile boolean stopping;

    private CheckpointLoop(RespConnection connection) {
        this.connection = connection;
    }

    static CheckpointLoop start(TimedServer server) throws IOException {
        CheckpointLoop loop = new CheckpointLoop(server.connect());
        loop.thread.start();
        return loop;
    }

    private void run() {
        try {
            do {
                seconds.add(BackgroundSave.BGSAVE.run(connection));
            } while (!stopping);
        } catch (IOException | InterruptedException e) {
            failure = Optional.of(e);
        }
    }

    /**
     * Waits for the one under way, which counts.
     *
     * @return how long each took, at least one
     * @throws IOException one failed
     */
    List<Double> stop() throws IOException, InterruptedException {
        stopping = true;
        thread.join();
        if (failure.isPresent()) {
            throw new IOException("a checkpoint failed", failure.get());
        }
        return List.copyOf(seconds);
    }

    @Override
    public void close() throws IOException {
        stopping = true;
        connection.close();
    }
}
