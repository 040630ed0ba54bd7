package dev.marrow.stress.load;

import dev.marrow.stress.bench.Spread;
import dev.marrow.stress.load.Chart.Axis;
import dev.marrow.stress.load.Chart.Line;
import dev.marrow.stress.load.Chart.Point;
import dev.marrow.stress.load.Chart.Tip;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/** All that a run measured, as one page with its data in it: no script, no font, no picture from elsewhere. */
final class LoadHtml {
    private static final String STYLE = """
            :root { color-scheme: light dark; }
            :root { --page: #fbfbfa; --ink: #1c1c1a; --quiet: #5d5d58; --grid: #e4e4df; --server0: #2a6fc9; --server1: #c8551b; }
            @media (prefers-color-scheme: dark) {
              :root { --page: #171716; --ink: #ecece8; --quiet: #a3a39c; --grid: #33332f; --server0: #6ba6f2; --server1: #f08a4b; }
            }
            body { background: var(--page); color: var(--ink); }
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
            h1 { font-size: 1.5rem; margin: 0 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 0; }
            h3 { font-size: .95rem; font-weight: 600; margin: 1.2rem 0 .2rem; }
            p, dd, dt, summary { color: var(--quiet); } code { font-size: .85rem; overflow-wrap: anywhere; }
            .scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
            th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--grid); white-space: nowrap; }
            th { color: var(--quiet); font-weight: 500; }
            th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
            .key { display: inline-block; width: .8rem; height: .8rem; border-radius: 50%; margin-right: .4rem; vertical-align: -1px; }
            .key.server0 { background: var(--server0); } .key.server1 { background: var(--server1); }
            .legend { margin: .3rem 0; } .legend span { margin-right: 1.2rem; }
            .error { color: var(--ink); border-left: 3px solid #c22; padding-left: .6rem; }
            svg { width: 100%; height: auto; display: block; }
            svg text { font: 12px system-ui, sans-serif; fill: var(--quiet); font-variant-numeric: tabular-nums; }
            .grid { stroke: var(--grid); } .axis, .tickmark { stroke: var(--quiet); }
            polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
            polyline.line1 { stroke-dasharray: 7 4; } polyline.line2 { stroke-dasharray: 2 4; }
            polyline.server0 { stroke: var(--server0); } polyline.server1 { stroke: var(--server1); }
            circle.server0, svg .label.server0 { fill: var(--server0); } circle.server1, svg .label.server1 { fill: var(--server1); }
            .tip { fill: transparent; } .tip:hover { fill: var(--ink); opacity: .07; }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; font-size: .85rem; } dd { margin: 0; }
            """;
    /** Between rounds on the axis of time, as a share of a round. */
    private static final double GAP = 0.04;
    private static final int PERCENTILE_TICKS = 5;
    private static final double NINES_MAX = 6;
    private static final int TIPS_MAX = 600;
    private static final int PERCENTILE_TIPS = 24;
    private static final int RATE_TICKS = 4;
    private static final int TIME_TICKS = 10;

    private final LoadResult result;
    private final StringBuilder page = new StringBuilder();

    private LoadHtml(LoadResult result) {
        this.result = result;
    }

    static String text(LoadResult result) throws IOException {
        LoadHtml html = new LoadHtml(result);
        html.head();
        html.table();
        html.errors();
        for (Optional<OperationKind> kind : html.result.kinds().reversed()) {
            html.section(kind);
        }
        html.foot();
        return html.page.toString();
    }

    private void add(String format, Object... values) {
        page.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    private static String escape(String text) {
        return Chart.escape(text);
    }

    private String title() {
        return String.join(" beside ", result.peers().stream().map(Peer::label).toList());
    }

    private void head() {
        add("<!doctype html>%n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,"
                + " initial-scale=1\">");
        add("<title>marrow stress: %s</title>%n<style>%n%s</style></head>%n<body>", escape(title()), STYLE);
        add("<h1>%s</h1>%n<p>%s.</p>", escape(title()), escape(result.plan().describe()));
        legend();
    }

    private void legend() {
        page.append("<p class=\"legend\">");
        for (int i = 0; i < result.peers().size(); i++) {
            page.append("<span><i class=\"key server").append(i).append("\"></i>").append(escape(result.peers().get(i).label())).append("</span>");
        }
        page.append("</p>\n");
    }

    private void table() {
        add("<div class=\"scroll\"><table><tr><th>operation</th><th>server</th><th>operations/s</th><th>p50</th><th>p99</th><th>p99.9</th>"
                + "<th>max</th><th>errors</th>%s</tr>",
                result.peers().size() > 1 ? "<th>rate, first/second</th>" : "");
        for (Optional<OperationKind> kind : result.kinds()) {
            for (int i = 0; i < result.peers().size(); i++) {
                LoadResult.Row row = new LoadResult.Row(result.peers().get(i), kind);
                String ratio = result.peers().size() < 2 ? ""
                        : "<td>" + (i == 0 ? result.ratios(kind).map(of -> of.perSecond().text(2)).orElse("") : "") + "</td>";
                add("<tr><td>%s</td><td><i class=\"key server%d\"></i>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%,d</td>"
                        + "%s</tr>",
                        row.operation(), i, escape(row.peer().label()), Spread.of(row.perSecond()).text(0), median(row, 50), median(row, 99),
                        median(row, 99.9), median(row, 100), row.allErrors(), ratio);
            }
        }
        add("</table></div>");
        if (result.plan().rounds() > 1) {
            add("<p>Medians of %d rounds, with the lowest and the highest.</p>", result.plan().rounds());
        }
    }

    private static String median(LoadResult.Row row, double percentile) {
        return micros(Spread.of(row.micros(percentile)).median());
    }

    private static String micros(double micros) {
        return Progress.time(Math.round(micros * LoadResult.NANOS_PER_MICRO));
    }

    private void errors() {
        for (Peer peer : result.peers()) {
            peer.chaos().ifPresent(chaos -> add("<p>%s: %s.</p>", escape(peer.label()), escape(chaos.text())));
            if (result.plan().check()) {
                add("<p%s>%s</p>", peer.findings().clean() ? "" : " class=\"error\"", escape(LoadTable.check(peer)));
                peer.findings().texts().forEach(text -> add("<p class=\"error\">%s</p>", escape(text)));
            }
            for (Measurement measurement : peer.measurements()) {
                measurement.texts().forEach(text -> add("<p class=\"error\">%s: %s</p>", escape(peer.label()), escape(text)));
                if (measurement.unsent() > 0) {
                    add("<p class=\"error\">%s: %,d operations of the timetable were never sent; their latencies are missing here.</p>",
                            escape(peer.label()), measurement.unsent());
                }
            }
        }
    }

    private void section(Optional<OperationKind> kind) {
        add("<section><h2>%s</h2>", kind.map(OperationKind::word).orElse("all operations"));
        Axis time = time();
        List<Line> rates = new ArrayList<>();
        List<Line> latencies = new ArrayList<>();
        for (int i = 0; i < result.peers().size(); i++) {
            rates.add(new Line(i, 0, "", over(i, interval -> of(interval, kind).operations() / interval.seconds(), false)));
            latencies.add(new Line(i, 0, "p50", over(i, interval -> of(interval, kind).p50(), true)));
            latencies.add(new Line(i, 1, "p99", over(i, interval -> of(interval, kind).p99(), true)));
            latencies.add(new Line(i, 2, "p99.9", over(i, interval -> of(interval, kind).p999(), true)));
        }
        add("<h3>Operations a second, by the second of the run</h3>");
        page.append(Chart.svg("operations a second over time", time, Axis.linear(highest(rates), RATE_TICKS, LoadHtml::count), marks(), rates,
                tips(kind)));
        add("<h3>Latency by the second of the run (logarithmic): p50 solid, p99 dashed, p99.9 dotted</h3>");
        page.append(Chart.svg("latency percentiles over time", time, nanos(latencies), marks(), latencies, tips(kind)));
        List<Line> distribution = new ArrayList<>();
        for (int i = 0; i < result.peers().size(); i++) {
            distribution.add(new Line(i, 0, "", List.of(distribution(new LoadResult.Row(result.peers().get(i), kind)))));
        }
        add("<h3>Latency by percentile, all rounds together (both axes logarithmic)</h3>");
        page.append(Chart.svg("latency by percentile", nines(), nanos(distribution), List.of(), distribution, percentileTips(kind)));
        add("</section>");
    }

    private List<Chart.Mark> marks() {
        List<Chart.Mark> marks = new ArrayList<>();
        for (int round = 0; round < result.plan().rounds() && result.plan().rounds() > 1; round++) {
            marks.add(new Chart.Mark(round * roundSeconds(), "round " + (round + 1)));
        }
        return marks;
    }

    private static Interval.Latencies of(Interval interval, Optional<OperationKind> kind) {
        return kind.map(interval.kinds()::get).orElseGet(interval::all);
    }

    /** Rounds one behind the other; those of two servers over each other, because they are compared. */
    private double roundSeconds() {
        return result.peers().stream().flatMap(peer -> peer.measurements().stream()).mapToDouble(Measurement::seconds).max().orElse(1) * (1 + GAP);
    }

    private Axis time() {
        double end = roundSeconds() * result.plan().rounds();
        Axis seconds = Axis.linear(end, TIME_TICKS, value -> LoadPlan.number(Math.round(value * 10) / 10.0) + " s");
        return new Axis(0, end, false, seconds.ticks().stream().filter(tick -> tick <= end).toList(), seconds.text());
    }

    /** @param positive leave out what is 0: a second without an operation has no latency */
    private List<List<Point>> over(int peer, ToDoubleFunction<Interval> number, boolean positive) {
        List<List<Point>> pieces = new ArrayList<>();
        List<Measurement> rounds = result.peers().get(peer).measurements();
        for (int round = 0; round < rounds.size(); round++) {
            List<Point> piece = new ArrayList<>();
            for (Interval interval : rounds.get(round).series()) {
                double value = number.applyAsDouble(interval);
                if (value > 0 || !positive) {
                    piece.add(new Point(round * roundSeconds() + interval.endSeconds(), value));
                }
            }
            pieces.add(piece);
        }
        return pieces;
    }

    private List<Tip> tips(Optional<OperationKind> kind) {
        List<Tip> tips = new ArrayList<>();
        for (int round = 0; round < result.plan().rounds(); round++) {
            int at = round;
            int seconds = result.peers().stream().mapToInt(peer -> peer.measurements().get(at).series().size()).max().orElse(0);
            for (int i = 0; i < seconds && tips.size() < TIPS_MAX; i++) {
                tips.add(tip(kind, round, i));
            }
        }
        return tips;
    }

    private Tip tip(Optional<OperationKind> kind, int round, int index) {
        StringBuilder text = new StringBuilder();
        double end = 0;
        double length = 0;
        for (Peer peer : result.peers()) {
            List<Interval> series = peer.measurements().get(round).series();
            if (index < series.size()) {
                Interval interval = series.get(index);
                Interval.Latencies latencies = of(interval, kind);
                end = Math.max(end, interval.endSeconds());
                length = Math.max(length, interval.seconds());
                text.append(String.format(Locale.ROOT, "%s%s: %,.0f/s, p50 %s, p99 %s, p99.9 %s", text.isEmpty() ? "" : "\n", peer.label(),
                        latencies.operations() / interval.seconds(), Progress.time(latencies.p50()), Progress.time(latencies.p99()),
                        Progress.time(latencies.p999())));
            }
        }
        double from = round * roundSeconds() + end - length;
        return new Tip(from, from + length, String.format(Locale.ROOT, "round %d, %.1f s%n%s", round + 1, end, text));
    }

    /** Equal steps for 90 %, 99 %, 99.9 %, … */
    private static double nines(double percentile) {
        return Math.min(NINES_MAX, -Math.log10(Math.max(1e-12, 1 - percentile / 100)));
    }

    private static Axis nines() {
        List<Double> marks = List.of(0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999);
        return new Axis(0, NINES_MAX, false, marks.stream().map(LoadHtml::nines).toList(), value -> LoadPlan.number(
                marks.stream().min((a, b) -> Double.compare(Math.abs(nines(a) - value), Math.abs(nines(b) - value))).orElseThrow()) + " %");
    }

    private static List<Point> distribution(LoadResult.Row row) {
        Histogram together = together(row);
        List<Point> points = new ArrayList<>();
        for (HistogramIterationValue value : together.percentiles(PERCENTILE_TICKS)) {
            if (value.getValueIteratedTo() > 0) {
                points.add(new Point(nines(value.getPercentileLevelIteratedTo()), value.getValueIteratedTo()));
            }
        }
        return points;
    }

    private static Histogram together(LoadResult.Row row) {
        Histogram together = Meter.histogram();
        row.peer().measurements().forEach(measurement -> together.add(row.histogram(measurement)));
        return together;
    }

    private List<Tip> percentileTips(Optional<OperationKind> kind) {
        List<Histogram> histograms = result.peers().stream().map(peer -> together(new LoadResult.Row(peer, kind))).toList();
        List<Tip> tips = new ArrayList<>();
        for (int i = 0; i < PERCENTILE_TIPS; i++) {
            double middle = (i + 0.5) * NINES_MAX / PERCENTILE_TIPS;
            double percentile = 100 * (1 - Math.pow(10, -middle));
            StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%.5g %%", percentile));
            for (int p = 0; p < histograms.size(); p++) {
                text.append('\n').append(result.peers().get(p).label()).append(": ")
                        .append(Progress.time(histograms.get(p).getValueAtPercentile(percentile)));
            }
            tips.add(new Tip(i * NINES_MAX / PERCENTILE_TIPS, (i + 1) * NINES_MAX / PERCENTILE_TIPS, text.toString()));
        }
        return tips;
    }

    private static double highest(List<Line> lines) {
        return values(lines).max().orElse(1);
    }

    private static Axis nanos(List<Line> lines) {
        return Axis.logarithmic(values(lines).min().orElse(1_000), values(lines).max().orElse(1_000_000), LoadHtml::tick);
    }

    private static DoubleStream values(List<Line> lines) {
        return lines.stream().flatMap(line -> line.pieces().stream()).flatMap(List::stream).mapToDouble(Point::y);
    }

    /** Ticks are round numbers. */
    private static String tick(double nanos) {
        return nanos < 1e3 ? LoadPlan.number(nanos) + " ns" : nanos < 1e6 ? LoadPlan.number(Math.rint(nanos / 1e3)) + " µs"
                : nanos < 1e9 ? LoadPlan.number(Math.rint(nanos / 1e6)) + " ms" : LoadPlan.number(Math.rint(nanos / 1e9)) + " s";
    }

    private static String count(double value) {
        return value < 1e6 ? String.format(Locale.ROOT, "%,.0f", value) : String.format(Locale.ROOT, "%.1f M", value / 1e6);
    }

    private void foot() throws IOException {
        add("<h2>How it was measured</h2>%n<p><code>%s</code></p>", escape(result.plan().command()));
        add("<dl>");
        for (Map.Entry<String, String> fact : result.environment().entrySet()) {
            add("<dt>%s</dt><dd>%s</dd>", escape(fact.getKey()), escape(fact.getValue()));
        }
        add("</dl>");
        // A text in the data could look like the data's end.
        page.append("<script type=\"application/json\" id=\"data\">").append(LoadJson.text(result).replace("<", "\\u003c")).append("</script>\n");
        add("</body></html>");
    }
}
