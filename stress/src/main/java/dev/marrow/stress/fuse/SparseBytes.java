package dev.marrow.stress.fuse;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * A file's bytes. What was never written, or with zeros only, takes no memory; copies share their chunks until one of them is
 * written. Not thread-safe.
 */
final class SparseBytes {
    static final int CHUNK_BYTES = 4096;
    private static final byte[] ZEROS = new byte[CHUNK_BYTES];

    private final Map<Integer, byte[]> chunks = new HashMap<>();
    /** Chunks that no copy refers to: those may be written in place. */
    private final BitSet owned = new BitSet();
    private long size;

    /** The same bytes; either side may be written afterwards without the other changing. */
    SparseBytes copy() {
        SparseBytes copy = new SparseBytes();
        copy.chunks.putAll(chunks);
        copy.size = size;
        owned.clear();
        return copy;
    }

    long size() {
        return size;
    }

    /** Cuts, or extends with zeros. */
    void size(long bytes) {
        if (bytes < size) {
            int firstGone = Math.toIntExact((bytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
            chunks.keySet().removeIf(chunk -> chunk >= firstGone);
            owned.clear(firstGone, Math.max(firstGone, owned.length()));
            int kept = (int) (bytes % CHUNK_BYTES);
            if (kept != 0 && chunks.containsKey(firstGone - 1)) {
                Arrays.fill(writable(firstGone - 1), kept, CHUNK_BYTES, (byte) 0);
            }
        }
        size = bytes;
    }

    /** Memory that its chunks take, those that it shares included. */
    long bytesUsed() {
        return (long) chunks.size() * CHUNK_BYTES;
    }

    /** Writes what remains in the source, extending the file when it has to. */
    void write(ByteBuffer source, long offset) {
        size = Math.max(size, offset + source.remaining());
        for (long at = offset; source.hasRemaining();) {
            int chunk = Math.toIntExact(at / CHUNK_BYTES);
            int from = (int) (at % CHUNK_BYTES);
            int length = Math.min(CHUNK_BYTES - from, source.remaining());
            ByteBuffer piece = source.slice(source.position(), length);
            if (chunks.containsKey(chunk) || piece.mismatch(ByteBuffer.wrap(ZEROS, 0, length)) >= 0) {
                piece.get(writable(chunk), from, length);
            }
            source.position(source.position() + length);
            at += length;
        }
    }

    /** Bytes from the offset on, zeros behind the end. */
    byte[] read(long offset, int length) {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length;) {
            int from = (int) ((offset + done) % CHUNK_BYTES);
            int count = Math.min(CHUNK_BYTES - from, length - done);
            byte[] chunk = chunks.getOrDefault(Math.toIntExact((offset + done) / CHUNK_BYTES), ZEROS);
            System.arraycopy(chunk, from, bytes, done, count);
            done += count;
        }
        return bytes;
    }

    /** Takes one chunk over as the other has it; the size stays. */
    void share(SparseBytes other, int chunk) {
        owned.clear(chunk);
        other.owned.clear(chunk);
        if (other.chunks.containsKey(chunk)) {
            chunks.put(chunk, other.chunks.get(chunk));
        } else {
            chunks.remove(chunk);
        }
    }

    private byte[] writable(int chunk) {
        if (!owned.get(chunk)) {
            chunks.put(chunk, chunks.getOrDefault(chunk, ZEROS).clone());
            owned.set(chunk);
        }
        return chunks.get(chunk);
    }
}
