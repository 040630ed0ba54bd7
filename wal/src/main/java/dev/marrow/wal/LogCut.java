package dev.marrow.wal;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Cuts a damaged log, on explicit demand only: everything from the damage on is no part of it any more. What is cut is kept in {@code DIR/cut-N}, for
 * somebody who can read more of it.
 */
public final class LogCut {

    private static final int COPY_BYTES = 4 << 20;

    private LogCut() {}

    /**
     * Cuts the log of a locked directory at the damage.
     *
     * @param place must be where the damage is: a place that was not looked at is not cut
     * @param out   told what is lost
     * @throws LogDamagedException when the damage is elsewhere, or is in the base, which cannot be cut
     * @throws IOException when nothing is damaged, or a write fails
     */
    public static void cut(LogDirectory directory, LogCutPlace place, PrintStream out) throws IOException {
        LogDamagedException damage = damage(directory);
        long sequence = SegmentKind.LOG.sequenceOf(Path.of(damage.file()).getFileName().toString());
        boolean named = Path.of(damage.file()).getFileName().equals(place.file().getFileName()) && damage.offset() == place.offset();
        if (sequence == 0 || !named) {
            throw damage;
        }
        Path aside = makeAside(directory);
        out.printf("CUTTING THE LOG at %s offset %d: %s%n", damage.file(), damage.offset(), damage.getMessage());
        List<Long> later = directory.segments().stream().filter(segment -> segment > sequence).toList();
        // Last first, so that no gap is left. Those that vouched for what is damaged are gone then: after a crash in the middle the log may be one that just
        // ends there, and starts.
        for (long segment : later.reversed()) {
            tellLoss(directory, segment, SegmentDescriptor.HEADER_BYTES, out);
            move(directory, segment, aside);
        }
        boolean whole = damage.offset() >= SegmentDescriptor.HEADER_BYTES;
        if (whole) {
            tellLoss(directory, sequence, damage.offset(), out);
            copy(directory, sequence, aside);
            blank(directory, sequence, damage.offset());
        } else {
            replace(directory, sequence, aside);
        }
        out.printf("what was cut is kept in %s%n", aside);
    }

    private static LogDamagedException damage(LogDirectory directory) throws IOException {
        BatchReader.verifyBase(directory);
        try {
            LogScanner.verify(directory);
        } catch (LogDamagedException damage) {
            return damage;
        }
        throw new IOException("the log of " + directory.path() + " is not damaged: there is nothing to cut");
    }

    private static Path makeAside(LogDirectory directory) throws IOException {
        int number = 1;
        while (directory.storage().exists(directory.path().resolve("cut-" + number))) {
            number++;
        }
        Path aside = directory.path().resolve("cut-" + number);
        directory.storage().createDirectories(aside);
        directory.storage().syncDirectory(directory.path());
        return aside;
    }

    /** What can still be read behind the damage. */
    private static void tellLoss(LogDirectory directory, long sequence, long from, PrintStream out) {
        long batches = 0;
        long records = 0;
        try (MappedSegment segment = MappedSegment.open(directory, sequence)) {
            BatchCursor cursor = segment.cursor();
            long size = segment.bytes().byteSize();
            for (long at = cursor.find(from, size); at >= 0; at = cursor.find(cursor.end, size)) {
                batches++;
                records += cursor.records;
            }
        } catch (IOException | InternalError unreadable) {
            out.printf("LOST: segment %d, which cannot be read%n", sequence);
            return;
        }
        out.printf("LOST: %d batches with %d records of segment %d, and whatever was damaged%n", batches, records, sequence);
    }

    private static void move(LogDirectory directory, long sequence, Path aside) throws IOException {
        Path from = directory.segmentPath(sequence);
        directory.storage().rename(from, aside.resolve(from.getFileName()));
        directory.storage().syncDirectory(aside);
        directory.storage().syncDirectory(directory.walPath());
    }

    private static void copy(LogDirectory directory, long sequence, Path aside) throws IOException {
        Path from = directory.segmentPath(sequence);
        try (StorageFile source = directory.storage().openReadOnly(from); Arena arena = Arena.ofConfined();
                StorageFile target = directory.storage().create(aside.resolve(from.getFileName()))) {
            MemorySegment bytes = source.map(source.size(), arena);
            for (long at = 0; at < bytes.byteSize(); at += COPY_BYTES) {
                ByteBuffer piece = bytes.asSlice(at, Math.min(COPY_BYTES, bytes.byteSize() - at)).asByteBuffer();
                target.write(new ByteBuffer[] {piece}, at);
            }
            target.force();
        }
        directory.storage().syncDirectory(aside);
    }

    /** Zeros up to the segment's full size: an end that somebody may write on. */
    private static void blank(LogDirectory directory, long sequence, long offset) throws IOException {
        try (Segment segment = Segment.open(directory, sequence, offset)) {
            segment.zeroToEnd();
            segment.force();
        }
    }

    /** The header is gone, or the file: the segment before promises one of this number. */
    private static void replace(LogDirectory directory, long sequence, Path aside) throws IOException {
        if (directory.storage().exists(directory.segmentPath(sequence))) {
            move(directory, sequence, aside);
        }
        // a small one: nothing but a start's first records goes into it, and the disk is in trouble
        Segment.create(directory, sequence, LogWriterOptions.SEGMENT_BYTES_MIN, System.currentTimeMillis(), false).close();
    }
}
