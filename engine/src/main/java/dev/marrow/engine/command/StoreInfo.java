package dev.marrow.engine.command;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counters of the store, for INFO. Since the store was built, unless said otherwise.
 *
 * @param commandsByDoor commands served, by door: "server", "on_host", "java"
 * @param onHost what the on-host door did, and why it did not
 * @param writes commands that left a redo record
 * @param expired keys removed because their time had come
 * @param errors failures by cause, as the kernel names them: "ring_full", "memory_full", …
 */
public record StoreInfo(
        Table table,
        Memory memory,
        TierTwo tierTwo,
        Ring ring,
        Log log,
        Start start,
        Map<String, Long> commandsByDoor,
        OnHost onHost,
        long writes,
        long expired,
        Map<String, Long> errors) {

    public StoreInfo {
        commandsByDoor = Map.copyOf(commandsByDoor);
        errors = Map.copyOf(errors);
    }

    /**
     * The on-host door since the server started.
     *
     * @param connections registered now
     * @param split messages of which only the beginning was served
     * @param lost messages that were executed and whose reply the kernel could not give
     * @param passed messages left to the server, by reason
     */
    public record OnHost(boolean on, int connections, long messages, long split, long lost, Map<String, Long> passed) {
        public static final OnHost OFF = new OnHost(false, 0, 0, 0, 0, Map.of());

        public OnHost {
            passed = Collections.unmodifiableMap(new LinkedHashMap<>(passed));
        }
    }

    public record Table(long keys, long capacity) {}

    /**
     * @param usedBytes in records that hold keys
     * @param reservedBytes taken from the system so far, slab by slab
     * @param limitBytes the budget
     */
    public record Memory(long usedBytes, long reservedBytes, long limitBytes) {}

    /**
     * Values that are longer than the table's records.
     *
     * @param state      what it is doing, in one word
     * @param usedBytes  of values that are there, on their way in, or about to be given back; 0 until it is open
     * @param limitBytes the budget, 0: none are taken
     */
    public record TierTwo(String state, long usedBytes, long limitBytes) {}

    /** @param oldestBusyMillis age of the oldest record that is reserved but not finished, 0: none */
    public record Ring(long sizeBytes, long usedBytes, long oldestBusyMillis) {}

    /** The log writer since it started; positions are those of the ring. */
    public record Log(
            long writtenPosition,
            long durablePosition,
            long records,
            long batches,
            long bytes,
            long syncs,
            long syncMicrosTotal,
            long syncMicrosMax,
            int segments,
            boolean failed) {}

    /**
     * How this process started.
     *
     * @param mode "empty", "warm", "cold" or "rescued"
     * @param bytesCut from the log's unsynced tail (I6)
     */
    public record Start(String mode, long records, double seconds, long bytesCut) {
        public long recordsPerSecond() {
            return seconds > 0 ? Math.round(records / seconds) : 0;
        }
    }
}
