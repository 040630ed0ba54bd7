package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Abi;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import net.openhft.chronicle.hash.ChronicleHashRecoveryFailedException;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import net.openhft.chronicle.map.ExternalMapQueryContext;
import net.openhft.chronicle.map.MapEntry;
import net.openhft.chronicle.map.MapSegmentContext;

/**
 * Pieces of large values, off-heap, in a Chronicle Map file. Thread-safe.
 *
 * <pre>
 *   file      header | segments
 *   segment   lock | where an entry is, by hash | which blocks are taken | blocks of 1,032 bytes
 *   entry     id 8 | index 4 | kind 4 | length 1..3 | the piece | checksum 4, in 1..64 blocks side by side
 * </pre>
 *
 * <p>The file outlives the process, however that ends, not the machine: the log is what is durable, and the map can be filled from it.
 *
 * <p>A segment has a place for a piece until the limit is reached, whatever was put and removed before in which order: between two pieces lie at
 * most 63 blocks that are too few for a third, so pieces and gaps together take less than a block for each 1,032 bytes and 65 for each piece.
 * Therefore the file is made about six times as long as the limit. That is address space: only what was once written takes disk and memory,
 * about 1.3 times the limit when values come and go. It stays taken when its pieces are removed, and is used again.
 *
 * <p>A thread's first call allocates about 3 kB of thread-locals, later ones nothing: call from threads that live long. Calls that meet in a
 * segment wait for each other, readers only for a writer.
 */
public final class ChunkMap implements AutoCloseable {
    /** Most bytes of one piece. */
    public static final int CHUNK_BYTES_MAX = Abi.VALUE_BYTES_MAX;

    private static final int KIND_PIECE = 0;
    private static final int KIND_LIMIT = 1; // one entry: the limit that the file was made for
    private static final int BLOCK_BYTES = 1032; // 64 of them hold the longest entry
    private static final int PIECE_BLOCKS_MAX = 65; // with a gap of 63 behind it, and what rounding up its length costs
    /** Values above {@link #CHUNK_BYTES_MAX} make pieces of half of it in the mean, or more; this leaves room below. */
    private static final int PIECE_BYTES_MEAN_MIN = 24 << 10;
    private static final int PIECES_MORE = 256;
    private static final long SEGMENT_BYTES_MIN = 256L * CHUNK_BYTES_MAX;
    private static final int SEGMENTS_MAX = 64;
    /** What the fullest segment has, against the mean: hashing 256 full pieces to each has a standard deviation of 1/16. */
    private static final double FULLEST_SEGMENT = 1.6;
    private static final int HEADER_STATE_AT = 8;
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final ThreadLocal<Arguments> ARGUMENTS = ThreadLocal.withInitial(Arguments::new);

    private final ChronicleMap<byte[], byte[]> map;
    private final long bytesMax;
    private final long piecesMax;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong pieces = new AtomicLong();

    /** Meets a piece. */
    @FunctionalInterface
    public interface Visitor {
        /** @param length bytes of the piece when it was met */
        void chunk(long id, int index, int length);
    }

    private ChunkMap(ChronicleMap<byte[], byte[]> map, long bytesMax) {
        this.map = map;
        this.bytesMax = bytesMax;
        this.piecesMax = piecesMax(bytesMax);
    }

    /**
     * A new, empty map; a file that is there is replaced.
     *
     * @param bytesMax limit of the bytes of all pieces together
     * @throws TierTwoUnavailableException this JVM cannot do it
     */
    public static ChunkMap create(Path file, long bytesMax) throws IOException {
        TierTwoRuntime.prepare();
        Files.deleteIfExists(file);
        ChunkMap created = new ChunkMap(builder(bytesMax).createPersistedTo(file.toFile()), bytesMax);
        created.writeLimit();
        return created;
    }

    /**
     * The map of a process that is gone, however it ended; entries that are damaged are dropped. Reads everything: seconds for gigabytes.
     *
     * @throws IOException there is no file, it is not a map that was completed, or it was made for a smaller limit: create one and fill it again
     * @throws TierTwoUnavailableException this JVM cannot do it
     */
    public static ChunkMap recover(Path file, long bytesMax) throws IOException {
        TierTwoRuntime.prepare();
        requireComplete(file);
        ChunkMap found;
        try {
            found = new ChunkMap(builder(bytesMax).recoverPersistedTo(file.toFile(), false, damage -> {}), bytesMax);
        } catch (ChronicleHashRecoveryFailedException e) {
            throw new IOException(file + " cannot be recovered", e);
        }
        long madeFor = found.readLimit();
        if (madeFor < bytesMax) {
            found.close();
            throw new IOException(file + " was made for bytesMax=" + madeFor + ", asked for is bytesMax=" + bytesMax);
        }
        found.forEach((_, _, length) -> {
            found.bytes.addAndGet(length);
            found.pieces.incrementAndGet();
        });
        return found;
    }

    private static ChronicleMapBuilder<byte[], byte[]> builder(long bytesMax) {
        if (bytesMax < 1) {
            throw new IllegalArgumentException("bytesMax=" + bytesMax);
        }
        int segments = Math.clamp(Long.highestOneBit(bytesMax / SEGMENT_BYTES_MIN), 1, SEGMENTS_MAX);
        double share = (segments == 1 ? 1 : FULLEST_SEGMENT) / segments;
        long segmentPieces = (long) (share * piecesMax(bytesMax)) + 4; // the limit's entry, one that is being replaced, and rounding
        long segmentBlocks = (long) (share * bytesMax / BLOCK_BYTES) + PIECE_BLOCKS_MAX * segmentPieces;
        return ChronicleMapBuilder.of(byte[].class, byte[].class)
                .name("marrow-tier-two")
                .constantKeySizeBySample(new byte[Arguments.KEY_BYTES])
                .entries(segments * segmentPieces)
                .actualSegments(segments)
                .entriesPerSegment(segmentPieces)
                .actualChunkSize(BLOCK_BYTES)
                .actualChunksPerSegmentTier(segmentBlocks)
                .allowSegmentTiering(false) // Chronicle's recovery forgets the tiers of a segment that lie behind an empty one
                .sparseFile(true) // or it would want the whole length free on the disk
                .checksumEntries(true)
                .putReturnsNull(true)
                .removeReturnsNull(true)
                .skipCloseOnExitHook(true);
    }

    private static long piecesMax(long bytesMax) {
        return bytesMax / PIECE_BYTES_MEAN_MIN + PIECES_MORE;
    }

    /** Chronicle's recovery waits a minute for a process that is gone to complete its map, and then fails. */
    private static void requireComplete(Path file) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_STATE_AT + Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file)) {
            channel.read(header);
        }
        if (header.hasRemaining() || header.getInt(HEADER_STATE_AT) <= 0) {
            throw new IOException(file + " was not completed");
        }
    }

    private void writeLimit() {
        write(0, 0, KIND_LIMIT, MemorySegment.ofArray(new long[] {bytesMax}));
        bytes.set(0);
        pieces.set(0);
    }

    private long readLimit() {
        long[] limit = {0};
        read(0, 0, KIND_LIMIT, 0, MemorySegment.ofArray(limit), 0, Long.BYTES);
        return limit[0];
    }

    /**
     * Copies the bytes, replacing what was there. The segment must stay alive meanwhile.
     *
     * @param piece 1..{@link #CHUNK_BYTES_MAX} bytes
     * @throws TierTwoFullException {@link #bytesMax} would be passed; or pieces too small for the limit would get too many. Nothing was changed.
     */
    public void put(long id, int index, MemorySegment piece) {
        if (piece.byteSize() < 1 || piece.byteSize() > CHUNK_BYTES_MAX || !piece.scope().isAlive()) {
            throw new IllegalArgumentException("a piece has 1.." + CHUNK_BYTES_MAX + " bytes of memory that is alive: " + piece);
        }
        write(id, index, KIND_PIECE, piece);
    }

    private void write(long id, int index, int kind, MemorySegment piece) {
        Arguments arguments = ARGUMENTS.get();
        try (ExternalMapQueryContext<byte[], byte[], ?> query = query(arguments, id, index, kind)) {
            query.updateLock().lock();
            MapEntry<byte[], byte[]> entry = query.entry();
            Data<byte[]> value = query.wrapValueBytesAsData(arguments.value(piece), 0, piece.byteSize());
            if (entry == null) {
                reserve(value.size(), 1);
                query.insert(query.absentEntry(), value);
            } else {
                reserve(value.size() - entry.value().size(), 0);
                query.replaceValue(entry, value);
            }
        } finally {
            Reference.reachabilityFence(piece);
        }
    }

    private void reserve(long bytesMore, int piecesMore) {
        if (piecesMore > 0 && pieces.getAndAdd(piecesMore) >= piecesMax) {
            pieces.getAndAdd(-piecesMore);
            throw new TierTwoFullException("tier two is full: " + piecesMax + " pieces (--tier-two " + bytesMax + ")");
        }
        long now;
        do {
            now = bytes.get();
            if (bytesMore > 0 && now + bytesMore > bytesMax) {
                pieces.getAndAdd(-piecesMore);
                throw new TierTwoFullException("tier two is full: " + now + " bytes of " + bytesMax + " (--tier-two)");
            }
        } while (!bytes.compareAndSet(now, now + bytesMore));
    }

    /**
     * Copies bytes [from, from + length) of the piece.
     *
     * @return false: there is no such piece, or it is shorter
     */
    public boolean read(long id, int index, int from, MemorySegment target, long targetOffset, int length) {
        return read(id, index, KIND_PIECE, from, target, targetOffset, length);
    }

    private boolean read(long id, int index, int kind, int from, MemorySegment target, long targetOffset, int length) {
        if (from < 0) {
            throw new IndexOutOfBoundsException("from=" + from);
        }
        try (ExternalMapQueryContext<byte[], byte[], ?> query = query(ARGUMENTS.get(), id, index, kind)) {
            query.readLock().lock();
            MapEntry<byte[], byte[]> entry = query.entry();
            if (entry == null || (long) from + length > entry.value().size()) {
                return false;
            }
            Data<byte[]> value = entry.value();
            MemorySegment.copy(MEMORY, value.bytes().addressForRead(value.offset()) + from, target, targetOffset, length);
            return true;
        }
    }

    /**
     * Bytes of the piece from {@code from} on, where they lie in the file's memory: good until the piece is removed or replaced, or the map closed;
     * nothing else moves them. The caller sees to it that nobody does these.
     *
     * @param from below the piece's length
     * @return empty: there is no such piece, or it is not so long
     */
    public Optional<MemorySegment> view(long id, int index, int from) {
        try (ExternalMapQueryContext<byte[], byte[], ?> query = query(ARGUMENTS.get(), id, index, KIND_PIECE)) {
            query.readLock().lock();
            MapEntry<byte[], byte[]> entry = query.entry();
            if (entry == null || from < 0 || from >= entry.value().size()) {
                return Optional.empty();
            }
            Data<byte[]> value = entry.value();
            return Optional.of(MEMORY.asSlice(value.bytes().addressForRead(value.offset()) + from, value.size() - from).asReadOnly());
        }
    }

    /** Bytes of the piece; -1: there is none. */
    public int length(long id, int index) {
        try (ExternalMapQueryContext<byte[], byte[], ?> query = query(ARGUMENTS.get(), id, index, KIND_PIECE)) {
            query.readLock().lock();
            MapEntry<byte[], byte[]> entry = query.entry();
            return entry == null ? -1 : (int) entry.value().size();
        }
    }

    /** Nothing happens when there is no such piece. */
    public void remove(long id, int index) {
        try (ExternalMapQueryContext<byte[], byte[], ?> query = query(ARGUMENTS.get(), id, index, KIND_PIECE)) {
            query.updateLock().lock();
            MapEntry<byte[], byte[]> entry = query.entry();
            if (entry != null) {
                long length = entry.value().size();
                query.remove(entry);
                bytes.getAndAdd(-length);
                pieces.getAndDecrement();
            }
        }
    }

    private ExternalMapQueryContext<byte[], byte[], ?> query(Arguments arguments, long id, int index, int kind) {
        return map.queryContext(arguments.key(id, index, kind), 0, Arguments.KEY_BYTES);
    }

    /** Every piece, in no order; pieces that are put or removed meanwhile may or may not be met. No lock is held while the visitor is called. */
    public void forEach(Visitor visitor) {
        Found found = new Found();
        for (int segment = 0; segment < map.segments(); segment++) {
            try (MapSegmentContext<byte[], byte[], ?> context = map.segmentContext(segment)) {
                context.forEachSegmentEntry(found::add);
            }
            found.drainTo(visitor);
        }
    }

    /** Bytes of all pieces now. */
    public long bytes() {
        return bytes.get();
    }

    public long bytesMax() {
        return bytesMax;
    }

    /** Waits for calls of other threads; later ones fail. The file stays, for {@link #recover}. */
    @Override
    public void close() {
        map.close();
    }

    /** The pieces of one segment: two longs each. */
    private static final class Found {
        private long[] words = new long[512];
        private int count;

        void add(MapEntry<byte[], byte[]> entry) {
            Data<byte[]> key = entry.key();
            if (key.bytes().readInt(key.offset() + Arguments.KIND_AT) != KIND_PIECE) {
                return;
            }
            if (count == words.length) {
                words = Arrays.copyOf(words, 2 * count);
            }
            words[count++] = key.bytes().readLong(key.offset());
            words[count++] = (long) key.bytes().readInt(key.offset() + Arguments.INDEX_AT) << Integer.SIZE | entry.value().size();
        }

        void drainTo(Visitor visitor) {
            for (int i = 0; i < count; i += 2) {
                visitor.chunk(words[i], (int) (words[i + 1] >> Integer.SIZE), (int) words[i + 1]);
            }
            count = 0;
        }
    }
}
