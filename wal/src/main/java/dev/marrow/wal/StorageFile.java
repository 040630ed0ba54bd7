package dev.marrow.wal;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** An open file. One thread writes; {@link #force} may run beside it on another. */
public interface StorageFile extends Closeable {

    /** In bytes. */
    long size() throws IOException;

    /** Writes all that remains of the buffers, one behind the other, from file offset {@code position} on. */
    void write(ByteBuffer[] sources, long position) throws IOException;

    /** A read-only view of the first {@code bytes} bytes, valid while {@code arena} is open. */
    MemorySegment map(long bytes, Arena arena) throws IOException;

    /** The first {@code bytes} bytes, which are there. */
    default byte[] read(int bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            return map(bytes, arena).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Makes everything written so far durable: fdatasync. After a failure no later call can be trusted (I7). */
    void force() throws IOException;

    /** Cuts the file to {@code bytes}. */
    void truncate(long bytes) throws IOException;
}
