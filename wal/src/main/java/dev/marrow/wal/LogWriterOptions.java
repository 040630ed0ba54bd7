package dev.marrow.wal;

import dev.marrow.bpf.RedoRing;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * How a writer works.
 *
 * @param durability       to begin with; {@link LogWriter#durability(Durability)} changes it at run time
 * @param segmentBytes     size of a new segment file, {@link #SEGMENT_BYTES_MIN} to {@link #SEGMENT_BYTES_MAX}, a multiple of 4096
 * @param syncPeriodMillis in {@code everysec}: longest pause between two syncs, 1 to 1000
 * @param idleNanosMax     longest pause of an idle writer; records of doors that do not call {@link LogWriter#wake} wait this long at most
 * @param clockMillis      wall clock, Unix time in milliseconds
 * @param clockNanos       monotonic clock, for durations
 */
public record LogWriterOptions(Durability durability, long segmentBytes, long syncPeriodMillis, long idleNanosMax,
        LongSupplier clockMillis, LongSupplier clockNanos) {

    /** Room for the header, one largest record of a key and a seal. */
    public static final long SEGMENT_BYTES_MIN = 128 << 10;

    public static final long SEGMENT_BYTES_MAX = 1L << 30;

    public static final long SEGMENT_BYTES_DEFAULT = 64L << 20;

    /** Half of the promised second: the sync itself takes time too. */
    public static final long SYNC_PERIOD_MILLIS_DEFAULT = 500;

    public static final long IDLE_NANOS_DEFAULT = 10_000_000;

    public LogWriterOptions {
        Objects.requireNonNull(durability, "durability");
        Objects.requireNonNull(clockMillis, "clockMillis");
        Objects.requireNonNull(clockNanos, "clockNanos");
        if (segmentBytes < SEGMENT_BYTES_MIN || segmentBytes > SEGMENT_BYTES_MAX || segmentBytes % 4096 != 0) {
            throw new IllegalArgumentException("segmentBytes=" + segmentBytes + ", expected a multiple of 4096 from " + SEGMENT_BYTES_MIN
                    + " to " + SEGMENT_BYTES_MAX);
        }
        if (syncPeriodMillis < 1 || syncPeriodMillis > 1000) {
            throw new IllegalArgumentException("syncPeriodMillis=" + syncPeriodMillis + ", expected 1 to 1000");
        }
    }

    /** {@code always}, 64 MiB segments, the system's clocks. */
    public static LogWriterOptions defaults() {
        return new LogWriterOptions(Durability.ALWAYS, SEGMENT_BYTES_DEFAULT, SYNC_PERIOD_MILLIS_DEFAULT, IDLE_NANOS_DEFAULT,
                System::currentTimeMillis, System::nanoTime);
    }

    LogWriterOptions withClockNanos(LongSupplier value) {
        return new LogWriterOptions(durability, segmentBytes, syncPeriodMillis, idleNanosMax, clockMillis, value);
    }

    LogWriterOptions withSyncPeriodMillis(long value) {
        return new LogWriterOptions(durability, segmentBytes, value, idleNanosMax, clockMillis, clockNanos);
    }

    LogWriterOptions withIdleNanosMax(long value) {
        return new LogWriterOptions(durability, segmentBytes, syncPeriodMillis, value, clockMillis, clockNanos);
    }

    /** Longest redo record that a segment takes: what comes from the ring is never split. */
    public long redoBytesMax() {
        return segmentBytes - SegmentDescriptor.HEADER_BYTES - 2L * BatchDescriptor.HEADER_BYTES - RedoRing.HEADER_BYTES;
    }

    public LogWriterOptions withDurability(Durability value) {
        return new LogWriterOptions(value, segmentBytes, syncPeriodMillis, idleNanosMax, clockMillis, clockNanos);
    }

    public LogWriterOptions withClockMillis(LongSupplier value) {
        return new LogWriterOptions(durability, segmentBytes, syncPeriodMillis, idleNanosMax, value, clockNanos);
    }

    public LogWriterOptions withSegmentBytes(long value) {
        return new LogWriterOptions(durability, value, syncPeriodMillis, idleNanosMax, clockMillis, clockNanos);
    }
}
