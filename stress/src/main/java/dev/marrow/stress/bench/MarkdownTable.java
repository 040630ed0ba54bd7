package dev.marrow.stress.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.StringJoiner;

/** A Markdown table that is also aligned for the eye. */
public final class MarkdownTable {
    private MarkdownTable() {}

    /** Its lines. @param rows of the same length; the first is the heading */
    public static List<String> lines(List<List<String>> rows) {
        List<Integer> widths = new ArrayList<>(Collections.nCopies(rows.getFirst().size(), 0));
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths.set(i, Math.max(widths.get(i), row.get(i).length()));
            }
        }
        List<String> lines = new ArrayList<>();
        for (int r = 0; r < rows.size(); r++) {
            StringJoiner cells = new StringJoiner(" | ", "| ", " |");
            for (int i = 0; i < widths.size(); i++) {
                String cell = rows.get(r).get(i);
                cells.add(cell + " ".repeat(widths.get(i) - cell.length()));
            }
            lines.add(cells.toString());
            if (r == 0) {
                StringJoiner rule = new StringJoiner("|", "|", "|");
                widths.forEach(width -> rule.add("-".repeat(width + 2)));
                lines.add(rule.toString());
            }
        }
        return lines;
    }
}
