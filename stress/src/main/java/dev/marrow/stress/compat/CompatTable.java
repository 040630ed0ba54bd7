package dev.marrow.stress.compat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Passes and failures of several servers side by side, and what was left out, as Markdown. */
final class CompatTable {
    private CompatTable() {}

    static List<String> text(SkipList list, List<Side> sides) {
        List<UnitResult> finished = finished(sides, list.units().size());
        List<String> lines = new ArrayList<>();
        StringBuilder head = new StringBuilder("| tests |");
        StringBuilder rule = new StringBuilder("|---|");
        for (Side side : sides) {
            head.append(' ').append(side.name()).append(": passed | failed |");
            rule.append("---:|---:|");
        }
        lines.add(head + " left out by the list | by the harness |");
        lines.add(rule + "---:|---:|");
        for (int i = 0; i < list.units().size(); i++) {
            lines.add(row(list, sides, finished, i));
        }
        StringBuilder sum = new StringBuilder("| all |");
        sides.forEach(side -> sum.append(' ').append(side.passes()).append(" | ").append(side.failures()).append(" |"));
        int ignored = finished.stream().mapToInt(UnitResult::ignoredCount).sum();
        lines.add(sum + " " + list.reasons().values().stream().mapToInt(Integer::intValue).sum() + " | " + ignored + " |");
        lines.add("");
        lines.add("| left out by the list, because | tests |");
        lines.add("|---|---:|");
        list.reasons().forEach((reason, count) -> lines.add("| " + reason + " | " + count + " |"));
        lines.add("");
        lines.add("| left out by the harness, because they | tests and blocks of tests |");
        lines.add("|---|---:|");
        causes(finished).forEach((cause, count) -> lines.add("| " + cause + " | " + count + " |"));
        return lines;
    }

    private static String row(SkipList list, List<Side> sides, List<UnitResult> finished, int index) {
        String unit = list.units().get(index);
        StringBuilder row = new StringBuilder("| ").append(unit).append(" |");
        for (Side side : sides) {
            UnitResult result = side.results().get(index);
            row.append(' ').append(result.passed().size()).append(" | ").append(result.failed().size())
                    .append(result.unfinished().isPresent() ? ", not finished |" : " |");
        }
        return row.append(' ').append(list.names(unit).size()).append(" | ").append(finished.get(index).ignoredCount()).append(" |").toString();
    }

    /** What the harness leaves out is the same whatever the server, if it comes to the end of the file. */
    private static List<UnitResult> finished(List<Side> sides, int units) {
        return IntStream.range(0, units).mapToObj(index -> sides.stream().map(side -> side.results().get(index))
                .filter(result -> result.unfinished().isEmpty()).findFirst().orElse(sides.getFirst().results().get(index))).toList();
    }

    private static Map<String, Integer> causes(List<UnitResult> results) {
        Map<String, Integer> causes = new TreeMap<>();
        results.forEach(result -> result.ignored().forEach((cause, count) -> causes.merge(cause, count, Integer::sum)));
        return causes;
    }
}
