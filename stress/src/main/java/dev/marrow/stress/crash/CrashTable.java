package dev.marrow.stress.crash;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run did, a row for each durability, fault and place. Prints as Markdown. */
public final class CrashTable {
    private record Row(int cycles, Counts counts) {
        Row plus(Row other) {
            return new Row(cycles + other.cycles, counts.plus(other.counts));
        }
    }

    private final Map<String, Row> rows = new LinkedHashMap<>();

    /**
     * Some cycles.
     *
     * @param place where in its life the server was, as far as that is known
     * @param counts of their loads, until the state that they left was checked
     */
    void add(String durability, String fault, String place, int cycles, Counts counts) {
        rows.merge("| " + durability + " | " + fault + " | " + place, new Row(cycles, counts), Row::plus);
    }

    /**
     * What clients were told, and what of it was not kept.
     *
     * @param large of those acknowledged, changes of keys whose values are large
     */
    record Counts(long acknowledged, long large, long read, long lost, long wrong) {
        static final Counts NONE = new Counts(0, 0, 0, 0, 0);

        static Counts of(Findings findings) {
            return new Counts(findings.acknowledged(), findings.large(), findings.read(), findings.lost(), findings.wrong());
        }

        Counts plus(Counts other) {
            return new Counts(acknowledged + other.acknowledged, large + other.large, read + other.read, lost + other.lost, wrong + other.wrong);
        }

        Counts minus(Counts other) {
            return new Counts(acknowledged - other.acknowledged, large - other.large, read - other.read, lost - other.lost, wrong - other.wrong);
        }

        boolean clean() {
            return lost == 0 && wrong == 0;
        }
    }

    public void print(PrintStream out) {
        text().forEach(out::println);
    }

    /** As lines of Markdown. */
    List<String> text() {
        List<String> lines = new ArrayList<>(List.of("| durability | fault | place | cycles | acknowledged | of large values | read | lost | wrong |",
                "|---|---|---|---:|---:|---:|---:|---:|---:|"));
        rows.forEach((name, row) -> lines.add(String.format("%s | %d | %,d | %,d | %,d | %,d | %,d |", name, row.cycles, row.counts.acknowledged,
                row.counts.large, row.counts.read, row.counts.lost, row.counts.wrong)));
        return lines;
    }
}
