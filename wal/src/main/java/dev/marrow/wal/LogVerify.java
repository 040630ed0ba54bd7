package dev.marrow.wal;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/** {@code marrow log verify DIR} and {@code marrow log dump DIR}: look at a log without changing it. */
public final class LogVerify {

    /** The log is whole. */
    public static final int OK = 0;
    /** A start would cut an unsynced tail. */
    public static final int TAIL = 1;
    /** A start would refuse. */
    public static final int DAMAGE = 2;
    /** It cannot be looked at: in use, of another release, or no data directory. */
    public static final int UNREADABLE = 3;

    private LogVerify() {}

    /** Verifies and prints the result; returns one of the codes above. */
    public static int run(Path dir, PrintStream out) {
        return run(dir, new FileStorage(), out);
    }

    static int run(Path dir, Storage storage, PrintStream out) {
        try (LogDirectory directory = LogDirectory.inspect(dir, storage)) {
            LogScan scan = LogScanner.verify(directory);
            LogTail tail = scan.tail();
            out.printf("segments=%d batches=%d records=%d bytes=%d version_max=%d flush_version=%d lsn_next=%d clean_stop=%b%n",
                    scan.segments(), scan.batches(), scan.records(), scan.bytes(), scan.versionMax(), scan.flushVersion(),
                    scan.lsnNext(), scan.cleanStop());
            out.printf("end: segment=%016x offset=%d cut_bytes=%d (%s)%n", tail.segment(), tail.offset(), tail.cutBytes(), tail.reason());
            FailedMarker.read(dir, storage).ifPresent(cause -> out.printf("FAILED: %s%n", cause));
            return tail.cutBytes() == 0 ? OK : TAIL;
        } catch (LogDamagedException damage) {
            out.printf("DAMAGED: file=%s%n  offset   %d%n  expected %s%n  actual   %s%n", damage.file(), damage.offset(),
                    damage.expected(), damage.actual());
            return DAMAGE;
        } catch (IOException unreadable) {
            out.printf("cannot verify %s: %s%n", dir, unreadable);
            return UNREADABLE;
        }
    }

    /** Prints one line for each valid batch of each segment, also behind a hole, and where the holes are. */
    public static int dump(Path dir, PrintStream out) {
        try (LogDirectory directory = LogDirectory.inspect(dir, new FileStorage())) {
            List<Long> sequences = directory.segments();
            for (long sequence : sequences) {
                try (MappedSegment segment = MappedSegment.open(directory, sequence)) {
                    dump(segment, out);
                }
            }
            return OK;
        } catch (LogDamagedException damage) {
            out.println(damage.getMessage());
            return DAMAGE;
        } catch (IOException unreadable) {
            out.printf("cannot dump %s: %s%n", dir, unreadable);
            return UNREADABLE;
        }
    }

    private static void dump(MappedSegment segment, PrintStream out) {
        SegmentDescriptor header = segment.descriptor();
        BatchCursor cursor = segment.cursor();
        out.printf("%s sequence=%d segment_bytes=%d created_ms=%d%n", segment.path(), header.sequence(), header.segmentBytes(),
                header.createdMillis());
        long offset = SegmentDescriptor.HEADER_BYTES;
        long size = segment.bytes().byteSize();
        for (long found = cursor.find(offset, size); found >= 0; found = cursor.find(offset, size)) {
            if (found != offset) {
                out.printf("  offset=%d %d bytes that are no batch%n", offset, found - offset);
            }
            out.printf("  offset=%d %s lsn=%d records=%d payload=%d synced=%d/%d time_ms=%d ring_end=%d version_max=%d%n", found,
                    BatchDescriptor.name(cursor.magic), cursor.lsn, cursor.records, cursor.payloadLength, cursor.syncedSegment,
                    cursor.syncedOffset, cursor.timeMillis, cursor.ringEnd, cursor.versionMax);
            offset = cursor.end;
        }
        long rest = cursor.dataEnd(offset) - offset;
        out.printf("  offset=%d %s%n", offset, rest == 0 ? "end" : rest + " bytes that are no batch, then zeros");
    }
}
