package dev.marrow.stress.crash;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a run did, a row for each durability and fault. Prints as Markdown. */
final class CrashTable {
    private record Row(int cycles, long acknowledged, long read, long lost, long wrong) {
        Row plus(Row other) {
            return new Row(cycles + other.cycles, acknowledged + other.acknowledged, read + other.read, lost + other.lost, wrong + other.wrong);
        }
    }

    private final Map<String, Row> rows = new LinkedHashMap<>();

    /**
     * One cycle.
     *
     * @param before the findings' counts when its load began
     * @param after and when the state that it left was checked
     */
    void add(String durability, String fault, Counts before, Counts after) {
        Row row = new Row(1, after.acknowledged - before.acknowledged, after.read - before.read, after.lost - before.lost,
                after.wrong - before.wrong);
        rows.merge("| " + durability + " | " + fault, row, Row::plus);
    }

    record Counts(long acknowledged, long read, long lost, long wrong) {
        static Counts of(Findings findings) {
            return new Counts(findings.acknowledged(), findings.read(), findings.lost(), findings.wrong());
        }
    }

    void print(PrintStream out) {
        out.println("| durability | fault | cycles | acknowledged | read | lost | wrong |");
        out.println("|---|---|---:|---:|---:|---:|---:|");
        rows.forEach((name, row) -> out.printf("%s | %d | %,d | %,d | %,d | %,d |%n", name, row.cycles, row.acknowledged, row.read, row.lost,
                row.wrong));
    }
}
