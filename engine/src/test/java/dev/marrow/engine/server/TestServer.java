package dev.marrow.engine.server;

import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.Cgroups;
import dev.marrow.bpf.OnHostPrograms;
import dev.marrow.engine.config.ConfigException;
import dev.marrow.engine.config.ServerConfig;
import dev.marrow.wal.FileStorage;
import dev.marrow.wal.Storage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A server in this process on a free port and a directory of its own; closing removes pins and files, whatever state it is in. */
final class TestServer implements AutoCloseable {

    private static final long QUIET_MILLIS = 50;

    private final Path directory;
    private final Storage storage;
    private final Server.OnHostFactory onHost;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private ServerConfig config;
    private byte[] instance = new byte[0];
    private Server server;
    private boolean running;

    private TestServer(Storage storage, Server.OnHostFactory onHost, String... options) throws IOException, ConfigException {
        this.directory = Files.createTempDirectory("marrow-test-");
        this.storage = storage;
        this.onHost = onHost;
        ServerConfig.Builder builder = new ServerConfig.Builder()
                .set("test", "port", "0")
                .set("test", "dir", directory.toString())
                .set("test", "memory", "64mb")
                // its zeros are written and synced at each start
                .set("test", "log-segment-size", "16mb")
                // a disk that others keep busy is no reason to fail
                .set("test", "stall-timeout", "60000")
                .set("test", "capacity", "20000");
        for (int i = 0; i < options.length; i += 2) {
            builder.set("test", options[i], options[i + 1]);
        }
        config = builder.build();
        try {
            restart();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** @param options names and values, as on the command line without the dashes */
    static TestServer start(String... options) throws IOException, ConfigException {
        return new TestServer(new FileStorage(), OnHostDoor::attach, options);
    }

    static TestServer on(Storage storage, String... options) throws IOException, ConfigException {
        return new TestServer(storage, OnHostDoor::attach, options);
    }

    /**
     * With on-host programs that have one rule broken.
     *
     * @param mutant name in bpf/src/main/c/Makefile; empty: the right ones
     */
    static TestServer mutant(String mutant, Storage storage, String... options) throws IOException, ConfigException {
        if (mutant.isEmpty()) {
            return on(storage, options);
        }
        byte[] image;
        try (InputStream in = TestServer.class.getResourceAsStream("/mutants/onhost/" + mutant + ".bpf.o")) {
            image = in.readAllBytes();
        }
        return new TestServer(storage, (store, config, port, listeners) -> OnHostDoor.attach(
                OnHostPrograms.load(image, store, Cgroups.root().orElseThrow(), port, listeners), config), options);
    }

    /** Starts on the same directory; the first time too. */
    void restart() throws IOException {
        server = new Server(config, new PrintStream(printed, true, StandardCharsets.UTF_8), Optional.empty(), storage, onHost);
        running = true;
        instance = server.instance();
    }

    /** The next start has another option. */
    void configure(String option, String value) throws ConfigException {
        config = config.with(option, value);
    }

    /** A clean stop: log synced, pins removed. */
    void stop() throws IOException {
        running = false;
        server.close();
    }

    /** Stops with the pins kept, as after something in the server broke: the next start is warm. */
    void stopKeepingPins() throws IOException {
        server.fail(new IOException("stopped by the test with its tables in place"));
        stop();
    }

    void unpin() {
        BpfFs.unpin(instance);
    }

    boolean pinned() {
        return instance.length > 0 && BpfFs.pinned(instance);
    }

    /** Says that the log keeps its second, so that the next write is served on-host although the thread that says so may not have had its turn. */
    void vouchForLog() {
        server.onHostDoor().logAlive();
    }

    /** Commands that the on-host door has served. */
    long onHostCommands() {
        return server.onHostDoor().commands();
    }

    /** For {@link #awaitExecuted}: before the commands are sent. */
    long ringPosition() {
        return server.store().ring().producerPosition();
    }

    /** Waits until commands that were sent, but are not acknowledged, have been executed: something came to the ring, and then nothing for a while. */
    void awaitExecuted(long ringBefore) throws InterruptedException {
        long seen = ringBefore;
        for (long now = ringPosition(); now == ringBefore || now != seen; now = ringPosition()) {
            seen = now;
            TimeUnit.MILLISECONDS.sleep(QUIET_MILLIS);
        }
    }

    Server server() {
        return server;
    }

    int port() {
        return server.port();
    }

    Path directory() {
        return directory;
    }

    RespClient connect() throws IOException {
        return new RespClient(port());
    }

    String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        try {
            if (running) {
                stop();
            }
        } finally {
            if (instance.length > 0) {
                BpfFs.unpin(instance);
            }
            deleteTree(directory);
        }
    }

    /** Deletes a directory whose files may disappear meanwhile. */
    static void deleteTree(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException failure) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
