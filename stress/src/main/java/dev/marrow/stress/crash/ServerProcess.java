package dev.marrow.stress.crash;

import dev.marrow.engine.cli.JvmFlags;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The real server in a process of its own. Its port is what its output says. */
public final class ServerProcess implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("ready: .* port (\\d+),.*");
    private static final Pattern START = Pattern.compile("start: (\\w+),.*");
    private static final long EXIT_SECONDS_MAX = 120;

    /** Of every server that is crashed: small, and soon warm. */
    public static final List<String> JVM_FLAGS = List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    public static final List<String> SIZES = List.of("--capacity", "100000", "--memory", "64mb", "--ring", "1mb", "--tier-two", "64mb",
            // so small that segments are switched and checkpoints taken all the time
            "--log-segment-size", "1mb", "--checkpoint-min-size", "2mb", "--checkpoint-percentage", "50");

    private final Process process;
    private final Attendant attendant;
    private final Thread reader;
    private final Thread reaper;
    private final CountDownLatch readyOrGone = new CountDownLatch(1);
    private final List<String> lines = new ArrayList<>();
    private volatile int port;

    /**
     * How to start one on this machine, on a port of its own choice.
     *
     * @param prefix command in front of the JVM, such as strace
     * @param environment added to ours
     */
    record Launch(Path dir, String durability, List<String> prefix, Map<String, String> environment) implements ServerLaunch {
        Launch(Path dir, String durability) {
            this(dir, durability, List.of(), Map.of());
        }

        @Override
        public ServerProcess serve() throws IOException {
            List<String> arguments = new ArrayList<>(List.of("serve", "--port", "0", "--dir", dir.toString(), "--durability", durability));
            arguments.addAll(SIZES);
            return run(arguments.toArray(String[]::new));
        }

        @Override
        public Store store() throws IOException {
            return new PinnedStore(dir);
        }

        @Override
        public boolean unfinishedCheckpoint() throws IOException {
            return UnfinishedCheckpoint.in(dir);
        }

        ServerProcess run(String... arguments) throws IOException {
            List<String> command = new ArrayList<>(prefix);
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(JvmFlags.REQUIRED);
            command.addAll(JVM_FLAGS);
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.marrow.engine.cli.Main"));
            command.addAll(List.of(arguments));
            return new ServerProcess(command, environment, new Attendant() {});
        }
    }

    /** What a server's process needs besides a reader and signals. */
    public interface Attendant {
        /** It said this; called by the thread that reads its output, before anybody acts on the line. */
        default void said(ServerProcess process, String line) throws IOException {}

        /** Begins a clean stop. */
        default void terminate(ServerProcess process) {
            process.signal();
        }

        /** It was killed, and is gone. */
        default void killed() {}
    }

    /**
     * Starts one.
     *
     * @param environment added to ours
     */
    public ServerProcess(List<String> command, Map<String, String> environment, Attendant attendant) throws IOException {
        this.attendant = attendant;
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        process = builder.start();
        // Nobody else would end it, should this JVM be told to stop.
        reaper = Thread.ofPlatform().unstarted(this::destroy);
        Runtime.getRuntime().addShutdownHook(reaper);
        reader = Thread.ofPlatform().daemon().name("server-output").start(this::read);
    }

    private void read() {
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                synchronized (lines) {
                    lines.add(line);
                }
                attendant.said(this, line);
                Matcher ready = READY.matcher(line);
                if (ready.matches()) {
                    port = Integer.parseInt(ready.group(1));
                    readyOrGone.countDown();
                }
            }
        } catch (IOException | UncheckedIOException processGone) {
            // what it said is in lines
        } finally {
            readyOrGone.countDown();
        }
    }

    /** Waits until it serves; false when it ended first, or the time is over. */
    public boolean awaitReady(long millis) throws InterruptedException {
        return readyOrGone.await(millis, TimeUnit.MILLISECONDS) && port != 0;
    }

    public int port() {
        return port;
    }

    /** "empty", "warm", "cold" or "rescued", once it is ready. */
    Optional<String> startMode() {
        synchronized (lines) {
            return lines.stream().map(START::matcher).filter(Matcher::matches).map(matcher -> matcher.group(1)).findFirst();
        }
    }

    public String output() {
        synchronized (lines) {
            return String.join("\n", lines);
        }
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Writes a line to its input. */
    public void send(String line) throws IOException {
        Writer input = process.outputWriter();
        input.write(line + "\n");
        input.flush();
    }

    void terminate() {
        attendant.terminate(this);
    }

    /** SIGTERM. Through the handle, because {@link Process#destroy} closes the output that tells of the stop. */
    private void signal() {
        process.toHandle().destroy();
    }

    /** Its exit code; empty when it does not end. */
    Optional<Integer> awaitExit() throws InterruptedException {
        if (!process.waitFor(EXIT_SECONDS_MAX, TimeUnit.SECONDS)) {
            return Optional.empty();
        }
        reader.join(TimeUnit.SECONDS.toMillis(EXIT_SECONDS_MAX));
        return Optional.of(process.exitValue());
    }

    /** Waits for the exit, which must be with this code, after an output that contains this text. */
    void expectExit(int code, String text, Findings findings) throws InterruptedException {
        int exit = awaitExit().orElse(-1);
        if (exit != code || !output().contains(text)) {
            findings.wrong("exit code " + exit + ", expected " + code + " and '" + text + "': " + output());
        }
    }

    /** {@link #destroy}, and the wait until it is gone. */
    public void kill() throws InterruptedException {
        destroy();
        if (awaitExit().isEmpty()) {
            throw new IllegalStateException("pid " + process.pid() + " survives SIGKILL");
        }
        attendant.killed();
    }

    /** SIGKILL, to it and what it started. */
    void destroy() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.toHandle().destroyForcibly();
    }

    @Override
    public void close() {
        destroy();
        try {
            awaitExit();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(reaper);
        } catch (IllegalStateException stopping) {
            // the hook is running
        }
    }
}
