package dev.marrow.stress.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that is run to its end, within a time. */
final class Tool {
    private static final long MINUTES_MAX = 5;

    private Tool() {}

    /**
     * Its output, errors included.
     *
     * @param directory where it runs
     * @throws IOException it cannot be run, takes longer than five minutes, or ends with anything but 0
     */
    static String run(Path directory, List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("marrow-tool", ".out");
        try {
            Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
                    .redirectOutput(output.toFile()).start();
            process.getOutputStream().close();
            boolean ended = process.waitFor(MINUTES_MAX, TimeUnit.MINUTES);
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
            String text = Files.readString(output).strip();
            if (!ended || process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + (ended ? " ended with " + process.exitValue() : " does not end") + ": " + text);
            }
            return text;
        } finally {
            Files.delete(output);
        }
    }
}
