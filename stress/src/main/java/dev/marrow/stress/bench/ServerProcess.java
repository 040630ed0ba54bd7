package dev.marrow.stress.bench;

import dev.marrow.bpf.BpfFs;
import dev.marrow.engine.cli.JvmFlags;
import dev.marrow.stress.crash.FreePort;
import dev.marrow.wal.Durability;
import dev.marrow.wal.LogDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server in a process of its own, on loopback, with a new directory. */
public final class ServerProcess implements AutoCloseable {
    /** Redis's unix socket, in its directory. */
    static final String REDIS_SOCKET = "redis.sock";
    private static final int START_MILLIS_MAX = 60_000;
    private static final int START_POLL_MILLIS = 20;
    private static final int STOP_SECONDS_MAX = 30;
    /** All that a client may make, and some. */
    private static final int MEMCACHED_CONNECTIONS = BenchCommand.CONNECTIONS_MAX + 16;
    private static final Pattern MARROW_READY = Pattern.compile("^ready: .* port (\\d+),", Pattern.MULTILINE);
    private static final String REDIS_READY = "Ready to accept connections";
    private static final Pattern MEMCACHED_PORT = Pattern.compile("^TCP INET: (\\d+)$", Pattern.MULTILINE);
    /** Of a key in memcached beside its value: header, key, and what its size class rounds a short value up by. */
    private static final int MEMCACHED_KEY_BYTES_MAX = 128;
    /** Its hash table, and a page of each size class. */
    private static final int MEMCACHED_MEGABYTES_LEAST = 128;

    private final String name;
    private final Process process;
    private final int port;
    private final Runnable afterStop;

    private ServerProcess(String name, List<String> command, Path directory, Function<String, OptionalInt> portIfReady, Runnable afterStop,
            Teardown teardown) throws IOException, InterruptedException {
        this.name = name;
        this.afterStop = afterStop;
        Path output = directory.resolveSibling(directory.getFileName() + ".out");
        process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        teardown.add(this::stop);
        long deadline = System.nanoTime() + START_MILLIS_MAX * 1_000_000L;
        OptionalInt found = OptionalInt.empty();
        while (found.isEmpty()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                stop();
                throw new IOException(name + " did not start: " + String.join(" ", command) + "\n" + Files.readString(output));
            }
            TimeUnit.MILLISECONDS.sleep(START_POLL_MILLIS);
            found = portIfReady.apply(Files.readString(output));
        }
        port = found.getAsInt();
    }

    /** Debian's redis-server, made as alike as can be: a log of every write and no snapshots, and like Marrow's its log only grows. */
    public static ServerProcess redis(String appendfsync, Path directory, Teardown teardown) throws IOException, InterruptedException {
        return redis(appendfsync, List.of(), directory, teardown);
    }

    /** The same with more options. */
    static ServerProcess redis(String appendfsync, List<String> more, Path directory, Teardown teardown) throws IOException, InterruptedException {
        Files.createDirectory(directory);
        int port = FreePort.find();
        List<String> command = new ArrayList<>(List.of("redis-server", "--port", Integer.toString(port), "--bind", "127.0.0.1", "--dir",
                directory.toString(), "--save", "", "--appendonly", "yes", "--appendfsync", appendfsync,
                // Relative to --dir: a whole path could be longer than the address of a socket may be.
                "--auto-aof-rewrite-percentage", "0", "--unixsocket", REDIS_SOCKET));
        command.addAll(more);
        return new ServerProcess("Redis", command, directory,
                output -> output.contains(REDIS_READY) ? OptionalInt.of(port) : OptionalInt.empty(), () -> { }, teardown);
    }

    /**
     * Debian's memcached with one thread, on TCP, and with more memory than these keys take. Were it too little all the same, it refuses to store: it
     * does not throw a key away, as it would without {@code -M}.
     *
     * @param threads    of them, each an event loop
     * @param keys       at most
     * @param valueBytes of all values together
     */
    static ServerProcess memcached(int threads, int keys, long valueBytes, Path directory, Teardown teardown)
            throws IOException, InterruptedException {
        Files.createDirectory(directory);
        Path portFile = directory.resolve("port");
        long megabytes = MEMCACHED_MEGABYTES_LEAST + ((long) keys * MEMCACHED_KEY_BYTES_MAX + valueBytes * 3 / 2 >> 20);
        // It says nothing when it listens, but moves a finished file with its port into place.
        List<String> command = List.of("env", "MEMCACHED_PORT_FILENAME=" + portFile, "memcached", "-l", "127.0.0.1", "-p", "-1", "-U", "0", "-m",
                Long.toString(megabytes), "-M", "-t", Integer.toString(threads), "-c", Integer.toString(MEMCACHED_CONNECTIONS), "-u", System.getProperty("user.name"));
        return new ServerProcess("memcached", command, directory, output -> memcachedPort(portFile), () -> { }, teardown);
    }

    private static OptionalInt memcachedPort(Path file) {
        if (!Files.exists(file)) {
            return OptionalInt.empty();
        }
        try {
            Matcher port = MEMCACHED_PORT.matcher(Files.readString(file));
            return port.find() ? OptionalInt.of(Integer.parseInt(port.group(1))) : OptionalInt.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Marrow with the launcher's JVM flags and its defaults, but that its log only grows: one event loop. */
    public static ServerProcess marrow(String durability, boolean onHost, Path directory, Teardown teardown)
            throws IOException, InterruptedException {
        return marrow(durability, onHost, List.of(), directory, teardown);
    }

    /** The same with more options. */
    static ServerProcess marrow(String durability, boolean onHost, List<String> more, Path directory, Teardown teardown)
            throws IOException, InterruptedException {
        return marrow(durability, 1, onHost, more, directory, teardown);
    }

    /** The same with more event loops. */
    static ServerProcess marrow(String durability, int eventLoops, boolean onHost, List<String> more, Path directory, Teardown teardown)
            throws IOException, InterruptedException {
        List<String> options = new ArrayList<>(List.of("--port", "0", "--dir", directory.toString(), "--durability", durability,
                "--event-loops", Integer.toString(eventLoops), "--on-host", onHost ? "on" : "off"));
        options.addAll(LogShape.GROWING.options());
        options.addAll(more);
        List<String> command = marrowCommand(options);
        return new ServerProcess("Marrow", command, directory, ServerProcess::marrowPort, () -> unpin(directory), teardown);
    }

    /** {@code java} itself, without the launcher's script. */
    static List<String> marrowCommand(List<String> options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JvmFlags.REQUIRED);
        command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-cp", System.getProperty("java.class.path"),
                "dev.marrow.engine.cli.Main", "serve"));
        command.addAll(options);
        return command;
    }

    /** Our server that stores nothing (bareserver.c); in {@code always} it syncs all the same. */
    static ServerProcess bare(Durability durability, ClientProgram program, Path directory, Teardown teardown) throws IOException, InterruptedException {
        Files.createDirectory(directory);
        List<String> command = List.of(program.file().toString(), durability == Durability.ALWAYS ? "always" : "none", directory.resolve("log").toString());
        return new ServerProcess("bare", command, directory, ServerProcess::marrowPort, () -> { }, teardown);
    }

    private static OptionalInt marrowPort(String output) {
        Matcher ready = MARROW_READY.matcher(output);
        return ready.find() ? OptionalInt.of(Integer.parseInt(ready.group(1))) : OptionalInt.empty();
    }

    /** A clean stop leaves no pins; one that was killed, or failed, does. */
    static void unpin(Path directory) {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (LogDirectory log = LogDirectory.open(directory)) {
            BpfFs.unpin(log.instance());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return name;
    }

    public int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    private synchronized void stop() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        afterStop.run();
    }

    /** Stops it and takes back what it left in the kernel. */
    @Override
    public void close() {
        stop();
    }
}
