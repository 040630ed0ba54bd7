package dev.marrow.stress.load;

import dev.marrow.stress.crash.Endpoint;
import dev.marrow.stress.crash.Reply;
import dev.marrow.stress.crash.RespConnection;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks a Marrow for its status twice a second, on a thread and a connection of its own: a server that stalls does not stop the progress. */
final class StatusPoll implements AutoCloseable {
    private static final long PAUSE_MILLIS = 500;

    private final Endpoint server;
    private final Thread thread;
    private volatile Optional<StoreStatus> latest = Optional.empty();

    StatusPoll(Endpoint server) {
        this.server = server;
        thread = Thread.ofPlatform().daemon().name("load-status").start(this::run);
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try (RespConnection connection = new RespConnection(server)) {
                while (true) {
                    latest = connection.call("INFO", "marrow") instanceof Reply.Bulk(Optional<String> text)
                            ? text.flatMap(StoreStatus::parse) : Optional.empty();
                    TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                }
            } catch (IOException gone) {
                latest = Optional.empty();
                pause();
            } catch (InterruptedException closed) {
                return;
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    /** Empty: the server does not say. */
    Optional<StoreStatus> latest() {
        return latest;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
