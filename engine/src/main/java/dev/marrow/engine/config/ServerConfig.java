package dev.marrow.engine.config;

import dev.marrow.wal.Durability;
import dev.marrow.wal.LogWriterOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * All settings of a server. Immutable: CONFIG SET makes another one.
 *
 * @param port 0: any free port
 * @param bind IP addresses to listen on, at least one
 * @param dir data directory
 * @param durability when a write is acknowledged (I2)
 * @param capacity keys that the table is sized for
 * @param memoryBytes budget for records; taken slab by slab as the data grows
 * @param tierTwoBytes budget for values that are longer than a record, 0: there are none
 * @param valueBytesMax longest value, at most 512 MB
 * @param ringBytes size of the redo ring, a power of two
 * @param eventLoops threads that serve connections
 * @param busyPollMicros how long each of them looks for work at most before it sleeps; 0: not at all
 * @param onHost whether clients on this machine are served inside their own send()
 * @param logSegmentBytes size of a file of the log; it is filled with zeros when it is made
 * @param checkpointMinBytes a log smaller than this is not compacted because of its size
 * @param checkpointPercentage a log that is larger than this share of the last checkpoint is compacted, 0: never for its size
 * @param checkpointIntervalSeconds a checkpoint older than this is followed by another if anything changed, 0: never for its age
 * @param checkpointRateBytes most bytes a second that a checkpoint writes, 0: no bound
 * @param requirepass password of the default user, empty: none is asked for
 * @param maxclients connections served at once
 * @param timeoutSeconds idle time after which a connection is closed, 0: never
 * @param stallTimeoutMillis how long a write waits for ring space or memory before it fails: the named time of I1
 * @param clientQueryBufferLimit most bytes of one unfinished command (I10)
 * @param diagnostics what the server remembers and tells about itself
 * @param configFile the file that some of this was read from
 * @param clientOutputBufferLimit most bytes of replies that wait for one client (I10)
 */
public record ServerConfig(
        int port,
        List<String> bind,
        Path dir,
        Durability durability,
        long capacity,
        long memoryBytes,
        long tierTwoBytes,
        long valueBytesMax,
        long ringBytes,
        int eventLoops,
        int busyPollMicros,
        boolean onHost,
        long logSegmentBytes,
        long checkpointMinBytes,
        int checkpointPercentage,
        int checkpointIntervalSeconds,
        long checkpointRateBytes,
        String requirepass,
        int maxclients,
        int timeoutSeconds,
        long stallTimeoutMillis,
        long clientQueryBufferLimit,
        long clientOutputBufferLimit,
        DiagnosticsConfig diagnostics,
        Optional<Path> configFile) {

    public ServerConfig {
        bind = List.copyOf(bind);
    }

    public static ServerConfig defaults() {
        return new Builder().build();
    }

    public boolean authenticationRequired() {
        return !requirepass.isEmpty();
    }

    /** This configuration with one option changed; the name is Marrow's or Redis's, in any case. */
    public ServerConfig with(String name, String value) throws ConfigException {
        Builder builder = toBuilder();
        builder.set("option", name, value);
        return builder.build();
    }

    public Builder toBuilder() {
        Builder b = new Builder();
        b.port = port;
        b.bind = bind;
        b.dir = dir;
        b.durability = durability;
        b.capacity = capacity;
        b.memoryBytes = memoryBytes;
        b.tierTwoBytes = tierTwoBytes;
        b.valueBytesMax = valueBytesMax;
        b.ringBytes = ringBytes;
        b.eventLoops = eventLoops;
        b.busyPollMicros = busyPollMicros;
        b.onHost = onHost;
        b.logSegmentBytes = logSegmentBytes;
        b.checkpointMinBytes = checkpointMinBytes;
        b.checkpointPercentage = checkpointPercentage;
        b.checkpointIntervalSeconds = checkpointIntervalSeconds;
        b.checkpointRateBytes = checkpointRateBytes;
        b.requirepass = requirepass;
        b.maxclients = maxclients;
        b.timeoutSeconds = timeoutSeconds;
        b.stallTimeoutMillis = stallTimeoutMillis;
        b.clientQueryBufferLimit = clientQueryBufferLimit;
        b.clientOutputBufferLimit = clientOutputBufferLimit;
        b.diagnostics = diagnostics;
        b.configFile = configFile;
        return b;
    }

    /** Starts from the defaults; options set later win. */
    public static final class Builder {
        int port = 6379;
        List<String> bind = List.of("127.0.0.1");
        Path dir = Path.of("marrow-data");
        Durability durability = Durability.ALWAYS;
        long capacity = 1_000_000;
        long memoryBytes = 1L << 30;
        long tierTwoBytes = 1L << 30;
        long valueBytesMax = 512L << 20;
        long ringBytes = 16L << 20;
        int eventLoops = 1;
        int busyPollMicros = 50;
        boolean onHost = true;
        long logSegmentBytes = LogWriterOptions.SEGMENT_BYTES_DEFAULT;
        long checkpointMinBytes = 256L << 20;
        int checkpointPercentage = 100;
        int checkpointIntervalSeconds = 3600;
        long checkpointRateBytes = 64L << 20;
        String requirepass = "";
        int maxclients = 10_000;
        int timeoutSeconds;
        long stallTimeoutMillis = 5_000;
        long clientQueryBufferLimit = 64L << 20;
        long clientOutputBufferLimit = 64L << 20;
        DiagnosticsConfig diagnostics = DiagnosticsConfig.DEFAULTS;
        Optional<Path> configFile = Optional.empty();

        /**
         * @param where what the error message calls the place of this setting: "--port", "marrow.conf:3"
         * @throws ConfigException the name is unknown, or the value not allowed
         */
        public Builder set(String where, String name, String value) throws ConfigException {
            ConfigOption option = ConfigOption.named(name)
                    .orElseThrow(() -> new ConfigException(where + ": unknown option '" + name + "'"));
            option.set(this, where, value);
            return this;
        }

        public ServerConfig build() {
            return new ServerConfig(port, bind, dir, durability, capacity, memoryBytes, tierTwoBytes, valueBytesMax, ringBytes, eventLoops, busyPollMicros, onHost,
                    logSegmentBytes, checkpointMinBytes, checkpointPercentage, checkpointIntervalSeconds, checkpointRateBytes, requirepass,
                    maxclients, timeoutSeconds, stallTimeoutMillis, clientQueryBufferLimit, clientOutputBufferLimit, diagnostics, configFile);
        }
    }
}
