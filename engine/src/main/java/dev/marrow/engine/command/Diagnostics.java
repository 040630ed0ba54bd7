package dev.marrow.engine.command;

import dev.marrow.engine.config.DiagnosticsConfig;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;

/** What a server remembers of the commands that Java executed: statistics, the slow ones, the latencies. One a server; thread-safe. */
public final class Diagnostics {
    private final CommandStatistics statistics = new CommandStatistics();
    private final SlowLog slowLog = new SlowLog();
    private final LatencyMonitor latency = new LatencyMonitor();

    CommandStatistics statistics() {
        return statistics;
    }

    SlowLog slowLog() {
        return slowLog;
    }

    LatencyMonitor latency() {
        return latency;
    }

    /** A command was executed, and its reply, if it has one already, is {@code out} from {@code start} on. */
    void executed(ServerControl control, Session session, CommandSpec spec, List<byte[]> arguments, long micros, ReplyWriter out, int start) {
        statistics.executed(spec, micros, errorText(out, start));
        DiagnosticsConfig config = control.config().diagnostics();
        long timeSeconds = control.clock().millis() / 1000;
        if (config.slowlogLogSlowerThanMicros() >= 0 && micros >= config.slowlogLogSlowerThanMicros() && !spec.flags().contains("skip_slowlog")) {
            slowLog.add(timeSeconds, micros, Redaction.of(spec, arguments), session, config.slowlogMaxLen());
        }
        if (config.latencyMonitorThresholdMillis() > 0 && micros / 1000 >= config.latencyMonitorThresholdMillis()) {
            latency.add(spec.flags().contains("fast") ? "fast-command" : "command", timeSeconds, micros / 1000);
        }
    }

    private static String errorText(ReplyWriter out, int start) {
        return out.size() > start && out.byteAt(start) == '-' ? Words.text(out.toByteArray(start + 1)) : "";
    }
}
