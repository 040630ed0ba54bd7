package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.MarkedText;
import dev.marrow.stress.bench.BenchCommand.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsIndexTest {
    @TempDir
    Path directory;

    @Test
    void namesEveryKindWithDateCommitAndTables() throws IOException {
        report(Kind.core, "c0ffee", "AMD", "By keys", "By size");
        List<String> index = index();
        assertTrue(index.contains("| [core](core.md) | " + Kind.core.what() + " | " + Kind.core.by()
                + " | By keys; By size | 2026-11-26T01:02:03Z | c0ffee | 0.10 |"), index::toString);
        for (Kind kind : Kind.values()) {
            String begin = kind == Kind.core ? "| [core]" : "| " + kind + " | ";
            assertEquals(1, index.stream().filter(line -> line.startsWith(begin)).count(), kind.name());
        }
        assertEquals(Kind.values().length - 1, index.stream().filter(line -> line.contains("| not measured |")).count());
    }

    @Test
    void tellsMachinesApart() throws IOException {
        report(Kind.core, "c0ffee", "AMD");
        report(Kind.server, "ba5e", "AMD");
        report(Kind.drain, "c0ffee", "Intel");
        List<String> index = index();
        assertEquals(List.of("## Overview", "## Machine and versions: server, core", "## Machine and versions: drain"),
                index.stream().filter(line -> line.startsWith("## ")).toList());
        assertEquals(List.of("- cpu: AMD", "- cpu: Intel"), index.stream().filter(line -> line.startsWith("- ")).toList());
    }

    @Test
    void takesNoListOfATablesTextForAFact() throws IOException {
        report(Kind.core, "c0ffee", "AMD", "By keys");
        Files.writeString(directory.resolve("core.md"), Files.readString(directory.resolve("core.md")) + "\n- marrow: other\n- more: text\n");
        List<String> index = index();
        assertTrue(index.stream().anyMatch(line -> line.contains("| c0ffee |")), index::toString);
        assertTrue(index.stream().noneMatch(line -> line.contains("more: ")), index::toString);
    }

    @Test
    void putsTheOverviewIntoAnotherFileAndNothingElse() throws IOException {
        report(Kind.core, "c0ffee", "AMD");
        Path docs = Files.createDirectory(directory.resolve("docs"));
        Path readme = docs.resolve("README.md");
        Files.write(readme, List.of("before", "<!-- benchmarks: begin -->", "old", "<!-- benchmarks: end -->", "after"));
        ResultsIndex.write(directory);
        ResultsIndex.writeInto(new MarkedText(readme, ResultsIndex.SUBJECT), readme, directory);
        List<String> text = Files.readAllLines(readme);
        assertEquals(List.of("before", "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->", "after"),
                List.of(text.get(0), text.get(1), text.get(text.size() - 2), text.getLast()));
        assertTrue(text.stream().anyMatch(line -> line.contains("](../index.svg)")), text::toString);
        assertTrue(text.stream().anyMatch(line -> line.contains("| one thing, ns |")), text::toString);
        assertTrue(text.stream().anyMatch(line -> line.contains("bench core`; 2026-11-26, commit c0ffee")), text::toString);
        assertTrue(!text.contains("old"), text::toString);
        assertTrue(Files.readString(directory.resolve("index.svg")).contains("one thing"));
    }

    private void report(Kind kind, String commit, String cpu, String... sections) throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("date", "2026-11-26T01:02:03Z");
        facts.put("marrow", commit);
        facts.put("cpu", cpu);
        facts.put("load before", "0.10");
        Report report = new Report(kind.name(), facts, new PrintStream(OutputStream.nullOutputStream()));
        List.of(sections).forEach(section -> report.line("\n## " + section));
        report.headline(Headline.beside("one thing", "ns", 1, new Headline.Peer("Redis", 2, 2), ""));
        report.write(directory);
    }

    private List<String> index() throws IOException {
        return Files.readAllLines(ResultsIndex.write(directory));
    }
}
