package dev.marrow.wal;

import static dev.marrow.wal.BatchDescriptor.HEADER_BYTES;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.zip.CRC32C;

/** A segment that is written. One writing thread at a time; {@link #force} may run beside it. */
final class Segment implements Closeable {

    private static final int ZERO_CHUNK_BYTES = 1 << 20;

    /** Zeros between two syncs while preallocating: a large burst of dirty pages would hold up the log's own syncs. */
    private static final long ZERO_BYTES_PER_SYNC = 8L << 20;

    private static final long LAST_PAGE_BYTES = 4096;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final StorageFile file;
    private final SegmentDescriptor descriptor;
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer header = ByteBuffer.allocateDirect(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer[] sources = new ByteBuffer[2];
    private long offset;

    private Segment(StorageFile file, SegmentDescriptor descriptor, long offset) {
        this.file = file;
        this.descriptor = descriptor;
        this.offset = offset;
    }

    /**
     * Makes a segment that reads as zeros, durable under its final name before this returns.
     *
     * @param hole whether the zeros are not written, but for the last page, which gives the file its size: then writing to it changes metadata
     */
    static Segment create(LogDirectory directory, long sequence, long segmentBytes, long createdMillis, boolean hole) throws IOException {
        Path path = directory.segmentPath(sequence);
        Path temporary = path.resolveSibling(path.getFileName() + LogDirectory.TEMPORARY_SUFFIX);
        Segment segment = begin(directory, SegmentKind.LOG, sequence, temporary, segmentBytes, createdMillis);
        try {
            writeZeros(segment.file, hole ? segmentBytes - LAST_PAGE_BYTES : SegmentDescriptor.HEADER_BYTES, segmentBytes);
            segment.file.force();
            directory.storage().rename(temporary, path);
            directory.storage().syncDirectory(path.getParent());
        } catch (IOException | RuntimeException failure) {
            segment.close();
            throw failure;
        }
        return segment;
    }

    /** Makes a segment that grows as it is written. Neither it nor its name is durable yet. */
    static Segment createGrowing(LogDirectory directory, SegmentKind kind, long sequence, long segmentBytes, long createdMillis)
            throws IOException {
        return begin(directory, kind, sequence, directory.path(kind, sequence), segmentBytes, createdMillis);
    }

    private static Segment begin(LogDirectory directory, SegmentKind kind, long sequence, Path path, long segmentBytes, long createdMillis)
            throws IOException {
        Storage storage = directory.storage();
        if (storage.exists(path)) {
            storage.delete(path);
        }
        SegmentDescriptor descriptor =
                new SegmentDescriptor(kind, directory.instance(), sequence, new SecureRandom().nextLong(), createdMillis, segmentBytes);
        StorageFile file = storage.create(path);
        try {
            file.write(new ByteBuffer[] {descriptor.encode()}, 0);
        } catch (IOException | RuntimeException failure) {
            file.close();
            throw failure;
        }
        return new Segment(file, descriptor, SegmentDescriptor.HEADER_BYTES);
    }

    /** Opens an existing segment of the log to write from {@code offset} on. */
    static Segment open(LogDirectory directory, long sequence, long offset) throws IOException {
        Path path = directory.segmentPath(sequence);
        StorageFile file = directory.storage().open(path);
        try (Arena arena = Arena.ofConfined()) {
            long bytes = Math.min(file.size(), SegmentDescriptor.HEADER_BYTES);
            SegmentDescriptor descriptor = SegmentDescriptor.decode(file.map(bytes, arena), path, directory.instance(), SegmentKind.LOG, sequence);
            return new Segment(file, descriptor, offset);
        } catch (IOException | RuntimeException failure) {
            file.close();
            throw failure;
        }
    }

    private static void writeZeros(StorageFile file, long from, long to) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(ZERO_CHUNK_BYTES, Math.max(to - from, 1)));
        long unsynced = 0;
        for (long position = from; position < to;) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), to - position));
            int bytes = zeros.remaining();
            file.write(new ByteBuffer[] {zeros}, position);
            position += bytes;
            unsynced += bytes;
            if (unsynced >= ZERO_BYTES_PER_SYNC) {
                file.force();
                unsynced = 0;
            }
        }
    }

    long sequence() {
        return descriptor.sequence();
    }

    /** Where the next batch goes. */
    long offset() {
        return offset;
    }

    /** Payload bytes that one more batch can have; a seal always fits behind it. At most 0 when there is no room. */
    long room() {
        return descriptor.segmentBytes() - offset - 2L * HEADER_BYTES;
    }

    /** Length, checksum, write: appends a batch without copying its payload, whose position it moves to its end. */
    void append(int magic, ByteBuffer payload, int records, long lsn, SyncedPosition synced, long timeMillis, long ringEnd,
            long versionMax) throws IOException {
        int length = payload.remaining();
        if (offset + HEADER_BYTES + length > descriptor.segmentBytes()) {
            throw new IllegalStateException("batch overruns segment: offset=" + offset + " payload=" + length);
        }
        header.clear();
        header.putInt(magic).putInt(0).putInt(length).putInt(records).putLong(lsn);
        header.putInt((int) synced.segment()).putInt(0).putLong(synced.offset());
        header.putLong(timeMillis).putLong(ringEnd).putLong(versionMax);
        header.putInt(BatchDescriptor.HEADER_CRC, BatchDescriptor.headerChecksum(crc, descriptor.seed(), header));
        header.putInt(BatchDescriptor.CRC, BatchDescriptor.checksum(crc, descriptor.seed(), header, payload));
        sources[0] = header.flip();
        sources[1] = payload;
        file.write(sources, offset);
        offset += HEADER_BYTES + length;
    }

    /** Appends a batch that says: nothing more in this segment, on purpose. */
    void seal(int magic, long lsn, SyncedPosition synced, long timeMillis, long ringEnd, long versionMax) throws IOException {
        append(magic, NOTHING, 0, lsn, synced, timeMillis, ringEnd, versionMax);
    }

    /** Overwrites {@code bytes} bytes behind {@link #offset} with zeros. */
    void zero(long bytes) throws IOException {
        writeZeros(file, offset, offset + bytes);
    }

    /** The same for all that is behind, up to the size that an unsealed segment has. */
    void zeroToEnd() throws IOException {
        writeZeros(file, offset, descriptor.segmentBytes());
    }

    void force() throws IOException {
        file.force();
    }

    /** Gives back the space behind the seal, which must be durable. */
    void trim() throws IOException {
        file.truncate(offset);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
