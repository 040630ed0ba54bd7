package dev.marrow.engine.config;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.wal.Durability;
import dev.marrow.wal.LogWriterOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * The options by name: on the command line, in the file, in CONFIG GET and CONFIG SET. Where Redis has a name for the
 * same thing, both are understood. Each limit stands here, once.
 */
public enum ConfigOption {
    PORT("port", "", false, c -> Integer.toString(c.port()), (b, v) -> b.port = (int) integer(v, 0, 65_535)),
    BIND("bind", "", false, c -> String.join(" ", c.bind()), (b, v) -> b.bind = addresses(v)),
    DIR("dir", "", false, c -> c.dir().toString(), (b, v) -> b.dir = path(v)),
    DURABILITY("durability", "appendfsync", true, c -> lower(c.durability().name()), (b, v) -> b.durability = durability(v)),
    CAPACITY("capacity", "", false, c -> Long.toString(c.capacity()),
            (b, v) -> b.capacity = integer(v, StoreGeometry.CAPACITY_MIN, 4_000_000_000L)),
    MEMORY("memory", "maxmemory", false, c -> Long.toString(c.memoryBytes()),
            (b, v) -> b.memoryBytes = size(v, 16L << 20, (long) Abi.SLABS_MAX * Abi.BLOCKS_PER_SLAB * Abi.BLOCK_BYTES)),
    TIER_TWO("tier-two", "", false, c -> Long.toString(c.tierTwoBytes()), (b, v) -> b.tierTwoBytes = sizeOrNothing(v, 16L << 20, 1L << 42)),
    PROTO_MAX_BULK_LEN("proto-max-bulk-len", "", true, c -> Long.toString(c.valueBytesMax()),
            (b, v) -> b.valueBytesMax = size(v, Abi.VALUE_BYTES_MAX, 512L << 20)),
    RING("ring", "", false, c -> Long.toString(c.ringBytes()), (b, v) -> b.ringBytes = powerOfTwo(v, 256L << 10, 1L << 30)),
    EVENT_LOOPS("event-loops", "", false, c -> Integer.toString(c.eventLoops()), (b, v) -> b.eventLoops = (int) integer(v, 1, 64)),
    BUSY_POLL("busy-poll", "", false, c -> Integer.toString(c.busyPollMicros()), (b, v) -> b.busyPollMicros = (int) integer(v, 0, 1_000)),
    ON_HOST("on-host", "", false, c -> c.onHost() ? "on" : "off", (b, v) -> b.onHost = onOrOff(v)),
    LOG_SEGMENT_SIZE("log-segment-size", "", false, c -> Long.toString(c.logSegmentBytes()),
            (b, v) -> b.logSegmentBytes = powerOfTwo(v, LogWriterOptions.SEGMENT_BYTES_MIN, LogWriterOptions.SEGMENT_BYTES_MAX)),
    CHECKPOINT_MIN_SIZE("checkpoint-min-size", "auto-aof-rewrite-min-size", true, c -> Long.toString(c.checkpointMinBytes()),
            (b, v) -> b.checkpointMinBytes = size(v, 1L << 20, 1L << 50)),
    CHECKPOINT_PERCENTAGE("checkpoint-percentage", "auto-aof-rewrite-percentage", true, c -> Integer.toString(c.checkpointPercentage()),
            (b, v) -> b.checkpointPercentage = (int) integer(v, 0, 1_000_000)),
    CHECKPOINT_INTERVAL("checkpoint-interval", "", true, c -> Integer.toString(c.checkpointIntervalSeconds()),
            (b, v) -> b.checkpointIntervalSeconds = (int) integer(v, 0, Integer.MAX_VALUE)),
    CHECKPOINT_RATE("checkpoint-rate", "", true, c -> Long.toString(c.checkpointRateBytes()),
            (b, v) -> b.checkpointRateBytes = size(v, 0, 1L << 50)),
    REQUIREPASS("requirepass", "", true, ServerConfig::requirepass, (b, v) -> b.requirepass = v),
    MAXCLIENTS("maxclients", "", true, c -> Integer.toString(c.maxclients()), (b, v) -> b.maxclients = (int) integer(v, 1, 1_000_000)),
    TIMEOUT("timeout", "", true, c -> Integer.toString(c.timeoutSeconds()),
            (b, v) -> b.timeoutSeconds = (int) integer(v, 0, Integer.MAX_VALUE)),
    STALL_TIMEOUT("stall-timeout", "", true, c -> Long.toString(c.stallTimeoutMillis()),
            (b, v) -> b.stallTimeoutMillis = integer(v, 1, 3_600_000)),
    CLIENT_QUERY_BUFFER_LIMIT("client-query-buffer-limit", "", true, c -> Long.toString(c.clientQueryBufferLimit()),
            (b, v) -> b.clientQueryBufferLimit = size(v, 1L << 20, 1L << 30)),
    CLIENT_OUTPUT_BUFFER_LIMIT("client-output-buffer-limit", "", true, c -> "normal " + c.clientOutputBufferLimit() + " 0 0",
            (b, v) -> b.clientOutputBufferLimit = outputLimit(v)),
    SLOWLOG_LOG_SLOWER_THAN("slowlog-log-slower-than", "", true, c -> Long.toString(c.diagnostics().slowlogLogSlowerThanMicros()),
            (b, v) -> b.diagnostics = b.diagnostics.withSlowlogLogSlowerThanMicros(integer(v, -1, Long.MAX_VALUE))),
    SLOWLOG_MAX_LEN("slowlog-max-len", "", true, c -> Integer.toString(c.diagnostics().slowlogMaxLen()),
            (b, v) -> b.diagnostics = b.diagnostics.withSlowlogMaxLen((int) integer(v, 0, 16_384))),
    LATENCY_MONITOR_THRESHOLD("latency-monitor-threshold", "", true, c -> Long.toString(c.diagnostics().latencyMonitorThresholdMillis()),
            (b, v) -> b.diagnostics = b.diagnostics.withLatencyMonitorThresholdMillis(integer(v, 0, Long.MAX_VALUE))),
    ENABLE_DEBUG_COMMAND("enable-debug-command", "", false, c -> lower(c.diagnostics().debug().name()),
            (b, v) -> b.diagnostics = b.diagnostics.withDebug(debug(v))),

    // What a Redis client may look for and what cannot be otherwise here: only this one value is accepted, and by
    // CONFIG SET where Redis itself could change it.
    SAVE("save", "", true),
    APPENDONLY("appendonly", "yes", true),
    DATABASES("databases", "1", false),
    MAXMEMORY_POLICY("maxmemory-policy", "noeviction", true),
    CLUSTER_ENABLED("cluster-enabled", "no", false),
    IO_THREADS("io-threads", "1", false);

    /** Why a value is refused, worded to follow an option's name. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String reason) {
            super(reason);
        }
    }

    @FunctionalInterface
    private interface Setter {
        void set(ServerConfig.Builder builder, String value) throws Refused;
    }

    private final String optionName;
    private final String redisName;
    private final boolean changeable;
    private final Function<ServerConfig, String> getter;
    private final Setter setter;

    ConfigOption(String name, String redisName, boolean changeable, Function<ServerConfig, String> getter, Setter setter) {
        this.optionName = name;
        this.redisName = redisName.isEmpty() ? name : redisName;
        this.changeable = changeable;
        this.getter = getter;
        this.setter = setter;
    }

    ConfigOption(String name, String only, boolean changeable) {
        this(name, "", changeable, config -> only, (builder, value) -> requireOnly(only, value));
    }

    /** By Marrow's name or Redis's, in any case. */
    public static Optional<ConfigOption> named(String name) {
        return Arrays.stream(values()).filter(o -> o.names().contains(lower(name))).findFirst();
    }

    /** One name, or Marrow's and Redis's. */
    public List<String> names() {
        return optionName.equals(redisName) ? List.of(optionName) : List.of(optionName, redisName);
    }

    /** Whether CONFIG SET may change it while the server runs. */
    public boolean changeable() {
        return changeable;
    }

    /** In the form of CONFIG GET: sizes in bytes. */
    public String get(ServerConfig config) {
        return getter.apply(config);
    }

    void set(ServerConfig.Builder builder, String where, String value) throws ConfigException {
        try {
            setter.set(builder, value);
        } catch (Refused refused) {
            throw new ConfigException(where, optionName, value, refused.getMessage());
        }
    }

    private static void requireOnly(String only, String value) throws Refused {
        if (!value.equalsIgnoreCase(only)) {
            throw new Refused("must be '" + only + "': nothing else is possible here");
        }
    }

    private static long integer(String value, long min, long max) throws Refused {
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // answered below: the same sentence tells what is allowed
        }
        throw new Refused("must be between " + min + " and " + max + " inclusive");
    }

    private static long size(String value, long min, long max) throws Refused {
        return MemorySize.parse(value)
                .filter(bytes -> bytes >= min && bytes <= max)
                .orElseThrow(() -> new Refused("must be a memory value (like 512mb or 2gb) between " + min + " and " + max + " bytes"));
    }

    private static long sizeOrNothing(String value, long min, long max) throws Refused {
        return MemorySize.parse(value).filter(bytes -> bytes == 0).isPresent() ? 0 : size(value, min, max);
    }

    private static long powerOfTwo(String value, long min, long max) throws Refused {
        long bytes = size(value, min, max);
        if (Long.bitCount(bytes) != 1) {
            throw new Refused("must be a power of two between " + min + " and " + max + " bytes");
        }
        return bytes;
    }

    /** A size, or Redis's four words of which only the hard limit of normal clients means something here. */
    private static long outputLimit(String value) throws Refused {
        String[] words = value.strip().split("\\s+");
        boolean redisForm = words.length == 4 && words[0].equalsIgnoreCase("normal");
        return size(redisForm ? words[1] : value, 1L << 20, 1L << 30);
    }

    private static Durability durability(String value) throws Refused {
        return switch (lower(value)) {
            case "always" -> Durability.ALWAYS;
            case "everysec" -> Durability.EVERYSEC;
            default -> throw new Refused("must be one of the following: everysec, always");
        };
    }

    private static DiagnosticsConfig.Debug debug(String value) throws Refused {
        return switch (lower(value)) {
            case "no" -> DiagnosticsConfig.Debug.NO;
            case "local" -> DiagnosticsConfig.Debug.LOCAL;
            case "yes" -> DiagnosticsConfig.Debug.YES;
            default -> throw new Refused("must be one of the following: no, yes, local");
        };
    }

    private static boolean onOrOff(String value) throws Refused {
        return switch (lower(value)) {
            case "on", "yes" -> true;
            case "off", "no" -> false;
            default -> throw new Refused("must be on or off");
        };
    }

    private static Path path(String value) throws Refused {
        if (value.isBlank() || value.indexOf(0) >= 0) {
            throw new Refused("must be a path");
        }
        return Path.of(value);
    }

    private static List<String> addresses(String value) throws Refused {
        List<String> words = Arrays.stream(value.split("[\\s,]+")).filter(word -> !word.isEmpty()).distinct().toList();
        if (words.isEmpty() || !words.stream().allMatch(BindAddress::isLiteral)) {
            throw new Refused("must be IP addresses separated by commas or spaces");
        }
        return words;
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
