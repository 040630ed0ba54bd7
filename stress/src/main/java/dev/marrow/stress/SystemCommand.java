package dev.marrow.stress;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Commands of the system, such as mount. */
public final class SystemCommand {
    private SystemCommand() {}

    /**
     * Runs one to its end.
     *
     * @throws IOException it ended with another exit code than 0; the message has its output
     */
    public static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", List.of(command)) + " ended with " + process.exitValue() + ": " + output.strip());
        }
    }
}
