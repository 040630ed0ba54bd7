package dev.marrow.stress.qemu;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A disk with a write cache: what is written stays in memory until a flush, and a power cut loses it. As real disks do, it may have written
 * any block of its cache already, so a cut keeps some blocks and loses others, whatever their order was. A cut ends a flush that is under
 * way. Thread-safe.
 */
final class VolatileDisk implements AutoCloseable {
    /** Written whole or not at all. */
    static final int BLOCK_BYTES = 4096;
    /** Largest cache, 128 MiB; then the oldest block is written. */
    private static final int CACHED_BLOCKS_MAX = 32_768;
    /** As long as a slow disk needs, so that power cuts fall into it. */
    private static final long FLUSH_MILLIS = 15;
    /** A cut keeps one of these shares of the cache, in percent. */
    private static final int[] KEPT_PERCENT = {0, 50, 90};

    private final FileChannel image;
    private final Map<Long, byte[]> cache = new LinkedHashMap<>();
    private boolean powered = true;
    private boolean ignoresFlushes;
    private Counts counts = new Counts(0, 0, 0);

    /**
     * Counted since the disk was made.
     *
     * @param flushes that were obeyed
     * @param lost blocks in the cache at power cuts, not kept
     * @param kept and kept
     */
    record Counts(long flushes, long lost, long kept) {}

    /** @param file existing image, whole blocks long */
    VolatileDisk(Path file) throws IOException {
        image = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    long size() throws IOException {
        return image.size();
    }

    /** @throws ClosedChannelException the power is off; so do the others */
    synchronized void read(long position, byte[] target) throws IOException {
        requirePower();
        for (int done = 0; done < target.length;) {
            int from = (int) ((position + done) % BLOCK_BYTES);
            int length = Math.min(BLOCK_BYTES - from, target.length - done);
            System.arraycopy(block((position + done) / BLOCK_BYTES), from, target, done, length);
            done += length;
        }
    }

    synchronized void write(long position, byte[] source) throws IOException {
        requirePower();
        for (int done = 0; done < source.length;) {
            long number = (position + done) / BLOCK_BYTES;
            int from = (int) ((position + done) % BLOCK_BYTES);
            int length = Math.min(BLOCK_BYTES - from, source.length - done);
            byte[] block = length == BLOCK_BYTES ? new byte[BLOCK_BYTES] : block(number);
            System.arraycopy(source, done, block, from, length);
            cache.put(number, block);
            done += length;
        }
        while (cache.size() > CACHED_BLOCKS_MAX) {
            Iterator<Map.Entry<Long, byte[]>> oldest = cache.entrySet().iterator();
            store(oldest.next());
            oldest.remove();
        }
    }

    private byte[] block(long number) throws IOException {
        byte[] cached = cache.get(number);
        if (cached != null) {
            return cached;
        }
        ByteBuffer stored = ByteBuffer.allocate(BLOCK_BYTES);
        while (stored.hasRemaining()) {
            if (image.read(stored, number * BLOCK_BYTES + stored.position()) < 0) {
                throw new EOFException("block " + number + " is behind the disk's end");
            }
        }
        return stored.array();
    }

    private void store(Map.Entry<Long, byte[]> block) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(block.getValue());
        while (bytes.hasRemaining()) {
            image.write(bytes, block.getKey() * BLOCK_BYTES + bytes.position());
        }
    }

    private void requirePower() throws ClosedChannelException {
        if (!powered) {
            throw new ClosedChannelException();
        }
    }

    /** What was written before survives every power cut after it. */
    void flush() throws IOException {
        try {
            Thread.sleep(FLUSH_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
        flushNow();
    }

    private synchronized void flushNow() throws IOException {
        requirePower();
        if (ignoresFlushes) {
            return;
        }
        for (Map.Entry<Long, byte[]> block : cache.entrySet()) {
            store(block);
        }
        cache.clear();
        counts = new Counts(counts.flushes + 1, counts.lost, counts.kept);
    }

    /** For negative controls: from now on flushes do nothing, until the power is cut, which then loses all that was written since. */
    synchronized void ignoreFlushes() {
        ignoresFlushes = true;
    }

    /** Loses what no flush has covered, or a part of it, and is off until {@link #powerOn}. */
    synchronized void cutPower(RandomGenerator random) throws IOException {
        int keptPercent = ignoresFlushes ? 0 : KEPT_PERCENT[random.nextInt(KEPT_PERCENT.length)];
        int kept = 0;
        for (Map.Entry<Long, byte[]> block : cache.entrySet()) {
            if (random.nextInt(100) < keptPercent) {
                store(block);
                kept++;
            }
        }
        counts = new Counts(counts.flushes, counts.lost + cache.size() - kept, counts.kept + kept);
        cache.clear();
        ignoresFlushes = false;
        powered = false;
    }

    synchronized void powerOn() {
        powered = true;
    }

    synchronized Counts counts() {
        return counts;
    }

    @Override
    public void close() throws IOException {
        image.close();
    }
}
