package dev.marrow.engine.server;

import dev.marrow.engine.cli.JvmFlags;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A command that ran to its end.
 *
 * @param exit   its exit code
 * @param output what it printed
 * @param error  what it printed to the standard error
 */
record CommandProcess(int exit, String output, String error) {
    private static final int WAIT_SECONDS = 60;

    /** {@code marrow} with these arguments, from this process's class path. */
    static CommandProcess marrow(String... arguments) throws IOException, InterruptedException {
        return marrow(Map.of(), new byte[0], arguments);
    }

    /** @param input for its standard input */
    static CommandProcess marrow(Map<String, String> environment, byte[] input, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(JvmFlags.REQUIRED);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.marrow.engine.cli.Main"));
        command.addAll(List.of(arguments));
        return run(command, environment, input);
    }

    static CommandProcess run(List<String> command, Map<String, String> environment, byte[] input)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        Process process = builder.start();
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        ByteArrayOutputStream error = new ByteArrayOutputStream();
        Thread outputReader = Thread.ofVirtual().start(() -> drain(process.getInputStream(), output));
        Thread errorReader = Thread.ofVirtual().start(() -> drain(process.getErrorStream(), error));
        try (OutputStream in = process.getOutputStream()) {
            in.write(input);
        } catch (IOException notRead) {
            error.writeBytes("(did not read its input)\n".getBytes(StandardCharsets.UTF_8));
        }
        if (!process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().onExit().join();
            throw new AssertionError(command + " still ran after " + WAIT_SECONDS + " s");
        }
        outputReader.join();
        errorReader.join();
        return new CommandProcess(process.exitValue(), output.toString(StandardCharsets.UTF_8), error.toString(StandardCharsets.UTF_8));
    }

    private static void drain(InputStream from, ByteArrayOutputStream to) {
        try {
            from.transferTo(to);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
