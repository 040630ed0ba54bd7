package dev.marrow.stress.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The machine and the versions a number belongs to. What cannot be found out is said to be unknown. */
public final class Environment {
    private static final int COMMAND_SECONDS_MAX = 10;
    private static final String UNKNOWN = "unknown";
    /** Asked for once: the report of a first benchmark would make the next one's tree another than was built. */
    private static final String REVISION = output(List.of("git", "-C", ownDirectory().toString(), "describe", "--always", "--dirty"));

    private Environment() {}

    /** @param scratch a directory on the disk that logs are written to */
    public static Map<String, String> describe(Path scratch) throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("marrow", REVISION);
        facts.put("redis", output(List.of("redis-server", "--version")));
        facts.put("memcached", output(List.of("memcached", "--version")));
        facts.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
        facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
        facts.put("cpu", field("/proc/cpuinfo", "model name") + ", " + Runtime.getRuntime().availableProcessors() + " usable");
        facts.put("memory", field("/proc/meminfo", "MemTotal"));
        facts.put("huge pages", firstLine("/sys/kernel/mm/transparent_hugepage/enabled"));
        facts.put("log's file system", Files.getFileStore(scratch).type() + " on " + Files.getFileStore(scratch).name());
        facts.put("load before", firstLine("/proc/loadavg"));
        return facts;
    }

    /** Where this class was built: inside the source tree, if there is one. */
    private static Path ownDirectory() {
        return Path.of(Environment.class.getProtectionDomain().getCodeSource().getLocation().getPath()).getParent();
    }

    private static String output(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            try {
                // Each of the commands prints one line, which fits the pipe: waiting first cannot block them.
                if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
                    return UNKNOWN;
                }
                return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException notInstalled) {
            return UNKNOWN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return UNKNOWN;
        }
    }

    private static String field(String file, String name) throws IOException {
        return Files.readAllLines(Path.of(file)).stream().filter(line -> line.startsWith(name) && line.contains(":"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElse(UNKNOWN);
    }

    private static String firstLine(String file) {
        try {
            return Files.readAllLines(Path.of(file)).getFirst();
        } catch (IOException notThere) {
            return UNKNOWN;
        }
    }
}
