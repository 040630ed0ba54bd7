package dev.marrow.stress.bench;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The rows of the overview as a table: a column for Marrow and one for each peer, with how many times better Marrow is. */
final class Overview {
    private static final double WHOLE_FROM = 100;
    private static final double ONE_DECIMAL_FROM = 10;

    private Overview() {}

    /** @return Markdown, the heading first */
    static List<String> table(List<Headline> headlines) {
        Set<String> peers = new LinkedHashSet<>();
        headlines.forEach(headline -> headline.peers().forEach(peer -> peers.add(peer.name())));
        boolean goals = headlines.stream().anyMatch(headline -> !headline.goal().isEmpty());
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of("work", "Marrow"));
        heading.addAll(peers);
        if (goals) {
            heading.add("goal");
        }
        rows.add(heading);
        for (Headline headline : headlines) {
            List<String> cells = new ArrayList<>(List.of(headline.work() + ", " + headline.unit(), number(headline.marrow())));
            peers.forEach(peer -> cells.add(cell(headline, peer)));
            if (goals) {
                cells.add(headline.goal());
            }
            rows.add(cells);
        }
        return MarkdownTable.lines(rows);
    }

    private static String cell(Headline headline, String name) {
        return headline.peers().stream().filter(peer -> peer.name().equals(name)).findFirst()
                .map(peer -> number(peer.value()) + " (" + ratio(peer.ratio()) + ")").orElse("");
    }

    /** Three digits or more. */
    static String number(double value) {
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size >= WHOLE_FROM ? "%,.0f" : size >= ONE_DECIMAL_FROM ? "%.1f" : "%.2f", value);
    }

    static String ratio(double value) {
        return number(value) + " ×";
    }
}
