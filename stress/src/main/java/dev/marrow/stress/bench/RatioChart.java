package dev.marrow.stress.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The rows of the overview as a picture (SVG): how many times better than each peer Marrow is, on a logarithmic axis, with a line where both are equal. What
 * is left of that line is worse.
 */
final class RatioChart {
    private static final int WIDTH = 900;
    private static final int LEFT = 420;
    private static final int RIGHT = 40;
    private static final int ROW = 17;
    private static final int TOP = 64;
    private static final int BOTTOM = 16;
    private static final int LEGEND_STEP = 105;
    private static final int LEGEND_Y = 40;
    private static final double RADIUS = 4.5;
    /** Each end of the axis is the next of these, so that a dot never lies on the edge. */
    private static final double AXIS_FACTOR = 2;
    /** With more marks only every other one has its number. */
    private static final int LABELS_MAX = 10;
    private static final List<String> COLOURS = List.of("#c0392b", "#e67e22", "#2471a3", "#7d3c98", "#5d6d7e");

    private final StringBuilder svg = new StringBuilder();
    private final Map<String, String> colours = new LinkedHashMap<>();
    private final double from;
    private final double to;

    private RatioChart(Set<String> peers, List<Double> ratios) {
        for (String peer : peers) {
            colours.put(peer, COLOURS.get(colours.size() % COLOURS.size()));
        }
        from = bound(ratios.stream().mapToDouble(Double::doubleValue).min().orElse(1), 1 / AXIS_FACTOR);
        to = bound(ratios.stream().mapToDouble(Double::doubleValue).max().orElse(1), AXIS_FACTOR);
    }

    /** The first power of the factor beyond the value, and beyond 1. */
    private static double bound(double value, double factor) {
        double bound = factor;
        while (factor > 1 ? bound < value : bound > value) {
            bound *= factor;
        }
        return bound;
    }

    /** @param sections rows by their heading; those without a peer are left out */
    static String svg(Map<String, List<Headline>> sections) {
        Map<String, List<Headline>> compared = new LinkedHashMap<>();
        Set<String> peers = new LinkedHashSet<>();
        List<Double> ratios = new ArrayList<>();
        sections.forEach((heading, rows) -> {
            List<Headline> some = rows.stream().filter(row -> !row.peers().isEmpty()).toList();
            if (!some.isEmpty()) {
                compared.put(heading, some);
            }
            some.forEach(row -> row.peers().forEach(peer -> {
                peers.add(peer.name());
                ratios.add(peer.ratio());
            }));
        });
        return new RatioChart(peers, ratios).draw(compared);
    }

    private String draw(Map<String, List<Headline>> sections) {
        int rows = sections.values().stream().mapToInt(some -> some.size() + 1).sum();
        int height = TOP + rows * ROW + BOTTOM;
        add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">", WIDTH, height);
        add("<title>How many times better than its peers Marrow is</title>");
        add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", WIDTH, height);
        add("<text x=\"%d\" y=\"20\" font-size=\"14\" fill=\"#222\">Marrow beside its peers: times as fast, or as small (logarithmic)</text>", ROW);
        legend();
        grid(height - BOTTOM);
        int y = TOP;
        for (Map.Entry<String, List<Headline>> section : sections.entrySet()) {
            y += ROW;
            add("<text x=\"%d\" y=\"%d\" font-weight=\"bold\" fill=\"#222\">%s</text>", ROW, y - 4, escape(section.getKey()));
            for (Headline row : section.getValue()) {
                y += ROW;
                row(row, y);
            }
        }
        return svg.append("</svg>\n").toString();
    }

    private void legend() {
        int x = LEFT;
        for (Map.Entry<String, String> peer : colours.entrySet()) {
            add("<circle cx=\"%d\" cy=\"%d\" r=\"%.1f\" fill=\"%s\"/><text x=\"%d\" y=\"%d\" fill=\"#222\">%s</text>", x, LEGEND_Y - 4, RADIUS,
                    peer.getValue(), x + 9, LEGEND_Y, escape(peer.getKey()));
            x += LEGEND_STEP;
        }
    }

    private void grid(int bottom) {
        int doublings = (int) Math.round(Math.log(to / from) / Math.log(AXIS_FACTOR));
        int each = doublings > LABELS_MAX ? 2 : 1;
        for (int i = 0; i <= doublings; i++) {
            double mark = from * Math.pow(AXIS_FACTOR, i);
            boolean equal = Math.abs(mark - 1) < 1e-9;
            add("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\"/>", x(mark), x(mark), TOP, bottom, equal ? "#222" : "#ddd");
            if (Math.round(Math.log(mark) / Math.log(AXIS_FACTOR)) % each == 0) {
                add("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#666\">%s</text>", x(mark), TOP - 4,
                        mark < 1 ? "1/" + Math.round(1 / mark) : Long.toString(Math.round(mark)));
            }
        }
    }

    private void row(Headline row, int y) {
        add("<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#222\">%s</text>", LEFT - 14, y - 4, escape(row.work() + ", " + row.unit()));
        for (Headline.Peer peer : row.peers()) {
            add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" fill-opacity=\"0.85\"><title>%s: %s, %s</title></circle>", x(peer.ratio()), y - 8.0,
                    RADIUS, colours.get(peer.name()), escape(row.work()), escape(peer.name()), Overview.ratio(peer.ratio()));
        }
    }

    private double x(double ratio) {
        return LEFT + (WIDTH - LEFT - RIGHT) * (Math.log(ratio) - Math.log(from)) / (Math.log(to) - Math.log(from));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
