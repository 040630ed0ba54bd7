package dev.marrow.stress.bench;

import dev.marrow.stress.SystemCommand;
import dev.marrow.stress.crash.Reply;
import dev.marrow.stress.crash.RespConnection;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;

/** A server on loopback that is started again and again on one directory, by the clock. */
public final class TimedServer implements AutoCloseable {
    private static final int START_SECONDS_MAX = 300;
    private static final int START_POLL_MILLIS = 5;
    private static final int REPORT_SECONDS_MAX = 10;
    private static final int STOP_SECONDS_MAX = 60;

    private final ServerCommand command;
    private final Path directory;
    private final Path output;
    private Optional<Process> process = Optional.empty();
    private boolean closed;

    /**
     * One start.
     *
     * @param seconds  from just before the process is made to the first right reply
     * @param reported what the server itself says, in seconds
     * @param mode     Marrow's word for where its tables come from
     */
    record Start(double seconds, double reported, String mode) {}

    private TimedServer(ServerCommand command, Path directory, Path output, Teardown teardown) throws IOException {
        this.command = command;
        this.directory = directory;
        this.output = output;
        Files.createDirectory(directory);
        teardown.add(this::end);
    }

    public static TimedServer redis(Durability durability, Path directory, Teardown teardown) throws IOException {
        return new TimedServer(ServerCommand.redis(durability, directory), directory, outputBeside(directory), teardown);
    }

    /** Marrow with room for so many keys. */
    public static TimedServer marrow(Durability durability, int keys, int valueBytes, boolean onHost, Path directory, Teardown teardown)
            throws IOException {
        return new TimedServer(ServerCommand.marrow(durability, keys, valueBytes, onHost, LogShape.GROWING, directory), directory,
                outputBeside(directory), teardown);
    }

    /**
     * The same with a log that is compacted.
     *
     * @param output file for what it says, on a disk that will not be full
     */
    public static TimedServer compactedMarrow(Durability durability, int keys, int valueBytes, boolean onHost, Path directory, Path output,
            Teardown teardown) throws IOException {
        return new TimedServer(ServerCommand.marrow(durability, keys, valueBytes, onHost, LogShape.COMPACTED, directory), directory, output,
                teardown);
    }

    /** What all keys of such a Marrow may take at most, in its memory and in a base. */
    public static long memoryBytes(int keys, int valueBytes) {
        return ServerCommand.memoryBytes(keys, valueBytes);
    }

    private static Path outputBeside(Path directory) {
        return directory.resolveSibling(directory.getFileName() + ".out");
    }

    /**
     * Starts it and waits until it serves.
     *
     * @param keys that DBSIZE has to answer with
     * @throws IOException it ended, was not ready in time, or has another number of keys
     */
    Start start(long keys) throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        Process started = begin();
        awaitKeys(started, keys, startNanos);
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        Matcher said = awaitReport();
        return new Start(seconds, Double.parseDouble(said.group(2).replace(',', '.')), said.group(1));
    }

    /** The first start: an empty directory. */
    public void startEmpty() throws IOException, InterruptedException {
        awaitKeys(begin(), 0, System.nanoTime());
    }

    /**
     * Starts it again and waits until it serves, whatever keys it has.
     *
     * @param mode Marrow's word for where the tables must have come from
     * @throws IOException it ended, was not ready in time, or they came from elsewhere
     */
    public void restart(String mode) throws IOException, InterruptedException {
        Process started = begin();
        long startNanos = System.nanoTime();
        while (!(dbsize() instanceof Reply.Number)) {
            if (!started.isAlive() || System.nanoTime() - startNanos > TimeUnit.SECONDS.toNanos(START_SECONDS_MAX)) {
                throw didNotStart();
            }
            TimeUnit.MILLISECONDS.sleep(START_POLL_MILLIS);
        }
        String said = awaitReport().group(1);
        if (!said.equals(mode)) {
            throw new IOException("the start was " + said + ", not " + mode + ":\n" + Files.readString(output));
        }
    }

    private synchronized Process begin() throws IOException {
        if (closed || process.isPresent()) {
            throw new IOException(command.name() + (closed ? " is closed" : " runs"));
        }
        Process started = new ProcessBuilder(command.words()).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        process = Optional.of(started);
        return started;
    }

    /** Redis answers before it is ready, with LOADING. */
    private void awaitKeys(Process started, long keys, long startNanos) throws IOException, InterruptedException {
        while (started.isAlive() && System.nanoTime() - startNanos < TimeUnit.SECONDS.toNanos(START_SECONDS_MAX)) {
            Reply reply = dbsize();
            if (reply instanceof Reply.Number(long found)) {
                if (found != keys) {
                    throw new IOException(command.name() + " has " + found + " keys, not " + keys);
                }
                return;
            }
            TimeUnit.MILLISECONDS.sleep(START_POLL_MILLIS);
        }
        throw didNotStart();
    }

    private IOException didNotStart() throws IOException {
        return new IOException(command.name() + " did not start: " + String.join(" ", command.words()) + "\n" + Files.readString(output));
    }

    private Reply dbsize() {
        try (RespConnection connection = connect()) {
            return connection.call("DBSIZE");
        } catch (IOException notYet) {
            return new Reply.Failure(notYet.toString());
        }
    }

    /** The line may come after the first reply. */
    private Matcher awaitReport() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(REPORT_SECONDS_MAX);
        while (System.nanoTime() < deadline) {
            Matcher said = command.report().matcher(Files.readString(output));
            if (said.find()) {
                return said;
            }
            TimeUnit.MILLISECONDS.sleep(START_POLL_MILLIS);
        }
        throw new IOException(command.name() + " does not tell how it started:\n" + Files.readString(output));
    }

    String name() {
        return command.name();
    }

    public int port() {
        return command.port();
    }

    RespConnection connect() throws IOException {
        return new RespConnection(command.port());
    }

    /** Of the files in one of its directories whose names end like this. */
    long fileBytes(String subdirectory, String suffix) throws IOException {
        long bytes = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.resolve(subdirectory), "*" + suffix)) {
            for (Path file : files) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    /** @throws IOException it did not end cleanly */
    synchronized void stop() throws IOException, InterruptedException {
        Process running = running();
        running.destroy();
        if (!running.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS) || running.exitValue() != 0) {
            throw new IOException(String.format(Locale.ROOT, "%s did not stop cleanly in %d s:%n%s", command.name(), STOP_SECONDS_MAX,
                    Files.readString(output)));
        }
        process = Optional.empty();
    }

    /** Stops all of its threads for some time, as a machine that is short of processors does. */
    public void freeze(long millis) throws IOException, InterruptedException {
        String pid;
        synchronized (this) {
            pid = Long.toString(running().pid());
        }
        try {
            SystemCommand.run("kill", "-STOP", pid);
            TimeUnit.MILLISECONDS.sleep(millis);
        } finally {
            SystemCommand.run("kill", "-CONT", pid);
        }
    }

    /** kill -9. */
    public synchronized void kill() throws IOException, InterruptedException {
        running().destroyForcibly().waitFor();
        process = Optional.empty();
    }

    /** Drops the tables that a killed one left in the kernel, as a reboot does. */
    public synchronized void unpin() throws IOException {
        if (process.isPresent()) {
            throw new IOException(command.name() + " runs");
        }
        command.undo().run();
    }

    /** Whether it has ended by itself; waits for that, at most so long. */
    public boolean awaitEnd(long millis) throws IOException, InterruptedException {
        Process waitedFor;
        synchronized (this) {
            waitedFor = running();
        }
        return waitedFor.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    /**
     * For one that has ended by itself, before it is started again.
     *
     * @throws IOException it runs, or ended with another exit code, or without saying that
     */
    public synchronized void requireEnd(int exitCode, String message) throws IOException {
        Process ended = running();
        if (ended.isAlive()) {
            throw new IOException(command.name() + " runs on, and should have ended with exit code " + exitCode + ":\n" + Files.readString(output));
        }
        if (ended.exitValue() != exitCode || !Files.readString(output).contains(message)) {
            throw new IOException(String.format(Locale.ROOT, "%s ended with exit code %d, should be %d and \"%s\":%n%s", command.name(),
                    ended.exitValue(), exitCode, message, Files.readString(output)));
        }
        process = Optional.empty();
    }

    /** Where its data is. */
    public Path directory() {
        return directory;
    }

    private Process running() throws IOException {
        return process.orElseThrow(() -> new IOException(command.name() + " does not run"));
    }

    /** Whatever it is doing; it starts no more. Asked first, because a Redis that is killed leaves a child that writes on. */
    private synchronized void end() {
        if (closed) {
            return;
        }
        closed = true;
        process.ifPresent(running -> {
            running.destroy();
            try {
                if (!running.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                    running.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                running.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        });
        command.undo().run();
    }

    /** Ends it, takes back what it left in the kernel, and deletes what it wrote: gigabytes after a full run. */
    @Override
    public void close() {
        end();
        Teardown.delete(directory);
        try {
            Files.deleteIfExists(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
