package dev.marrow.stress.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One of our programs in C, out of the jar: a JVM's own pauses would be most of a p99.9. */
final class ClientProgram {
    private static final String RESOURCES = "/bench/";
    private static final int RUN_SECONDS_MAX = 300;

    private final String name;
    private final Path program;
    private final Path scratch;

    /** @param scratch for the program and what it says */
    ClientProgram(String name, Path scratch) throws IOException {
        this.name = name;
        this.scratch = scratch;
        program = scratch.resolve(name);
        try (InputStream resource = ClientProgram.class.getResourceAsStream(RESOURCES + name)) {
            if (resource == null) {
                throw new IllegalStateException("resource=" + RESOURCES + name + " is not in the jar");
            }
            Files.copy(resource, program);
        }
        if (!program.toFile().setExecutable(true)) {
            throw new IOException("cannot make " + program + " executable");
        }
    }

    /** Where it is now. */
    Path file() {
        return program;
    }

    /**
     * Runs it to its end.
     *
     * @param directory where it runs
     * @return what it said
     * @throws IOException it did not end in time or failed, as it does at the first error reply
     */
    String run(List<String> arguments, Path directory) throws IOException, InterruptedException {
        try (Running running = start(arguments, directory)) {
            return running.await();
        }
    }

    /** Begins to run it beside other things. */
    Running start(List<String> arguments, Path directory) throws IOException {
        Path output = Files.createTempFile(scratch, name, ".txt");
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        return new Running(String.join(" ", command), process, output);
    }

    /** One that runs; closing it kills it. */
    static final class Running implements AutoCloseable {
        private final String command;
        private final Process process;
        private final Path output;

        private Running(String command, Process process, Path output) {
            this.command = command;
            this.process = process;
            this.output = output;
        }

        /**
         * Asks it to end now; only of programs that know what to do then.
         *
         * @return what it said
         * @throws IOException it had ended or failed before, so it was not there all the time; or it does not end
         */
        String stop() throws IOException, InterruptedException {
            if (!process.isAlive()) {
                throw new IOException(command + " ended too soon:\n" + Files.readString(output));
            }
            process.destroy();
            return await();
        }

        private String await() throws IOException, InterruptedException {
            if (!process.waitFor(RUN_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(command + " failed or did not end in " + RUN_SECONDS_MAX + " s:\n" + Files.readString(output));
            }
            return Files.readString(output);
        }

        @Override
        public void close() throws IOException {
            process.destroyForcibly();
            Files.delete(output);
        }
    }
}
