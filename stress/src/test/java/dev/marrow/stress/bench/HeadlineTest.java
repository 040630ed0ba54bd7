package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.bench.Headline.Peer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeadlineTest {
    private static final Headline THREE = new Headline("GET \"x\", idle", "round trips/s", 300_000.5, List.of(new Peer("Redis", 12_000, 25),
            new Peer("memcached", 14_000, 21.4)), "≥ 25 ×");
    private static final Headline ALONE = Headline.alone("GET", "ns", 83, "");

    @TempDir
    Path directory;

    @Test
    void comesBackFromTheSamples() throws IOException {
        Report report = new Report("core", Map.of("date", "today"), new PrintStream(OutputStream.nullOutputStream()));
        report.sample(Map.of("round", 1, "ns", 82.5));
        report.headline(THREE);
        report.headline(ALONE);
        report.write(directory);
        assertEquals(List.of(THREE, ALONE), Headline.read(directory.resolve("core.jsonl")));
    }

    @Test
    void refusesWhatIsNone() throws IOException {
        Path file = directory.resolve("x.jsonl");
        for (String line : List.of("[1]", "{\"headline\":\"GET\",\"unit\":\"ns\",\"goal\":\"\"}", "{\"headline\":\"GET\",\"unit\":\"ns\",\"marrow\":\"much\",\"goal\":\"\"}")) {
            Files.writeString(file, line + "\n");
            assertThrows(IOException.class, () -> Headline.read(file), line);
        }
    }

    @Test
    void aTableHasAColumnForEachPeer() {
        List<String> table = Overview.table(List.of(THREE, ALONE));
        assertEquals(List.of("work", "Marrow", "Redis", "memcached", "goal"), cells(table.get(0)));
        assertEquals(List.of("GET \"x\", idle, round trips/s", "300,001", "12,000 (25.0 ×)", "14,000 (21.4 ×)", "≥ 25 ×"), cells(table.get(2)));
        assertEquals(List.of("GET, ns", "83.0", "", "", ""), cells(table.get(3)));
    }

    @Test
    void thePictureHasADotForEachComparison() {
        String svg = RatioChart.svg(Map.of("many", List.of(THREE), "none", List.of(ALONE)));
        assertEquals(2, svg.split("fill-opacity").length - 1);
        assertTrue(svg.contains("GET &quot;x&quot;, idle, round trips/s"), svg);
        assertTrue(!svg.contains(">none<"), svg);
        // where both are equal, and one side of it without any dot
        assertTrue(svg.contains(">1<") && svg.contains(">1/2<") && svg.contains(">32<"), svg);
    }

    private static List<String> cells(String line) {
        return List.of(line.substring(1, line.lastIndexOf('|')).split("\\|")).stream().map(String::strip).toList();
    }
}
