package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each benchmark runs, with counts that measure nothing, and leaves only its results behind. */
@Timeout(120)
class BenchIT {
    @TempDir
    Path out;

    @Test
    void serverBenchFillsEveryRow() throws IOException {
        List<String> table = run("server", "--rounds", "1", "--seconds", "0.05", "--clients", "5", "--keyspace", "1000");
        for (String durability : List.of("everysec", "always")) {
            for (String row : List.of("SET P1 ", "GET P1 ", "SET P16", "GET P16")) {
                assertEquals(1, table.stream().filter(line -> line.contains("| " + durability) && line.contains("| " + row)).count(), row);
            }
        }
        assertEquals(1 + 8 * 2, Files.readAllLines(out.resolve("server.jsonl")).size());
        assertTrue(ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive), "a server outlived its benchmark");
    }

    @Test
    void coreBenchFillsEveryRow() throws IOException {
        List<String> table = run("core", "--rounds", "1", "--keys", "1000,20000");
        assertEquals(1, table.stream().filter(line -> line.startsWith("| 1,000 ")).count());
        assertEquals(1, table.stream().filter(line -> line.startsWith("| 20,000 ")).count());
    }

    @Test
    void drainBenchFillsEveryRow() throws IOException {
        List<String> table = run("drain", "--rounds", "1", "--ring", Integer.toString(1 << 20));
        for (String row : List.of("| log writer, always ", "| log writer, everysec ", "| plain write and one fdatasync ")) {
            assertEquals(1, table.stream().filter(line -> line.startsWith(row)).count(), row);
        }
    }

    private List<String> run(String kind, String... options) throws IOException {
        List<String> arguments = Stream.concat(Stream.of("bench", kind, "--out", out.toString()), Stream.of(options)).toList();
        assertEquals(0, Main.commandLine().execute(arguments.toArray(String[]::new)));
        try (Stream<Path> left = Files.list(out)) {
            assertEquals(Set.of(kind + ".md", kind + ".jsonl"),
                    left.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
        }
        return Files.readAllLines(out.resolve(kind + ".md"));
    }
}
