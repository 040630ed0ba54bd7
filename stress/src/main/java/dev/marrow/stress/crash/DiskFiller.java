package dev.marrow.stress.crash;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that takes all the room of its file system, without writing it. One thread. */
public final class DiskFiller {
    private static final long STEP_BYTES_MAX = 1L << 30;
    /** A block of the file systems in use. */
    private static final long STEP_BYTES_MIN = 4096;
    private static final int WRITE_ONLY = 1;
    private static final int EINTR = 4;
    private static final int ENOSPC = 28;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle OPEN = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle FALLOCATE = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("fallocate"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
            Linker.Option.captureCallState("errno"));
    private static final MethodHandle CLOSE = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("close"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MemoryLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = CALL_STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    private final Path file;
    private long bytes;

    /** @param directory on the file system; it must be there when that is filled */
    public DiskFiller(Path directory) {
        file = directory.resolve("filler");
    }

    /** Takes what room there is, to the last block; again, what has become free since. */
    public void fill() throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), WRITE_ONLY);
            if (descriptor < 0) {
                throw new IOException("open of " + file + " failed");
            }
            int closed;
            try {
                fill(descriptor, arena.allocate(CALL_STATE));
            } finally {
                closed = (int) CLOSE.invokeExact(descriptor);
            }
            if (closed != 0) {
                throw new IOException("close of " + file + " failed");
            }
        } catch (IOException failure) {
            throw failure;
        } catch (Throwable failure) {
            throw new IllegalStateException(failure);
        }
    }

    /** A step for which there is no room may have taken a part of it: the next smaller one begins at the same place. */
    private void fill(int descriptor, MemorySegment state) throws Throwable {
        long step = STEP_BYTES_MAX;
        while (step >= STEP_BYTES_MIN) {
            int result = (int) FALLOCATE.invokeExact(state, descriptor, 0, bytes, step);
            int errno = state.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
            if (result == 0) {
                bytes += step;
            } else if (errno == ENOSPC) {
                step /= 2;
            } else if (errno != EINTR) {
                throw new IOException("fallocate of " + file + " from " + bytes + " failed: errno=" + errno);
            }
        }
    }

    /** Gives it all back. */
    public void empty() throws IOException {
        Files.deleteIfExists(file);
        bytes = 0;
    }
}
