package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** LATENCY. */
final class LatencyCommands {
    private static final int GRAPH_COLUMNS_MAX = 80;
    private static final int GRAPH_ROWS = 4;

    private final LatencyMonitor monitor;
    private final ServerControl control;

    LatencyCommands(LatencyMonitor monitor, ServerControl control) {
        this.monitor = monitor;
        this.control = control;
    }

    void latest(ReplyWriter out) {
        Map<String, LatencyMonitor.History> all = monitor.all();
        out.array(all.size());
        all.forEach((event, history) -> out.array(4).bulk(event).integer(history.latest().timeSeconds()).integer(history.latest().millis())
                .integer(history.millisMax()));
    }

    void history(List<byte[]> arguments, ReplyWriter out) {
        List<LatencyMonitor.Sample> samples = monitor.history(Words.text(arguments.get(2))).map(LatencyMonitor.History::samples).orElse(List.of());
        out.array(samples.size());
        samples.forEach(sample -> out.array(2).integer(sample.timeSeconds()).integer(sample.millis()));
    }

    void reset(List<byte[]> arguments, ReplyWriter out) {
        out.integer(arguments.size() == 2 ? monitor.resetAll()
                : arguments.stream().skip(2).filter(event -> monitor.reset(Words.text(event))).count());
    }

    /** One column a sample, the newest at the right; the taller, the longer it took. */
    void graph(List<byte[]> arguments, ReplyWriter out) {
        String event = Words.text(arguments.get(2));
        Optional<LatencyMonitor.History> history = monitor.history(event);
        if (history.isEmpty()) {
            out.error("ERR No samples available for event '" + Words.cString(arguments.get(2)) + "'");
            return;
        }
        List<LatencyMonitor.Sample> all = history.get().samples();
        List<LatencyMonitor.Sample> shown = all.subList(Math.max(0, all.size() - GRAPH_COLUMNS_MAX), all.size());
        long high = shown.stream().mapToLong(LatencyMonitor.Sample::millis).max().orElse(0);
        long low = shown.stream().mapToLong(LatencyMonitor.Sample::millis).min().orElse(0);
        StringBuilder text = new StringBuilder(event + " - high " + high + " ms, low " + low + " ms (all time high " + history.get().millisMax()
                + " ms)\n" + "-".repeat(GRAPH_COLUMNS_MAX) + "\n");
        for (int row = GRAPH_ROWS; row > 0; row--) {
            for (LatencyMonitor.Sample sample : shown) {
                long height = high == low ? GRAPH_ROWS : 1 + (sample.millis() - low) * (GRAPH_ROWS - 1) / (high - low);
                text.append(height >= row ? '#' : ' ');
            }
            text.append('\n');
        }
        out.verbatim(text.toString());
    }

    void doctor(ReplyWriter out) {
        long threshold = control.config().diagnostics().latencyMonitorThresholdMillis();
        Map<String, LatencyMonitor.History> all = monitor.all();
        StringBuilder text = new StringBuilder();
        if (threshold == 0) {
            text.append("Latency monitoring is off. \"CONFIG SET latency-monitor-threshold <milliseconds>\" turns it on.\n");
        }
        if (all.isEmpty()) {
            text.append("No latency has been recorded.\n");
        }
        all.forEach((event, history) -> text.append(event).append(": ").append(history.samples().size()).append(" spikes, the latest ")
                .append(history.latest().millis()).append(" ms, the worst ").append(history.millisMax())
                .append(" ms. SLOWLOG GET shows which commands were slow.\n"));
        out.verbatim(text.toString());
    }
}
