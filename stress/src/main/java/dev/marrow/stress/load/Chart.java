package dev.marrow.stress.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;

/** A line chart as inline SVG. Colours and strokes are the page's: class {@code server0}, {@code server1}, and {@code line0} to {@code line2}. */
final class Chart {
    private static final int WIDTH = 880;
    private static final int HEIGHT = 250;
    private static final int LEFT = 78;
    private static final int RIGHT = 66;
    private static final int TOP = 14;
    private static final int BOTTOM = 34;
    private static final int PLOT_WIDTH = WIDTH - LEFT - RIGHT;
    private static final int PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;
    /** Between the labels at the lines' ends. */
    private static final int LABEL_PIXELS = 13;
    private static final double POINT_RADIUS = 2.2;

    /** Where a value lies on an axis, from 0 to 1, and what stands there. */
    record Axis(double min, double max, boolean logarithmic, List<Double> ticks, DoubleFunction<String> text) {
        double share(double value) {
            double from = scale(min);
            double to = scale(max);
            return to == from ? 0.5 : (scale(Math.clamp(value, min, max)) - from) / (to - from);
        }

        private double scale(double value) {
            return logarithmic ? Math.log10(value) : value;
        }

        /** From 0 to a round number that is no less. */
        static Axis linear(double max, int ticksWanted, DoubleFunction<String> text) {
            double step = step(Math.max(max, 1e-9) / ticksWanted);
            double top = Math.ceil(Math.max(max, 1e-9) / step) * step;
            List<Double> ticks = new ArrayList<>();
            for (int i = 0; i * step <= top * 1.0001; i++) {
                ticks.add(i * step);
            }
            return new Axis(0, top, false, ticks, text);
        }

        private static double step(double least) {
            double decade = Math.pow(10, Math.floor(Math.log10(least)));
            for (double factor : List.of(1.0, 2.0, 5.0)) {
                if (factor * decade >= least) {
                    return factor * decade;
                }
            }
            return 10 * decade;
        }

        /** Between two of 1, 2, 5, 10, 20, … that enclose both. */
        static Axis logarithmic(double min, double max, DoubleFunction<String> text) {
            List<Double> marks = new ArrayList<>();
            for (double decade = Math.pow(10, Math.floor(Math.log10(min))); decade <= max * 10; decade *= 10) {
                marks.addAll(List.of(decade, 2 * decade, 5 * decade));
            }
            double from = marks.stream().filter(mark -> mark <= min * 1.0001).reduce((a, b) -> b).orElse(min);
            double to = marks.stream().filter(mark -> mark >= max * 0.9999 && mark > from).findFirst().orElse(max);
            boolean many = to / from > 1_000;
            List<Double> ticks = marks.stream().filter(mark -> mark >= from * 0.9999 && mark <= to * 1.0001 && (!many || decade(mark))).toList();
            return new Axis(from, to, true, ticks, text);
        }

        private static boolean decade(double mark) {
            double exponent = Math.log10(mark);
            return Math.abs(exponent - Math.rint(exponent)) < 1e-6;
        }
    }

    record Point(double x, double y) {}

    /** @param label at its end; may be empty @param line 0 solid, 1 dashed, 2 dotted @param pieces drawn apart: rounds */
    record Line(int server, int line, String label, List<List<Point>> pieces) {}

    /** A place on the x-axis with a name. */
    record Mark(double x, String text) {}

    /** What is shown while the pointer is over a stretch of the x-axis. */
    record Tip(double from, double to, String text) {}

    private final StringBuilder svg = new StringBuilder();
    private final Axis x;
    private final Axis y;

    private Chart(Axis x, Axis y) {
        this.x = x;
        this.y = y;
    }

    /** @param name for those who cannot see it */
    static String svg(String name, Axis x, Axis y, List<Mark> marks, List<Line> lines, List<Tip> tips) {
        Chart chart = new Chart(x, y);
        chart.svg.append(String.format(Locale.ROOT, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n", WIDTH, HEIGHT, escape(name)));
        chart.axes();
        marks.forEach(chart::mark);
        lines.forEach(chart::line);
        chart.labels(lines);
        tips.forEach(chart::tip);
        return chart.svg.append("</svg>\n").toString();
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    private double px(double value) {
        return LEFT + PLOT_WIDTH * x.share(value);
    }

    private double py(double value) {
        return TOP + PLOT_HEIGHT * (1 - y.share(value));
    }

    private void axes() {
        for (double tick : y.ticks) {
            add("<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"tick\" text-anchor=\"end\" x=\"%d\""
                    + " y=\"%.1f\">%s</text>",
                    LEFT, LEFT + PLOT_WIDTH, py(tick), py(tick), LEFT - 8, py(tick) + 4, escape(y.text.apply(tick)));
        }
        for (double tick : x.ticks) {
            add("<line class=\"tickmark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/><text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\""
                    + " y=\"%d\">%s</text>",
                    px(tick), px(tick), TOP + PLOT_HEIGHT, TOP + PLOT_HEIGHT + 4, px(tick), TOP + PLOT_HEIGHT + 18, escape(x.text.apply(tick)));
        }
        add("<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>", LEFT, LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT, TOP + PLOT_HEIGHT);
    }

    private void mark(Mark mark) {
        add("<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/><text class=\"tick\" x=\"%.1f\" y=\"%d\">%s</text>", px(mark.x),
                px(mark.x), TOP - 6, TOP + PLOT_HEIGHT, px(mark.x) + 4, TOP - 2, escape(mark.text));
    }

    private void line(Line line) {
        for (List<Point> piece : line.pieces) {
            if (piece.size() == 1) {
                Point only = piece.getFirst();
                add("<circle class=\"server%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", line.server, px(only.x), py(only.y), POINT_RADIUS);
            } else if (!piece.isEmpty()) {
                add("<polyline class=\"server%d line%d\" points=\"%s\"/>", line.server, line.line,
                        piece.stream().map(point -> String.format(Locale.ROOT, "%.1f,%.1f", px(point.x), py(point.y)))
                                .collect(Collectors.joining(" ")));
            }
        }
    }

    /** At the lines' ends, moved apart where they would cover each other. */
    private void labels(List<Line> lines) {
        record Label(double y, Line line) {}
        List<Label> labels = new ArrayList<>();
        for (Line line : lines) {
            line.pieces.stream().filter(piece -> !piece.isEmpty()).reduce((a, b) -> b)
                    .ifPresent(piece -> labels.add(new Label(py(piece.getLast().y), line)));
        }
        labels.sort((a, b) -> Double.compare(a.y, b.y));
        double least = 0;
        for (Label label : labels) {
            double at = Math.max(label.y + 4, least);
            least = at + LABEL_PIXELS;
            add("<text class=\"label server%d\" x=\"%d\" y=\"%.1f\">%s</text>", label.line.server, LEFT + PLOT_WIDTH + 6, at,
                    escape(label.line.label));
        }
    }

    private void tip(Tip tip) {
        add("<rect class=\"tip\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>%s</title></rect>", px(tip.from), TOP,
                Math.max(1, px(tip.to) - px(tip.from)), PLOT_HEIGHT, escape(tip.text));
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
