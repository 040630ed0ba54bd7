package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One system call of the log fails, once (I7): the server stops for good, and the restart writes the tables out anew before it serves. */
@Timeout(400)
class FaultyCallsIT {
    private static final int LOAD_MILLIS_MAX = 3_000;

    private final long seed = Long.getLong("marrow.crash.seed", ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));

    @TempDir
    private Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"fdatasync:error=EIO:when=30", "fdatasync:error=ENOSPC:when=77", "fdatasync:error=EIO:when=200",
            "writev:error=EIO:when=160", "writev:error=ENOSPC:when=400"})
    void firstFailureIsTheLast(String injection) throws Exception {
        Findings findings = new Findings();
        CrashTable table = new CrashTable();
        ServerProcess.Launch launch = new ServerProcess.Launch(temp.resolve("data"), "always");
        String call = injection.substring(0, injection.indexOf(':'));
        List<String> strace = List.of("strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=" + injection);
        ServerProcess.Launch faulty = new ServerProcess.Launch(launch.dir(), launch.durability(), strace, Map.of());
        try (CrashHarness harness = new CrashHarness(launch, seed, LOAD_MILLIS_MAX, findings, table)) {
            harness.cycle(new FailStop(injection, launch), Promise.ACKNOWLEDGED_AND_READ, faulty);
            harness.finish();
        }
        table.print(System.out);
        assertTrue(findings.clean(), () -> injection + ", seed " + seed + "\n" + String.join("\n", findings.texts()));
        assertTrue(findings.acknowledged() > 0, "there was no load");
    }

    private record FailStop(String injection, ServerProcess.Launch launch) implements Ending {
        @Override
        public boolean endsByItself() {
            return true;
        }

        @Override
        public String fault() {
            return injection;
        }

        @Override
        public void end(ServerProcess server, Store store, Findings findings) throws IOException, InterruptedException {
            server.expectExit(PowerCut.EXIT_CODE, PowerCut.MESSAGE, findings);
            String failed = injection.startsWith("writev") ? "write of " : "fdatasync of ";
            if (!server.output().contains(PowerCut.MESSAGE + ": " + failed + launch.dir())) {
                findings.wrong("the message does not say that a " + failed + "a file failed: " + server.output());
            }
            Path marker = launch.dir().resolve("FAILED");
            if (!Files.exists(marker)) {
                findings.wrong("no marker " + marker);
            }
        }

        @Override
        public String nextStart() {
            return "rescued";
        }

        @Override
        public boolean keepsAcknowledged() {
            return true;
        }
    }
}
