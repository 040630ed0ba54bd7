package dev.marrow.engine.server;

import dev.marrow.engine.cli.JvmFlags;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code marrow serve} as a process of its own, started from this process's class path. */
final class ServerProcess implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("ready: listening on .* port ([0-9]+)");
    private static final int WAIT_SECONDS = 40;

    private final Process process;
    private final Thread reader;
    private final StringBuffer output = new StringBuffer();
    private volatile boolean ended;

    /** @param options after the usual ones, which they override */
    ServerProcess(Path directory, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(JvmFlags.REQUIRED);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.marrow.engine.cli.Main", "serve",
                "--dir", directory.toString()));
        List<String> given = List.of(options);
        add(command, given, "--port", "0");
        add(command, given, "--memory", "32mb");
        add(command, given, "--capacity", "20000");
        command.addAll(given);
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        reader = Thread.ofVirtual().start(this::read);
    }

    private static void add(List<String> command, List<String> given, String option, String value) {
        if (!given.contains(option)) {
            command.add(option);
            command.add(value);
        }
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.append(line).append('\n');
            }
        } catch (IOException closed) {
            output.append("(output ended: ").append(closed.getMessage()).append(")\n");
        } finally {
            ended = true;
        }
    }

    /** The output up to the line that says so. */
    String awaitReady() throws InterruptedException {
        for (int i = 0; i < WAIT_SECONDS * 100; i++) {
            if (READY.matcher(output).find()) {
                return output();
            }
            if (ended) {
                break;
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        throw new AssertionError("not ready: " + output());
    }

    int port() {
        Matcher matcher = READY.matcher(output);
        if (!matcher.find()) {
            throw new IllegalStateException("not ready: " + output());
        }
        return Integer.parseInt(matcher.group(1));
    }

    /** SIGTERM; unlike the process itself, its handle leaves the output open. */
    void terminate() {
        process.toHandle().destroy();
    }

    /** SIGSTOP (true) or SIGCONT. */
    void stopped(boolean stop) throws IOException {
        new ProcessBuilder("kill", stop ? "-STOP" : "-CONT", Long.toString(process.pid())).start().onExit().join();
    }

    /** SIGKILL, and waits for the end. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Waits for the end; the exit code. */
    int exit() throws InterruptedException {
        if (!process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("still running after " + WAIT_SECONDS + " s: " + output());
        }
        reader.join();
        return process.exitValue();
    }

    String output() {
        return output.toString();
    }

    @Override
    public void close() {
        kill();
    }
}
