package dev.marrow.engine.config;

/**
 * Settings of what a server tells about itself.
 *
 * @param slowlogLogSlowerThanMicros a command that takes at least so long is kept in the slow log; negative: none is
 * @param slowlogMaxLen entries of the slow log
 * @param latencyMonitorThresholdMillis what takes at least so long is recorded by the latency monitor; 0: nothing is
 * @param debug who may use DEBUG
 */
public record DiagnosticsConfig(long slowlogLogSlowerThanMicros, int slowlogMaxLen, long latencyMonitorThresholdMillis, Debug debug) {
    /** Values of enable-debug-command. */
    public enum Debug { NO, LOCAL, YES }

    public static final DiagnosticsConfig DEFAULTS = new DiagnosticsConfig(10_000, 128, 0, Debug.NO);

    DiagnosticsConfig withSlowlogLogSlowerThanMicros(long value) {
        return new DiagnosticsConfig(value, slowlogMaxLen, latencyMonitorThresholdMillis, debug);
    }

    DiagnosticsConfig withSlowlogMaxLen(int value) {
        return new DiagnosticsConfig(slowlogLogSlowerThanMicros, value, latencyMonitorThresholdMillis, debug);
    }

    DiagnosticsConfig withLatencyMonitorThresholdMillis(long value) {
        return new DiagnosticsConfig(slowlogLogSlowerThanMicros, slowlogMaxLen, value, debug);
    }

    DiagnosticsConfig withDebug(Debug value) {
        return new DiagnosticsConfig(slowlogLogSlowerThanMicros, slowlogMaxLen, latencyMonitorThresholdMillis, value);
    }
}
