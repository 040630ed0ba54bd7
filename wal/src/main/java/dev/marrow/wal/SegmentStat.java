package dev.marrow.wal;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import java.lang.foreign.MemorySegment;

/** What one file holds, in numbers, or all of them together. Counts valid batches only, those behind a hole too. */
final class SegmentStat {

    final String name;
    /** Of the files. */
    long fileBytes;
    /** Batches of records; seals are not counted. */
    long batches;
    long puts;
    long deletes;
    long flushes;
    /** Pieces of large values. */
    long chunks;
    /** Of the batches, ring headers included. */
    long payloadBytes;
    /** Part of the payload: records that lost their transaction. */
    long discardedBytes;
    /** Keys and values. */
    long contentBytes;
    /** Between batches, or behind the last one up to the zeros. */
    long noBatchBytes;
    long versionMin = Long.MAX_VALUE;
    long versionMax;
    /** Unix time in milliseconds of the batches, seals included. */
    long timeMinMillis = Long.MAX_VALUE;
    long timeMaxMillis;

    SegmentStat(String name) {
        this.name = name;
    }

    void batch(BatchCursor batch) {
        timeMinMillis = Math.min(timeMinMillis, batch.timeMillis);
        timeMaxMillis = Math.max(timeMaxMillis, batch.timeMillis);
        if (!batch.isSeal()) {
            batches++;
            payloadBytes += batch.payloadLength;
            discardedBytes += batch.payloadLength; // less what counts, below
        }
    }

    void record(MemorySegment payload, long offset, int length) {
        discardedBytes -= RedoRing.HEADER_BYTES + ((length + 7L) & ~7L);
        if (RedoRecords.type(payload, offset) == Abi.REDO_CHUNK) {
            contentBytes += RedoRecords.valueLength(payload, offset);
            chunks++;
            return;
        }
        contentBytes += RedoRecords.keyLength(payload, offset) + RedoRecords.valueLength(payload, offset);
        long version = RedoRecords.version(payload, offset);
        versionMin = Math.min(versionMin, version);
        versionMax = Math.max(versionMax, version);
        switch (RedoRecords.type(payload, offset)) {
            case Abi.REDO_PUT -> puts++;
            case Abi.REDO_DELETE -> deletes++;
            default -> flushes++;
        }
    }

    void add(SegmentStat other) {
        fileBytes += other.fileBytes;
        batches += other.batches;
        puts += other.puts;
        deletes += other.deletes;
        flushes += other.flushes;
        chunks += other.chunks;
        payloadBytes += other.payloadBytes;
        discardedBytes += other.discardedBytes;
        contentBytes += other.contentBytes;
        noBatchBytes += other.noBatchBytes;
        versionMin = Math.min(versionMin, other.versionMin);
        versionMax = Math.max(versionMax, other.versionMax);
        timeMinMillis = Math.min(timeMinMillis, other.timeMinMillis);
        timeMaxMillis = Math.max(timeMaxMillis, other.timeMaxMillis);
    }

    long records() {
        return puts + deletes + flushes + chunks;
    }

    boolean hasRecords() {
        return records() > 0;
    }

    boolean hasVersions() {
        return versionMax > 0;
    }

    boolean hasTime() {
        return timeMaxMillis > 0;
    }

    /** Payload bytes, 0 without batches. */
    long batchBytesAverage() {
        return batches == 0 ? 0 : payloadBytes / batches;
    }

    /** Payload bytes that are not discarded, 0 without records. */
    long recordBytesAverage() {
        return hasRecords() ? (payloadBytes - discardedBytes) / records() : 0;
    }
}
