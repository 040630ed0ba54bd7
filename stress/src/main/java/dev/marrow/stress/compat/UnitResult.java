package dev.marrow.stress.compat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What became of one file of Redis's tests, as the harness has said it.
 *
 * @param passed     names
 * @param failed     what was expected and what came instead
 * @param skipped    names that were left out because a list said so
 * @param ignored    how often the harness left a test or a block of tests out by itself, by cause
 * @param unfinished why the harness did not come to the end of the file; empty if it did
 */
record UnitResult(String unit, List<String> passed, List<Failure> failed, Set<String> skipped, Map<String, Integer> ignored,
        Optional<String> unfinished) {
    private static final int DETAIL_LINES_MAX = 6;
    private static final Pattern LINE = Pattern.compile("\\[(ok|err|skip|ignore|exception|TIMEOUT)]: ?(.*)");
    private static final Pattern MILLIS = Pattern.compile(" \\(\\d+ ms\\)$");
    private static final Pattern FILE = Pattern.compile(" in tests/\\S+\\.tcl$");
    /** What Tcl writes before it tells where it was. */
    private static final String STACK = "    while executing";
    /** Of a report on what its clients do. */
    private static final Pattern IN_PROGRESS = Pattern.compile(".*=> \\(IN PROGRESS\\) (.*)");

    /** A test, or code outside of tests, that failed. */
    record Failure(String name, String detail) {}

    /** @param output lines that the harness wrote about one file, without colours */
    static UnitResult parse(String unit, List<String> output) {
        List<String> passed = new ArrayList<>();
        List<Failure> failed = new ArrayList<>();
        Set<String> skipped = new HashSet<>();
        Map<String, Integer> ignored = new TreeMap<>();
        Optional<String> stop = Optional.empty();
        boolean done = false;
        for (int i = 0; i < output.size(); i++) {
            String line = output.get(i);
            done |= line.matches("\\[\\d+/\\d+ done]: " + Pattern.quote(unit) + " .*");
            Matcher inProgress = IN_PROGRESS.matcher(line);
            if (inProgress.matches()) {
                stop = stop.map(reason -> reason + " in '" + inProgress.group(1) + "'");
            }
            Matcher said = LINE.matcher(line);
            if (!said.matches()) {
                continue;
            }
            String text = said.group(2);
            switch (said.group(1)) {
                case "ok" -> passed.add(MILLIS.matcher(text).replaceFirst(""));
                case "err" -> failed.add(new Failure(FILE.matcher(text).replaceFirst(""), detail(output, i + 1)));
                case "skip" -> skipped.add(text);
                case "ignore" -> ignored.merge(cause(text), 1, Integer::sum);
                case "exception" -> stop = Optional.of(text);
                default -> stop = Optional.of("no progress");
            }
        }
        return new UnitResult(unit, passed, failed, skipped, ignored, stop.isEmpty() && !done ? Optional.of("the harness ended early") : stop);
    }

    /** The same, when the harness had to be ended. */
    UnitResult endedBecause(String reason) {
        return new UnitResult(unit, passed, failed, skipped, ignored, Optional.of(unfinished.map(said -> reason + "; " + said).orElse(reason)));
    }

    private static String detail(List<String> output, int from) {
        List<String> detail = new ArrayList<>();
        for (String line : output.subList(from, Math.min(output.size(), from + DETAIL_LINES_MAX))) {
            if (line.startsWith("[") || line.equals(STACK)) {
                break;
            }
            detail.add(line.strip());
        }
        if (detail.size() > 1 && detail.get(1).endsWith(detail.get(0))) {
            // the harness cuts off as many characters as its own word for a failed assertion has, also where there is none
            detail.removeFirst();
        }
        return String.join(" | ", detail);
    }

    /** Names stand before the cause, if it is a single test. */
    private static String cause(String text) {
        if (text.endsWith("Not supported on external server")) {
            return "need a server that the harness starts itself";
        }
        if (text.endsWith("Not supported on singledb")) {
            return "need several databases";
        }
        if (text.endsWith("large memory flag not provided")) {
            return "need more than 4 GB of memory";
        }
        Matcher tag = Pattern.compile("Tag: (\\S+) denied$").matcher(text);
        return tag.find() ? "are tagged " + tag.group(1) : text;
    }

    int ignoredCount() {
        return ignored.values().stream().mapToInt(Integer::intValue).sum();
    }
}
