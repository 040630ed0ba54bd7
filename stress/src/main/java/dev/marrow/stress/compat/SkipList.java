package dev.marrow.stress.compat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * Which files of tests are run, which of their tests are left out and why, and how many must pass. As text:
 *
 * <pre>
 * # a comment
 * minimum-passes: 100
 *
 * [unit/of/tests]
 * reason in words:
 *     exact name of a test
 * </pre>
 */
final class SkipList {
    /** Of this class's package; in the sources below {@code stress/src/main/resources}. */
    static final String RESOURCE = "skipped.txt";
    private static final String MINIMUM = "minimum-passes:";

    /** A test that is left out. */
    record Entry(String unit, String reason, String name) {}

    private final int minimumPasses;
    private final SequencedMap<String, List<Entry>> units;

    private SkipList(int minimumPasses, SequencedMap<String, List<Entry>> units) {
        this.minimumPasses = minimumPasses;
        this.units = units;
    }

    /** The list that belongs to this version of Marrow. */
    static SkipList committed() throws IOException {
        try (InputStream resource = SkipList.class.getResourceAsStream(RESOURCE);
                BufferedReader reader = new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
            return parse(reader.lines().toList());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** @throws IllegalArgumentException names the line that is wrong */
    static SkipList parse(List<String> lines) {
        OptionalInt minimum = OptionalInt.empty();
        SequencedMap<String, List<Entry>> units = new LinkedHashMap<>();
        String reason = "";
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            String where = RESOURCE + " line " + (i + 1) + ": ";
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith(MINIMUM)) {
                require(minimum.isEmpty() && line.matches(MINIMUM + " \\d{1,6}"), where + "one number expected, and once");
                minimum = OptionalInt.of(Integer.parseInt(line.substring(MINIMUM.length()).strip()));
            } else if (line.startsWith("[")) {
                require(line.endsWith("]"), where + "no ] at the end");
                require(units.put(line.substring(1, line.length() - 1), new ArrayList<>()) == null, where + "the unit comes twice");
                reason = "";
            } else if (line.startsWith(" ")) {
                require(!reason.isEmpty(), where + "a test without a reason");
                // The harness would take it for a regular expression.
                require(!line.strip().startsWith("/"), where + "a name cannot begin with /");
                List<Entry> entries = units.lastEntry().getValue();
                Entry entry = new Entry(units.lastEntry().getKey(), reason, line.strip());
                require(entries.stream().noneMatch(other -> other.name().equals(entry.name())), where + "the test comes twice");
                entries.add(entry);
            } else {
                require(line.endsWith(":") && !units.isEmpty(), where + "neither a unit, a reason nor a test");
                reason = line.substring(0, line.length() - 1);
            }
        }
        require(minimum.isPresent(), RESOURCE + ": no " + MINIMUM);
        require(!units.isEmpty(), RESOURCE + ": no units");
        return new SkipList(minimum.getAsInt(), units);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Fewer must not pass in all units together. */
    int minimumPasses() {
        return minimumPasses;
    }

    /** Names of the units, in the order of the list. */
    List<String> units() {
        return List.copyOf(units.keySet());
    }

    /** Tests of a unit that are left out; none for a unit that is not in the list. */
    SequencedSet<String> names(String unit) {
        SequencedSet<String> names = new LinkedHashSet<>();
        units.getOrDefault(unit, List.of()).forEach(entry -> names.add(entry.name()));
        return names;
    }

    /** How many tests each reason leaves out, in the order of the list. */
    SequencedMap<String, Integer> reasons() {
        SequencedMap<String, Integer> reasons = new LinkedHashMap<>();
        units.values().forEach(entries -> entries.forEach(entry -> reasons.merge(entry.reason(), 1, Integer::sum)));
        return reasons;
    }
}
