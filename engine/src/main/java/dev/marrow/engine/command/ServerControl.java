package dev.marrow.engine.command;

import dev.marrow.engine.config.ConfigException;
import dev.marrow.engine.config.ServerConfig;
import java.time.InstantSource;

/** What cold commands may ask of the server itself. Thread-safe: every event loop calls it. */
public interface ServerControl {
    /**
     * Network counters since the start or CONFIG RESETSTAT.
     *
     * @param commands executed, in the kernel and in Java
     */
    record Traffic(long connectionsAccepted, long connectionsRejected, long commands, long bytesIn, long bytesOut) {}

    /** Begins a checkpoint and returns at once; false when one is under way. */
    boolean startCheckpoint();

    /** Has one follow that under way. */
    void scheduleCheckpoint();

    CheckpointInfo checkpoint();

    /** Begins a clean stop and returns at once. The log is synced in any case; {@code save} is what the client said. */
    void shutdown(boolean save);

    ServerConfig config();

    /**
     * Makes this the configuration; only options that may change while the server runs differ from {@link #config}.
     *
     * @throws ConfigException it cannot be applied; nothing has changed
     */
    void reconfigure(ServerConfig config) throws ConfigException;

    int connectedClients();

    /** All connections. */
    Clients clients();

    /** What is remembered of the commands executed in Java. */
    Diagnostics diagnostics();

    /** Blocks the calling thread for so long, or until the server is asked to stop. */
    void sleep(long nanos);

    /** Whether expired keys are removed before somebody takes their memory. Readers do not see them in any case. */
    void activeExpire(boolean on);

    Traffic traffic();

    void resetStatistics();

    /** Version of Marrow. */
    String version();

    /** 40 hexadecimal digits, new at every start. */
    String runId();

    /** The port in use, also when 0 was configured. */
    int port();

    InstantSource clock();

    /** Unix time in milliseconds. */
    long startTimeMillis();
}
