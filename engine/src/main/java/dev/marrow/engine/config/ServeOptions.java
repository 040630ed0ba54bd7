package dev.marrow.engine.config;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * The options of {@code marrow serve}, to be mixed into a picocli command. Values stay text until {@link #toConfig}, so
 * that command line, file and CONFIG SET are checked by the same rules and worded alike.
 */
public final class ServeOptions {
    private final Map<String, String> given = new LinkedHashMap<>();
    private Optional<Path> file = Optional.empty();

    @Option(names = "--port", paramLabel = "N", description = "TCP port, 0 for any free one (default 6379).")
    void port(String value) {
        given.put("port", value);
    }

    @Option(names = "--bind", paramLabel = "ADDRESS",
            description = "Address to listen on; may be repeated or hold several with commas (default 127.0.0.1).")
    void bind(List<String> values) {
        given.put("bind", String.join(",", values));
    }

    @Option(names = "--dir", paramLabel = "DIR", description = "Data directory (default ./marrow-data).")
    void dir(String value) {
        given.put("dir", value);
    }

    @Option(names = "--durability", paramLabel = "MODE",
            description = "always: acknowledge a write after its record is synced; everysec: at once, synced every second"
                    + " (default always).")
    void durability(String value) {
        given.put("durability", value);
    }

    @Option(names = "--capacity", paramLabel = "KEYS", description = "Keys the table is sized for (default 1000000).")
    void capacity(String value) {
        given.put("capacity", value);
    }

    @Option(names = "--memory", paramLabel = "SIZE", description = "Memory for records, like 512mb or 2gb (default 1gb).")
    void memory(String value) {
        given.put("memory", value);
    }

    @Option(names = "--tier-two", paramLabel = "SIZE",
            description = "Disk and mapped memory for values of more than 64 KiB, 0: none are taken (default 1gb).")
    void tierTwo(String value) {
        given.put("tier-two", value);
    }

    @Option(names = "--proto-max-bulk-len", paramLabel = "SIZE", description = "Longest value, up to 512mb (default 512mb).")
    void protoMaxBulkLen(String value) {
        given.put("proto-max-bulk-len", value);
    }

    @Option(names = "--ring", paramLabel = "SIZE", description = "Size of the redo ring, a power of two (default 16mb).")
    void ring(String value) {
        given.put("ring", value);
    }

    @Option(names = "--event-loops", paramLabel = "N", description = "Threads that serve connections (default 1).")
    void eventLoops(String value) {
        given.put("event-loops", value);
    }

    @Option(names = "--busy-poll", paramLabel = "MICROSECONDS",
            description = "How long each of them looks for work before it sleeps, at most; 0: not at all (default 50).")
    void busyPoll(String value) {
        given.put("busy-poll", value);
    }

    @Option(names = "--on-host", paramLabel = "on|off",
            description = "Serve clients of this machine inside their own send() (default on).")
    void onHost(String value) {
        given.put("on-host", value);
    }

    @Option(names = "--log-segment-size", paramLabel = "SIZE", description = "Size of a file of the log, a power of two (default 64mb).")
    void logSegmentSize(String value) {
        given.put("log-segment-size", value);
    }

    @Option(names = "--checkpoint-min-size", paramLabel = "SIZE",
            description = "Compact the log when it has at least this size and --checkpoint-percentage (default 256mb).")
    void checkpointMinSize(String value) {
        given.put("checkpoint-min-size", value);
    }

    @Option(names = "--checkpoint-percentage", paramLabel = "N",
            description = "... and is larger than this share of the last checkpoint; 0: never for its size (default 100).")
    void checkpointPercentage(String value) {
        given.put("checkpoint-percentage", value);
    }

    @Option(names = "--checkpoint-interval", paramLabel = "SECONDS",
            description = "Compact the log when the last checkpoint is so old and something has changed, 0: never for its age (default 3600).")
    void checkpointInterval(String value) {
        given.put("checkpoint-interval", value);
    }

    @Option(names = "--checkpoint-rate", paramLabel = "SIZE",
            description = "Most bytes a second that a checkpoint writes, 0: as fast as the machine allows (default 64mb).")
    void checkpointRate(String value) {
        given.put("checkpoint-rate", value);
    }

    @Option(names = "--requirepass", paramLabel = "PASSWORD", description = "Clients must AUTH with this password.")
    void requirepass(String value) {
        given.put("requirepass", value);
    }

    @Option(names = "--maxclients", paramLabel = "N", description = "Connections served at once (default 10000).")
    void maxclients(String value) {
        given.put("maxclients", value);
    }

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Close a connection idle for so long, 0: never (default 0).")
    void timeout(String value) {
        given.put("timeout", value);
    }

    @Option(names = "--stall-timeout", paramLabel = "MS",
            description = "How long a write waits for log or memory space before it fails (default 5000).")
    void stallTimeout(String value) {
        given.put("stall-timeout", value);
    }

    @Option(names = "--client-query-buffer-limit", paramLabel = "SIZE",
            description = "Most bytes of one unfinished command (default 64mb).")
    void clientQueryBufferLimit(String value) {
        given.put("client-query-buffer-limit", value);
    }

    @Option(names = "--client-output-buffer-limit", paramLabel = "SIZE",
            description = "Most bytes of replies that wait for one client (default 64mb).")
    void clientOutputBufferLimit(String value) {
        given.put("client-output-buffer-limit", value);
    }

    @Option(names = "--slowlog-log-slower-than", paramLabel = "MICROSECONDS",
            description = "Keep commands that take at least so long in the slow log, -1: none (default 10000).")
    void slowlogLogSlowerThan(String value) {
        given.put("slowlog-log-slower-than", value);
    }

    @Option(names = "--slowlog-max-len", paramLabel = "N", description = "Entries of the slow log (default 128).")
    void slowlogMaxLen(String value) {
        given.put("slowlog-max-len", value);
    }

    @Option(names = "--latency-monitor-threshold", paramLabel = "MS",
            description = "Record what takes at least so long for LATENCY, 0: nothing (default 0).")
    void latencyMonitorThreshold(String value) {
        given.put("latency-monitor-threshold", value);
    }

    @Option(names = "--enable-debug-command", paramLabel = "no|local|yes", description = "Who may use DEBUG (default no).")
    void enableDebugCommand(String value) {
        given.put("enable-debug-command", value);
    }

    @Option(names = "--config", paramLabel = "FILE",
            description = "Configuration file: a name and a value a line, as above without the dashes; the command line wins.")
    void config(Path value) {
        file = Optional.of(value);
    }

    /** Defaults, then the file, then the command line. */
    public ServerConfig toConfig() throws ConfigException {
        ServerConfig.Builder builder = new ServerConfig.Builder();
        if (file.isPresent()) {
            ConfigFile.read(file.get()).applyTo(builder);
            builder.configFile = Optional.of(file.get().toAbsolutePath());
        }
        for (Map.Entry<String, String> option : given.entrySet()) {
            builder.set("--" + option.getKey(), option.getKey(), option.getValue());
        }
        return builder.build();
    }
}
