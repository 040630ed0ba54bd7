package dev.marrow.stress.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/**
 * What one memory access costs here when nothing can be overlapped: a chain that visits every cache line of a region once, in random
 * order. A region much larger than the caches gives the cost of a miss, TLB included; a small one that of a hit.
 *
 * <p>The region is a mapped file, because its pages are 4 KiB whatever the machine thinks of huge pages, like those of a BPF map.
 */
final class MemoryFloor implements AutoCloseable {
    private static final int LINE_BYTES = 64;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment region;
    private long position;

    /** @param scratch directory for the file, which is deleted when this returns or by whoever owns the directory */
    MemoryFloor(long bytes, Path scratch) throws IOException {
        Path file = scratch.resolve("memory-floor-" + bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE)) {
            region = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
        }
        link(Math.toIntExact(bytes / LINE_BYTES));
    }

    /** Sattolo's shuffle: one cycle through all lines. */
    private void link(int lines) {
        int[] order = new int[lines];
        SplittableRandom random = new SplittableRandom(lines);
        for (int i = 0; i < lines; i++) {
            order[i] = i;
        }
        for (int i = lines - 1; i > 0; i--) {
            int j = random.nextInt(i);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        for (int i = 0; i < lines; i++) {
            region.set(ValueLayout.JAVA_LONG, (long) i * LINE_BYTES, (long) order[i] * LINE_BYTES);
        }
    }

    /** Mean time of {@code count} dependent loads, in ns. Goes on where the last call stopped. */
    double nanosPerLoad(int count) {
        long at = position;
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            at = region.get(ValueLayout.JAVA_LONG, at);
        }
        long nanos = System.nanoTime() - begin;
        position = at;
        return (double) nanos / count;
    }

    @Override
    public void close() {
        arena.close();
    }
}
