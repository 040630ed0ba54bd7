package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.Main;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;

/** Every benchmark runs, as ./marrow bench jmh runs it but for a moment only, and has a result. */
@Timeout(600)
class JmhBenchIT {
    private static final String BROKEN = "BrokenBenchmark";

    @TempDir
    Path out;

    @Test
    void everyBenchmarkHasAResult() throws IOException {
        StringWriter errors = new StringWriter();
        assertEquals(0, bench(errors, "^(?!.*" + BROKEN + ")"), errors::toString);
        List<String> samples = Files.readAllLines(out.resolve("jmh.jsonl"));
        List<String> table = Files.readAllLines(out.resolve("jmh.md"));
        TreeSet<String> classes = new TreeSet<>();
        int rows = 0;
        JmhProgress silent = new JmhProgress(new Report("jmh", Map.of(), new PrintStream(OutputStream.nullOutputStream())));
        for (BenchmarkListEntry benchmark : BenchmarkList.defaultList().getAll(silent, List.of(BROKEN))) {
            String name = JmhBench.name(benchmark.getUsername());
            int combinations = combinations(benchmark);
            assertEquals(combinations, count(table, "\\| " + name + " .*"), name);
            assertEquals(combinations, count(samples, ".*\"" + name + "\",\"bytes\":[0-9].*\"ns\":[0-9].*"), name);
            classes.add(name.substring(0, name.indexOf('.')));
            rows += combinations;
        }
        // the first line is the environment
        assertEquals(1 + rows, samples.size());
        assertEquals(Set.of("AppendBenchmark", "ReplyBenchmark", "RingBenchmark", "ServerBenchmark"), classes);
        try (Stream<Path> left = Files.list(out)) {
            assertEquals(Set.of("jmh.md", "jmh.jsonl", "index.md", "index.svg"), left.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
        }
        assertTrue(ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive), "a JVM outlived its benchmark");
    }

    private static long count(List<String> lines, String pattern) {
        return lines.stream().filter(line -> line.matches(pattern)).count();
    }

    private static int combinations(BenchmarkListEntry benchmark) {
        return benchmark.getParams().orElse(Map.of()).values().stream().mapToInt(values -> values.length).reduce(1, Math::multiplyExact);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fails", "saysNothing"})
    void aBrokenBenchmarkFailsTheRun(String benchmark) {
        StringWriter errors = new StringWriter();
        assertEquals(1, bench(errors, BROKEN + "." + benchmark));
        assertTrue(errors.toString().contains("marrow: "), errors::toString);
        assertTrue(errors.toString().contains(benchmark), errors::toString);
    }

    @Test
    void aFilterThatMatchesNothingIsAnError() {
        StringWriter errors = new StringWriter();
        assertEquals(1, bench(errors, "noSuchBenchmark"));
        assertEquals("marrow: no benchmark matches noSuchBenchmark\n", errors.toString());
        assertEquals(2, bench(new StringWriter(), "("));
    }

    private int bench(StringWriter errors, String filter) {
        return Main.commandLine().setErr(new PrintWriter(errors, true))
                .execute("bench", "jmh", "--rounds", "1", "--seconds", "0.02", "--filter", filter, "--out", out.toString());
    }
}
