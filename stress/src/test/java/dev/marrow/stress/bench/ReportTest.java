package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    @TempDir
    Path directory;

    @Test
    void tableIsMarkdownAndAligned() throws IOException {
        Report report = new Report("some", Map.of("kernel", "6.1"), new PrintStream(OutputStream.nullOutputStream()));
        report.table(List.of(List.of("what", "n"), List.of("a", "1,000")));
        assertEquals("""
                # marrow bench some

                - kernel: 6.1


                | what | n     |
                |------|-------|
                | a    | 1,000 |
                """, Files.readString(report.write(directory)));
    }

    @Test
    void samplesAreOneJsonObjectALine() throws IOException {
        Report report = new Report("some", Map.of(), new PrintStream(OutputStream.nullOutputStream()));
        report.sample(Map.of("ns", 1.5, "text", "a \"b\" \\ \n"));
        report.write(directory);
        assertEquals(List.of("{}", "{\"ns\":1.5,\"text\":\"a \\\"b\\\" \\\\ \\u000a\"}"),
                Files.readAllLines(directory.resolve("some.jsonl")));
    }

    @Test
    void medianOfOddAndEvenCounts() {
        assertEquals(new Spread(2, 1, 9), Spread.of(List.of(9.0, 1.0, 2.0)));
        assertEquals(new Spread(2.5, 1, 9), Spread.of(List.of(9.0, 1.0, 2.0, 3.0)));
        assertEquals("2.50 (1.00..9.00)", Spread.of(List.of(9.0, 1.0, 2.0, 3.0)).text(2));
        assertThrows(IllegalArgumentException.class, () -> Spread.of(List.of()));
    }

    @Test
    void ratiosAreThoseOfTheSameRound() {
        assertEquals(new Spread(2, 0.5, 3), Spread.ofRatios(List.of(6.0, 2.0, 4.0), List.of(2.0, 4.0, 2.0)));
        assertThrows(IllegalArgumentException.class, () -> Spread.ofRatios(List.of(1.0), List.of(1.0, 2.0)));
    }
}
