package dev.marrow.engine.command;

import dev.marrow.engine.config.ConfigOption;
import dev.marrow.engine.config.ServerConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The text of INFO: Redis's sections and field names where the thing exists here, and a section of Marrow's own. */
final class ServerInfo {
    /** The Redis whose replies and error texts are followed; clients choose their commands by it. */
    static final String REDIS_VERSION = "7.0.15";

    private static final List<String> EVERYTHING = List.of("all", "everything");
    /** Long, and shown to those who ask only. */
    private static final Set<String> NOT_BY_DEFAULT = Set.of("Commandstats");

    private final ServerControl control;
    private final ServerConfig config;
    private final StoreInfo store;
    /** As of one moment: two sections tell of it. */
    private final CheckpointInfo checkpoint;
    private final long keys;
    private final StringBuilder text = new StringBuilder();

    /** @param keys as observed by the asking session (I3) */
    ServerInfo(ServerControl control, StoreInfo store, long keys) {
        this.control = control;
        this.config = control.config();
        this.store = store;
        this.checkpoint = control.checkpoint();
        this.keys = keys;
    }

    /** @param wanted names of sections in lower case, none: all; unknown ones are ignored, as Redis does */
    String text(List<String> wanted) {
        Map<String, Consumer<ServerInfo>> sections = new LinkedHashMap<>();
        sections.put("Server", ServerInfo::server);
        sections.put("Clients", ServerInfo::clients);
        sections.put("Memory", ServerInfo::memory);
        sections.put("Persistence", ServerInfo::persistence);
        sections.put("Stats", ServerInfo::stats);
        sections.put("Replication", ServerInfo::replication);
        sections.put("CPU", ServerInfo::cpu);
        sections.put("Modules", info -> {});
        sections.put("Commandstats", ServerInfo::commandStatistics);
        sections.put("Errorstats", ServerInfo::errorStatistics);
        sections.put("Cluster", info -> info.field("cluster_enabled", 0));
        sections.put("Keyspace", ServerInfo::keyspace);
        sections.put("Marrow", ServerInfo::marrow);
        boolean every = wanted.stream().anyMatch(EVERYTHING::contains);
        boolean byDefault = wanted.isEmpty() || wanted.contains("default");
        sections.forEach((name, section) -> {
            if (every || byDefault && !NOT_BY_DEFAULT.contains(name) || wanted.contains(name.toLowerCase(Locale.ROOT))) {
                text.append(text.isEmpty() ? "" : "\r\n").append("# ").append(name).append("\r\n");
                section.accept(this);
            }
        });
        return text.toString();
    }

    private void server() {
        long now = control.clock().millis();
        long uptime = Math.max(0, now - control.startTimeMillis()) / 1000;
        field("redis_version", REDIS_VERSION);
        field("redis_mode", "standalone");
        field("os", System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
        field("arch_bits", 64);
        field("process_id", ProcessHandle.current().pid());
        field("run_id", control.runId());
        field("tcp_port", control.port());
        field("server_time_usec", now * 1000);
        field("uptime_in_seconds", uptime);
        field("uptime_in_days", uptime / 86_400);
        field("io_threads_active", 0);
    }

    private void clients() {
        field("connected_clients", control.connectedClients());
        field("cluster_connections", 0);
        field("maxclients", config.maxclients());
        field("blocked_clients", control.clients().blocked());
        field("tracking_clients", 0);
    }

    private void memory() {
        bytes("used_memory", store.memory().usedBytes());
        bytes("used_memory_rss", store.memory().reservedBytes());
        bytes("maxmemory", store.memory().limitBytes());
        field("maxmemory_policy", "noeviction");
        field("mem_allocator", "marrow-slabs");
        field("tier_two_state", store.tierTwo().state());
        field("tier_two_used_bytes", store.tierTwo().usedBytes());
        field("tier_two_limit_bytes", store.tierTwo().limitBytes());
    }

    private void persistence() {
        StoreInfo.Log log = store.log();
        int running = checkpoint.running() ? 1 : 0;
        String status = checkpoint.failed() ? "err" : "ok";
        long seconds = checkpoint.durationMillis() < 0 ? -1 : checkpoint.durationMillis() / 1000;
        long runningSeconds = checkpoint.running() ? checkpoint.runningMillis() / 1000 : -1;
        field("loading", 0);
        field("async_loading", 0);
        field("rdb_changes_since_last_save", checkpoint.changes());
        field("rdb_bgsave_in_progress", running);
        field("rdb_last_save_time", checkpoint.timeMillis() / 1000);
        field("rdb_last_bgsave_status", status);
        field("rdb_last_bgsave_time_sec", seconds);
        field("rdb_current_bgsave_time_sec", runningSeconds);
        field("rdb_saves", checkpoint.finished());
        field("aof_enabled", 1);
        field("aof_rewrite_in_progress", running);
        field("aof_rewrite_scheduled", 0);
        field("aof_last_rewrite_time_sec", seconds);
        field("aof_current_rewrite_time_sec", runningSeconds);
        field("aof_last_bgrewrite_status", status);
        field("aof_last_write_status", log.failed() ? "err" : "ok");
        field("aof_current_size", checkpoint.bytes() + checkpoint.logBytes());
        field("aof_base_size", checkpoint.bytes());
        field("aof_pending_bio_fsync", log.writtenPosition() > log.durablePosition() ? 1 : 0);
    }

    private void checkpoint() {
        field("checkpoint_number", checkpoint.number());
        field("checkpoint_in_progress", checkpoint.running() ? 1 : 0);
        field("checkpoint_unix_time", checkpoint.timeMillis() / 1000);
        field("checkpoint_milliseconds", checkpoint.durationMillis());
        field("checkpoint_records", checkpoint.records());
        field("checkpoint_bytes", checkpoint.bytes());
        field("checkpoint_log_bytes_since", checkpoint.logBytes());
    }

    private void stats() {
        ServerControl.Traffic traffic = control.traffic();
        field("total_connections_received", traffic.connectionsAccepted());
        field("total_commands_processed", traffic.commands());
        field("total_net_input_bytes", traffic.bytesIn());
        field("total_net_output_bytes", traffic.bytesOut());
        field("rejected_connections", traffic.connectionsRejected());
        field("expired_keys", store.expired());
        field("evicted_keys", 0);
        field("total_error_replies", control.diagnostics().statistics().errors().values().stream().mapToLong(Long::longValue).sum());
    }

    /** Of the commands that Java executes: how often and how long a hot command ran is not counted in the kernel. */
    private void commandStatistics() {
        control.diagnostics().statistics().commands().forEach((name, of) -> field("cmdstat_" + name, of.text()));
    }

    private void errorStatistics() {
        control.diagnostics().statistics().errors().forEach((code, count) -> field("errorstat_" + code, "count=" + count));
    }

    private void replication() {
        field("role", "master");
        field("connected_slaves", 0);
    }

    private void cpu() {
        Duration used = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
        field("used_cpu_total", String.format(Locale.ROOT, "%.6f", used.toNanos() / 1e9));
    }

    private void keyspace() {
        if (keys > 0) {
            field("db0", "keys=" + keys + ",expires=0,avg_ttl=0");
        }
    }

    private void marrow() {
        StoreInfo.Log log = store.log();
        field("marrow_version", control.version());
        field("durability", ConfigOption.DURABILITY.get(config));
        field("capacity_keys", store.table().capacity());
        field("keys", keys);
        field("memory_used_bytes", store.memory().usedBytes());
        field("memory_reserved_bytes", store.memory().reservedBytes());
        field("memory_limit_bytes", store.memory().limitBytes());
        field("ring_size_bytes", store.ring().sizeBytes());
        field("ring_used_bytes", store.ring().usedBytes());
        field("ring_oldest_busy_ms", store.ring().oldestBusyMillis());
        field("log_written_position", log.writtenPosition());
        field("log_durable_position", log.durablePosition());
        field("log_records", log.records());
        field("log_batches", log.batches());
        field("log_bytes", log.bytes());
        field("log_segments", log.segments());
        field("log_syncs", log.syncs());
        field("log_sync_usec_total", log.syncMicrosTotal());
        field("log_sync_usec_max", log.syncMicrosMax());
        field("log_failed", log.failed() ? 1 : 0);
        checkpoint();
        field("start_mode", store.start().mode());
        field("start_records", store.start().records());
        field("start_seconds", String.format(Locale.ROOT, "%.3f", store.start().seconds()));
        field("start_records_per_second", store.start().recordsPerSecond());
        field("start_bytes_cut", store.start().bytesCut());
        field("writes", store.writes());
        new TreeMap<>(store.commandsByDoor()).forEach((door, count) -> field("commands_door_" + door, count));
        field("on_host", store.onHost().on() ? "on" : "off");
        field("on_host_connections", store.onHost().connections());
        field("on_host_messages", store.onHost().messages());
        field("on_host_messages_split", store.onHost().split());
        field("on_host_messages_lost", store.onHost().lost());
        store.onHost().passed().forEach((reason, count) -> field("on_host_passed_" + reason, count));
        new TreeMap<>(store.errors()).forEach((cause, count) -> field("errors_" + cause, count));
    }

    private void bytes(String name, long value) {
        field(name, value);
        field(name + "_human", human(value));
    }

    /** As Redis's bytesToHuman. */
    static String human(long bytes) {
        List<String> units = List.of("K", "M", "G", "T", "P");
        if (bytes < 1024) {
            return bytes + "B";
        }
        double scaled = bytes / 1024.0;
        int unit = 0;
        while (scaled >= 1024 && unit < units.size() - 1) {
            scaled /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.2f%s", scaled, units.get(unit));
    }

    private void field(String name, Object value) {
        text.append(name).append(':').append(value).append("\r\n");
    }
}
