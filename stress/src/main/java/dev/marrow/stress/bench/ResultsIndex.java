package dev.marrow.stress.bench;

import dev.marrow.stress.bench.BenchCommand.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The page over the results of a directory: each kind with its date and commit, what is missing, and the machines that the numbers belong to. */
final class ResultsIndex {
    static final String FILE = "index.md";
    private static final String DATE = "date";
    private static final String COMMIT = "marrow";
    private static final String LOAD = "load before";
    /** Of one run, not of the machine. */
    private static final List<String> OF_A_RUN = List.of(DATE, COMMIT, LOAD);
    private static final String FACT = "- ";
    private static final String TITLE = "# ";
    private static final String SECTION = "## ";

    private ResultsIndex() {}

    /** What a report says of itself: its environment, and the headings of its tables. */
    private record Found(Map<String, String> facts, List<String> sections) {
        Map<String, String> machine() {
            Map<String, String> machine = new LinkedHashMap<>(facts);
            OF_A_RUN.forEach(machine::remove);
            return machine;
        }
    }

    /** Writes it anew from the reports that are in the directory, whenever they were made. */
    static Path write(Path directory) throws IOException {
        Map<Kind, Found> all = new LinkedHashMap<>();
        for (Kind kind : Kind.values()) {
            Path report = directory.resolve(kind.name() + ".md");
            if (Files.exists(report)) {
                all.put(kind, read(report));
            }
        }
        List<String> lines = new ArrayList<>(List.of("# marrow bench", "",
                "`./marrow bench --out DIR` makes all of it, `./marrow bench KIND --out DIR` one row. A kind's page has medians and ranges, its"
                        + " .jsonl every sample.",
                "", "| kind | what | by | tables | date | commit | load before |", "|---|---|---|---|---|---|---|"));
        for (Kind kind : Kind.values()) {
            lines.add(row(kind, Optional.ofNullable(all.get(kind))));
        }
        lines.addAll(machines(all));
        return Files.write(directory.resolve(FILE), lines);
    }

    /** Facts are the list items at the beginning; a report that somebody has added to by hand is read too. */
    private static Found read(Path report) throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        List<String> sections = new ArrayList<>();
        boolean begins = true;
        for (String line : Files.readAllLines(report)) {
            int colon = line.indexOf(": ");
            boolean fact = line.startsWith(FACT) && colon > 0;
            begins &= fact || line.isEmpty() || line.startsWith(TITLE);
            if (fact && begins) {
                facts.put(line.substring(FACT.length(), colon), line.substring(colon + 2));
            } else if (line.startsWith(SECTION)) {
                sections.add(line.substring(SECTION.length()));
            }
        }
        return new Found(facts, sections);
    }

    private static String row(Kind kind, Optional<Found> found) {
        String name = found.isPresent() ? "[" + kind + "](" + kind + ".md)" : kind.toString();
        Stream<String> rest = found.isPresent()
                ? Stream.of(String.join("; ", found.get().sections), fact(found.get(), DATE), fact(found.get(), COMMIT), fact(found.get(), LOAD))
                : Stream.of("not measured", "", "", "");
        return Stream.concat(Stream.of(name, kind.what(), kind.by()), rest).collect(Collectors.joining(" | ", "| ", " |"));
    }

    private static String fact(Found found, String name) {
        return found.facts.getOrDefault(name, "unknown");
    }

    /** Numbers of different machines or versions are not to be compared, so each set of them is told apart. */
    private static List<String> machines(Map<Kind, Found> all) {
        Map<Map<String, String>, List<String>> byMachine = new LinkedHashMap<>();
        all.forEach((kind, found) -> byMachine.computeIfAbsent(found.machine(), any -> new ArrayList<>()).add(kind.name()));
        List<String> lines = new ArrayList<>();
        byMachine.forEach((machine, kinds) -> {
            lines.addAll(List.of("", SECTION + "Machine and versions: " + String.join(", ", kinds), ""));
            machine.forEach((name, value) -> lines.add(FACT + name + ": " + value));
        });
        return lines;
    }
}
