package dev.marrow.wal;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A segment that is read: its file mapped, its header checked. */
record MappedSegment(Path path, SegmentDescriptor descriptor, MemorySegment bytes, BatchCursor cursor, Arena arena) implements Closeable {

    static MappedSegment open(LogDirectory directory, long sequence) throws IOException {
        return open(directory, SegmentKind.LOG, sequence);
    }

    static MappedSegment open(LogDirectory directory, SegmentKind kind, long sequence) throws IOException {
        Path path = directory.path(kind, sequence);
        Arena arena = Arena.ofShared();
        try (StorageFile file = directory.storage().openReadOnly(path)) {
            long size = file.size();
            if (size == 0) {
                throw new LogDamagedException(path, 0, "a header of " + SegmentDescriptor.HEADER_BYTES + " bytes", "empty file");
            }
            MemorySegment bytes = file.map(size, arena);
            SegmentDescriptor descriptor = SegmentDescriptor.decode(bytes, path, directory.instance(), kind, sequence);
            return new MappedSegment(path, descriptor, bytes, new BatchCursor(bytes, descriptor), arena);
        } catch (InternalError failure) {
            arena.close();
            throw unreadable(path, failure);
        } catch (IOException | RuntimeException failure) {
            arena.close();
            throw failure;
        }
    }

    /** The JVM reports a page of a mapping that the disk could not deliver as an InternalError. */
    static IOException unreadable(Path path, InternalError cause) {
        return new IOException("file=" + path + " cannot be read", cause);
    }

    @Override
    public void close() {
        arena.close();
    }
}
