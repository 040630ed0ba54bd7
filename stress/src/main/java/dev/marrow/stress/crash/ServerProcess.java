package dev.marrow.stress.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The real server in a process of its own, on a port of its own choice. */
final class ServerProcess implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("ready: .* port (\\d+),.*");
    private static final Pattern START = Pattern.compile("start: (\\w+),.*");
    private static final long EXIT_SECONDS_MAX = 30;

    private final Process process;
    private final Thread reader;
    private final Thread reaper;
    private final CountDownLatch readyOrGone = new CountDownLatch(1);
    private final List<String> lines = new ArrayList<>();
    private volatile int port;

    /**
     * How to start one.
     *
     * @param prefix command in front of the JVM, such as strace
     * @param environment added to ours
     */
    record Launch(Path dir, String durability, List<String> prefix, Map<String, String> environment) {
        Launch(Path dir, String durability) {
            this(dir, durability, List.of(), Map.of());
        }

        ServerProcess serve() throws IOException {
            return new ServerProcess(this, "serve", "--port", "0", "--dir", dir.toString(), "--durability", durability, "--capacity",
                    "100000", "--memory", "64mb", "--ring", "1mb");
        }

        ServerProcess run(String... arguments) throws IOException {
            return new ServerProcess(this, arguments);
        }
    }

    private ServerProcess(Launch launch, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(launch.prefix());
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
                "dev.marrow.engine.cli.Main"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(launch.environment());
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
    boolean awaitReady(long millis) throws InterruptedException {
        return readyOrGone.await(millis, TimeUnit.MILLISECONDS) && port != 0;
    }

    int port() {
        return port;
    }

    /** "empty", "warm" or "cold", once it is ready. */
    Optional<String> startMode() {
        synchronized (lines) {
            return lines.stream().map(START::matcher).filter(Matcher::matches).map(matcher -> matcher.group(1)).findFirst();
        }
    }

    String output() {
        synchronized (lines) {
            return String.join("\n", lines);
        }
    }

    boolean alive() {
        return process.isAlive();
    }

    /** SIGTERM: a clean stop. Through the handle, because {@link Process#destroy} closes the output that tells of the stop. */
    void terminate() {
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

    /** SIGKILL, to it and what it started, and the wait until it is gone. */
    void kill() throws InterruptedException {
        destroy();
        if (awaitExit().isEmpty()) {
            throw new IllegalStateException("pid " + process.pid() + " survives SIGKILL");
        }
    }

    private void destroy() {
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
