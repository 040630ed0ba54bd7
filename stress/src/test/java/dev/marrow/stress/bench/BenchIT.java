package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each benchmark runs, with counts that measure nothing, and leaves only its results behind. */
@Timeout(400)
class BenchIT {
    @TempDir
    Path out;

    @Test
    void serverBenchFillsEveryRow() throws IOException {
        List<String> table = run("server", "--rounds", "1", "--seconds", "0.05", "--clients", "5", "--keyspace", "1000");
        for (String durability : List.of("everysec", "always")) {
            for (String row : List.of("SET P1 ", "GET P1 ", "SET P16", "GET P16", "MSET of 10 P1 ", "MGET of 10 P1 ")) {
                assertEquals(1, table.stream().filter(line -> line.contains("| " + durability) && line.contains("| " + row)).count(), row);
            }
            for (String server : List.of("Marrow", "Redis", "memcached")) {
                assertEquals(1, rows(table, durability, server), server);
            }
            assertTrue(table.stream().anyMatch(line -> line.matches("\\| " + durability + " *(\\| [0-9,]+ *){3}(\\| [0-9.]+ *){2}\\|")), durability);
        }
        assertEquals(1 + 2 * 6 * 2 + 2 * 3 + 2 * 3, samples("server"));
        assertTrue(ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive), "a server outlived its benchmark");
    }

    @Test
    void onHostBenchFillsEveryRow() throws IOException {
        List<String> table = run("onhost", "--rounds", "1", "--seconds", "0.05", "--clients", "5", "--keyspace", "1000");
        for (String command : List.of("GET", "SET")) {
            for (String server : List.of("Marrow", "Redis", "Redis unix", "memcached")) {
                for (String cores : List.of("idle", "busy", "one left")) {
                    assertEquals(1, rows(table, "everysec", cores, command, server), () -> cores + " " + command + " " + server);
                }
                assertEquals(1, rows(table, "always", "idle", command, server), () -> command + " " + server);
            }
            for (String bytes : List.of("16", "64", "256", "1,024", "4,096", "16,384")) {
                assertEquals(1, rows(table, command, bytes), () -> command + " " + bytes);
            }
            for (String durability : List.of("everysec", "always")) {
                assertEquals(1, rows(table, durability, command + " P1"));
                assertEquals(1, rows(table, durability, command + " P16"));
                assertEquals(1, rows(table, durability, "M" + command + " of 10 P1"));
            }
        }
        String doors = table.getLast();
        assertTrue(doors.matches("The on-host door's share.* one client .* % of .*; redis-benchmark .* % of .*"), doors);
        assertEquals(1 + 3 * 2 * 4 + 2 * 4 + 6 * 2 * 4 + 2 * 6 * 2, samples("onhost"));
        assertTrue(ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive), "a process outlived its benchmark");
    }

    @Test
    @Timeout(300)
    void growthBenchFillsEveryRow() throws IOException {
        List<String> table = run("growth", "--rounds", "1", "--seconds", "0.05", "--clients", "3", "--keyspace", "500", "--keys", "700", "--grow-connections", "7",
                "--grow-bytes", "100", "--grow-threads", "2");
        for (String value : List.of("700", "7", "100", "2")) {
            assertEquals(1, rows(table, value), value);
        }
        assertEquals(1 + 4 * 4, samples("growth"));
        assertTrue(ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive), "a server outlived its benchmark");
    }

    /** Lines of a file of samples, without the rows of the overview. */
    private long samples(String kind) throws IOException {
        return Files.readAllLines(out.resolve(kind + ".jsonl")).stream().filter(line -> !line.contains("\"headline\"")).count();
    }

    /** Rows that begin with these cells. */
    private static long rows(List<String> table, String... cells) {
        String begin = "\\| " + Stream.of(cells).map(Pattern::quote).collect(Collectors.joining(" *\\| ")) + " *\\|.*";
        return table.stream().filter(line -> line.matches(begin)).count();
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

    @Test
    void recoveryBenchFillsEveryRow() throws IOException {
        List<String> table = run("recovery", "--keys", "5000,20000", "--seconds", "0.3", "--clients", "5");
        for (String from : List.of("base", "log")) {
            assertEquals(1, rows(table, from, "5,000"), from);
            assertEquals(1, rows(table, from, "20,000"), from);
            assertEquals(1, rows(table, from, "5,000 to 20,000"), from);
        }
        assertEquals(1, rows(table, "5,000"));
        assertEquals(1, rows(table, "20,000"));
        for (String server : List.of("Marrow, server door", "Marrow, on-host door", "Redis")) {
            assertEquals(1, rows(table, server, "none"), server);
            assertEquals(2, rows(table, server), server);
        }
        List<String> samples = Files.readAllLines(out.resolve("recovery.jsonl"));
        assertEquals(2 * 5, samples.stream().filter(line -> line.contains("\"ready_seconds\"")).count());
        assertEquals(2, samples.stream().filter(line -> line.contains("\"redis_log_bytes\"")).count());
        for (String server : List.of("Marrow, server door", "Marrow, on-host door", "Redis")) {
            assertTrue(samples.stream().anyMatch(line -> line.contains("\"checkpoint_seconds\"") && line.contains(server)), server);
        }
        assertTrue(ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive), "a process outlived its benchmark");
    }

    @Test
    @Timeout(300)
    void largeBenchFillsEveryRow() throws IOException {
        List<String> table = run("large", "--rounds", "1", "--seconds", "0.05", "--keyspace", "1000", "--large-bytes", "100000");
        for (String durability : List.of("everysec", "always")) {
            for (String command : List.of("SET", "GET")) {
                for (String server : List.of("Marrow, server door", "Marrow, on-host door", "Redis")) {
                    assertEquals(1, rows(table, durability, command, "100,000", server), server);
                    assertEquals(2, rows(table, durability, command, server), server);
                    assertEquals(1, rows(table, durability, command, server, "nothing"), server);
                }
            }
        }
        assertEquals(1 + 2 * 2 * 3 * 3, samples("large"));
        assertTrue(ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive), "a server outlived its benchmark");
    }

    @Test
    @Timeout(300)
    void memoryBenchFillsEveryRow() throws IOException {
        List<String> table = run("memory", "--keys", "2000", "--memory-bytes", "32,1000", "--budget", Integer.toString(16 << 20));
        for (String values : List.of("32 bytes", "1,000 bytes", "16 to 16,384 bytes")) {
            for (String server : List.of("Redis", "memcached", "Marrow")) {
                assertEquals(2, rows(table, values, "2,000", server), () -> values + " " + server);
            }
            assertEquals(2 * 3 + 1, rows(table, values, "2,000"), values);
            assertEquals(2 * 3 + 2, rows(table, values), values);
        }
        assertEquals(1 + 3 * 3 + 3, samples("memory"));
        assertTrue(ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive), "a server outlived its benchmark");
    }

    private List<String> run(String kind, String... options) throws IOException {
        List<String> arguments = Stream.concat(Stream.of("bench", kind, "--out", out.toString()), Stream.of(options)).toList();
        assertEquals(0, Main.commandLine().execute(arguments.toArray(String[]::new)));
        try (Stream<Path> left = Files.list(out)) {
            assertEquals(Set.of(kind + ".md", kind + ".jsonl", "index.md", "index.svg"),
                    left.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
        }
        return Files.readAllLines(out.resolve(kind + ".md"));
    }
}
