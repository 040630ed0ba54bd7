package dev.marrow.wal;

import dev.marrow.bpf.Abi;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * One verification of a log (I6): reads batches in order until one is not what it should be, then decides whether that is an unsynced
 * tail or damage.
 *
 * <p>Every batch header carries a claim: the place in the files up to which all was synced when it was written. Sectors that were not synced
 * may reach the disk in any order, so a hole with valid batches behind it is normal after a power cut, and what is behind it is no part
 * of the log; but their claims count. A hole at or above the highest claim is a tail; below it, damage.
 */
final class LogWalk {

    private final LogDirectory directory;
    private final List<Long> sequences;
    private SyncedPosition claim = SyncedPosition.NONE;
    private long segments;
    private long batches;
    private long records;
    private long bytes;
    private long versionMax;
    private long flushVersion;
    private long timeMaxMillis;
    /** Of the last batch accepted in this segment; data when there is none yet. */
    private int lastMagic;
    /** Of the last batch accepted in any segment. */
    private int newestMagic;
    /** What is no batch yet may be one in a moment. */
    private boolean growing;

    /** @throws LogDamagedException when a segment is missing */
    LogWalk(LogDirectory directory) throws IOException {
        this.directory = directory;
        Manifest manifest = directory.manifest();
        this.versionMax = manifest.versionMax();
        this.flushVersion = manifest.flushVersion();
        this.timeMaxMillis = manifest.timeMillis();
        this.sequences = directory.segments();
        long expected = directory.firstSegment();
        for (long sequence : sequences) {
            if (sequence != expected) {
                throw new LogDamagedException(directory.segmentPath(expected), 0, "segment " + expected, "no file; next is " + sequence);
            }
            expected++;
        }
        // a start makes the first segment before it names its tables
        if (sequences.isEmpty() && (manifest.checkpoint() > 0 || manifest.tablesId() != 0)) {
            throw new LogDamagedException(directory.segmentPath(expected), 0, "segment " + expected, "no file");
        }
    }

    /** Verifies everything. */
    LogScan all() throws IOException {
        return sequences.isEmpty() ? nothing() : from(sequences.getFirst(), directory.manifest().logLsn());
    }

    /** Everything that is whole, however the log goes on; see {@link LogScanner#whole}. */
    LogScan whole() throws IOException {
        growing = true;
        return all();
    }

    /** Verifies from the last segment on whose first batch is valid: whatever is before it was synced before that batch was written. */
    LogScan end() throws IOException {
        for (long sequence : sequences.reversed()) {
            try (MappedSegment segment = MappedSegment.open(directory, sequence)) {
                if (segment.cursor().read(SegmentDescriptor.HEADER_BYTES, true)) {
                    return from(sequence, segment.cursor().lsn);
                }
            }
        }
        return all();
    }

    private LogScan nothing() {
        return scan(1, new LogTail(0, 0, 0, true, "no segments yet"));
    }

    private LogScan from(long first, long lsnFirst) throws IOException {
        long lsn = lsnFirst;
        long last = sequences.getLast();
        for (long sequence = first;; sequence++) {
            try (MappedSegment segment = MappedSegment.open(directory, sequence)) {
                long offset = SegmentDescriptor.HEADER_BYTES;
                lastMagic = BatchDescriptor.MAGIC_DATA;
                while (!BatchDescriptor.isSeal(lastMagic) && readBatch(segment, offset, lsn)) {
                    accept(segment, offset);
                    offset = segment.cursor().end;
                    lsn++;
                }
                segments += offset > SegmentDescriptor.HEADER_BYTES ? 1 : 0;
                if (!BatchDescriptor.isSeal(lastMagic)) {
                    return scan(lsn, growing ? new LogTail(sequence, offset, 0, false, "whole up to here") : judge(segment, offset));
                }
                if (sequence == last) {
                    return scan(lsn, growing ? new LogTail(sequence, offset, 0, true, "whole up to here") : sealedEnd(sequence, offset));
                }
            } catch (InternalError unreadable) {
                throw MappedSegment.unreadable(directory.segmentPath(sequence), unreadable);
            }
        }
    }

    private LogScan scan(long lsnNext, LogTail tail) {
        return new LogScan(segments, batches, records, bytes, versionMax, flushVersion, timeMaxMillis, lsnNext, cleanStop(tail), tail);
    }

    /** A spare segment may follow the clean seal; bytes in it mean that somebody began to write after the stop. */
    private boolean cleanStop(LogTail tail) {
        return newestMagic == BatchDescriptor.MAGIC_SEAL_CLEAN && tail.cutBytes() == 0;
    }

    private boolean readBatch(MappedSegment segment, long offset, long lsn) {
        BatchCursor cursor = segment.cursor();
        if (!cursor.read(offset, true)) {
            return false;
        }
        raiseClaim(cursor);
        if (cursor.lsn != lsn) {
            cursor.expected = "lsn " + lsn;
            cursor.actual = "lsn " + cursor.lsn;
            return false;
        }
        return true;
    }

    private void raiseClaim(BatchCursor cursor) {
        SyncedPosition synced = new SyncedPosition(cursor.syncedSegment, cursor.syncedOffset);
        claim = synced.compareTo(claim) > 0 ? synced : claim;
    }

    private void accept(MappedSegment segment, long offset) throws LogDamagedException {
        BatchCursor cursor = segment.cursor();
        lastMagic = cursor.magic;
        newestMagic = cursor.magic;
        versionMax = Math.max(versionMax, cursor.versionMax);
        timeMaxMillis = Math.max(timeMaxMillis, cursor.timeMillis);
        if (cursor.isSeal()) {
            return;
        }
        long payload = offset + BatchDescriptor.HEADER_BYTES;
        try {
            int count = RedoRecords.forEach(segment.bytes(), payload, cursor.payloadLength, this::acceptRecord);
            if (count != cursor.records) {
                throw new LogDamagedException(segment.path(), offset, cursor.records + " records", count + " records");
            }
        } catch (IllegalStateException | IndexOutOfBoundsException malformed) {
            throw new LogDamagedException(segment.path(), payload, "redo records", String.valueOf(malformed.getMessage()));
        }
        batches++;
        records += cursor.records;
        bytes += cursor.payloadLength;
    }

    private void acceptRecord(MemorySegment payload, long offset, int length) {
        long version = RedoRecords.version(payload, offset);
        versionMax = Math.max(versionMax, version);
        if (RedoRecords.type(payload, offset) == Abi.REDO_FLUSH) {
            flushVersion = Math.max(flushVersion, version);
        }
    }

    private LogTail sealedEnd(long sequence, long offset) throws LogDamagedException {
        if (lastMagic != BatchDescriptor.MAGIC_SEAL_CLEAN) {
            throw new LogDamagedException(directory.segmentPath(sequence + 1), 0,
                    "the segment behind the " + BatchDescriptor.name(lastMagic) + " of segment " + sequence, "no file");
        }
        return new LogTail(sequence, offset, 0, true, "clean stop");
    }

    /** Decides what the batch that is not there means. */
    private LogTail judge(MappedSegment segment, long hole) throws IOException {
        long sequence = segment.descriptor().sequence();
        String expected = segment.cursor().expected;
        String actual = segment.cursor().actual;
        long dataEnd = segment.cursor().dataEnd(hole);
        collectClaims(segment, hole);
        for (long later = sequence + 1; later <= sequences.getLast(); later++) {
            try (MappedSegment behind = MappedSegment.open(directory, later)) {
                collectClaims(behind, SegmentDescriptor.HEADER_BYTES);
            }
        }
        Path path = segment.path();
        if (claim.compareTo(new SyncedPosition(sequence, hole)) > 0) {
            throw new LogDamagedException(path, hole,
                    expected + ", known synced up to segment " + claim.segment() + " offset " + claim.offset(), actual);
        }
        // Only a sealed segment is ever shortened.
        if (segment.bytes().byteSize() != segment.descriptor().segmentBytes()) {
            throw new LogDamagedException(path, segment.bytes().byteSize(), "file of " + segment.descriptor().segmentBytes() + " bytes",
                    "file of " + segment.bytes().byteSize() + " bytes without a seal");
        }
        String reason = dataEnd == hole ? "end of log" : "unsynced tail: expected " + expected + ", found " + actual;
        return new LogTail(sequence, hole, dataEnd - hole, false, reason);
    }

    private void collectClaims(MappedSegment segment, long from) {
        BatchCursor cursor = segment.cursor();
        long limit = Math.min(segment.bytes().byteSize(), cursor.dataEnd(from) + BatchDescriptor.HEADER_BYTES);
        for (long offset = cursor.findHeader(from, limit); offset >= 0; offset = cursor.findHeader(offset + BatchDescriptor.ALIGNMENT, limit)) {
            raiseClaim(cursor);
        }
    }
}
