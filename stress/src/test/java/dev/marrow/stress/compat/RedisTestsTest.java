package dev.marrow.stress.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.bench.Teardown;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a shell in the place of the harness. */
class RedisTestsTest {
    private static UnitResult run(String script, Path directory, int secondsMax) throws Exception {
        try (Teardown teardown = new Teardown()) {
            RedisTests tests = new RedisTests(List.of("sh", "-c", script, "harness"), directory, directory, teardown, secondsMax);
            return tests.run("unit/a", 1, Set.of("left out"));
        }
    }

    @Test
    @Timeout(20)
    void endsWhatHangsWithAllThatItStarted(@TempDir Path directory) throws Exception {
        UnitResult result = run("sleep 3600 & echo $! > child; echo '[ok]: one (1 ms)'; wait", directory, 1);
        assertEquals(List.of("one"), result.passed());
        assertTrue(result.unfinished().orElseThrow().startsWith("no end within 1 s"), result.toString());
        long child = Long.parseLong(Files.readString(directory.resolve("child")).strip());
        Optional<ProcessHandle> running = ProcessHandle.of(child);
        if (running.isPresent()) {
            running.get().onExit().get(); // or the test's time is over
        }
    }

    @Test
    void givesTheHarnessNamesUnitAndPort(@TempDir Path directory) throws Exception {
        // the arguments as they come: option, value, and so on
        UnitResult result = run("""
                while [ $# -gt 0 ]; do
                  case $1 in
                    --single) echo "[1/1 done]: $2 (0 seconds)" ;;
                    --port) echo "[ok]: port $2 (1 ms)" ;;
                    --skipfile) while read -r name; do echo "[skip]: $name"; done < "$2" ;;
                  esac
                  shift
                done""", directory, 30);
        assertEquals(List.of("port 1"), result.passed());
        assertEquals(Set.of("left out"), result.skipped());
        assertTrue(result.unfinished().isEmpty(), result.toString());
    }
}
