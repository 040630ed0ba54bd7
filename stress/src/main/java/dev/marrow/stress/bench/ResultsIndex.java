package dev.marrow.stress.bench;

import dev.marrow.stress.MarkedText;
import dev.marrow.stress.bench.BenchCommand.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The page over the results of a directory: each kind with its date and commit, what is missing, an overview of all with a picture, and the machines that the
 * numbers belong to.
 */
final class ResultsIndex {
    static final String FILE = "index.md";
    static final String PICTURE = "index.svg";
    /** What marks the place of the overview in another file, see {@link MarkedText}. */
    static final String SUBJECT = "benchmarks";
    private static final String DATE = "date";
    private static final String COMMIT = "marrow";
    private static final String LOAD = "load before";
    /** Of one run, not of the machine. */
    private static final List<String> OF_A_RUN = List.of(DATE, COMMIT, LOAD);
    private static final String FACT = "- ";
    private static final String TITLE = "# ";
    private static final String SECTION = "## ";

    private ResultsIndex() {}

    /** What a report says of itself: its environment, the headings of its tables, and its rows of the overview. */
    private record Found(Map<String, String> facts, List<String> sections, List<Headline> headlines) {
        Map<String, String> machine() {
            Map<String, String> machine = new LinkedHashMap<>(facts);
            OF_A_RUN.forEach(machine::remove);
            return machine;
        }
    }

    /** Writes it anew from the reports that are in the directory, whenever they were made. */
    static Path write(Path directory) throws IOException {
        Map<Kind, Found> all = all(directory);
        List<String> lines = new ArrayList<>(List.of("# marrow bench", "",
                "`./marrow bench --out DIR` makes all of it, `./marrow bench KIND --out DIR` one row. A kind's page has medians and ranges, its"
                        + " .jsonl every sample.",
                "", "| kind | what | by | tables | date | commit | load before |", "|---|---|---|---|---|---|---|"));
        for (Kind kind : Kind.values()) {
            lines.add(row(kind, Optional.ofNullable(all.get(kind))));
        }
        lines.addAll(List.of("", SECTION + "Overview", ""));
        lines.addAll(overview(all, PICTURE));
        lines.addAll(machines(all));
        Files.writeString(directory.resolve(PICTURE), RatioChart.svg(headlines(all)));
        return Files.write(directory.resolve(FILE), lines);
    }

    /**
     * Puts the overview of a directory's results into another file, between its marks.
     *
     * @throws IOException without the marks
     */
    static void writeInto(MarkedText text, Path file, Path directory) throws IOException {
        Path picture = file.toAbsolutePath().getParent().relativize(directory.toAbsolutePath().resolve(PICTURE));
        text.replace(overview(all(directory), picture.toString()));
    }

    private static Map<Kind, Found> all(Path directory) throws IOException {
        Map<Kind, Found> all = new LinkedHashMap<>();
        for (Kind kind : Kind.values()) {
            Path report = directory.resolve(kind.name() + ".md");
            if (Files.exists(report)) {
                all.put(kind, read(report, directory.resolve(kind.name() + ".jsonl")));
            }
        }
        return all;
    }

    private static Map<String, List<Headline>> headlines(Map<Kind, Found> all) {
        Map<String, List<Headline>> headlines = new LinkedHashMap<>();
        all.forEach((kind, found) -> {
            if (!found.headlines.isEmpty()) {
                headlines.put(kind.what(), found.headlines);
            }
        });
        return headlines;
    }

    /** The picture, and a table for each kind that has rows. */
    private static List<String> overview(Map<Kind, Found> all, String picture) {
        List<String> lines = new ArrayList<>(List.of("![How many times better than its peers Marrow is](" + picture + ")", "",
                "Medians; in brackets how many times better Marrow is (more of a rate, less of a time or of memory), the median of the rounds' ratios."));
        all.forEach((kind, found) -> {
            if (!found.headlines.isEmpty()) {
                lines.addAll(List.of("", String.format(Locale.ROOT, "**%s** (`./marrow bench %s`; %s, commit %s)", kind.what(), kind,
                        fact(found, DATE).replaceAll("T.*", ""), fact(found, COMMIT)), ""));
                lines.addAll(Overview.table(found.headlines));
            }
        });
        return lines;
    }

    /** Facts are the list items at the beginning; a report that somebody has added to by hand is read too. */
    private static Found read(Path report, Path samples) throws IOException {
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
        return new Found(facts, sections, Files.exists(samples) ? Headline.read(samples) : List.of());
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
