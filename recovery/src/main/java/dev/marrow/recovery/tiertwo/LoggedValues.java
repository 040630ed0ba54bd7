package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.Stub;
import dev.marrow.wal.BatchReader;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogScan;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Large values where base, log and ring have them, for whoever is not the server: nothing is copied or changed, and no lock of the chunk map's is
 * taken, which would stay in it should this process be killed. What has been found stays readable until this is closed, even when a checkpoint
 * deletes the files. Eight bytes of heap for each chunk.
 */
public final class LoggedValues implements Closeable {
    private static final int OFFSET_BITS = 44;
    private static final long NOWHERE = 0; // before every record there is a header

    /** A value all of whose bytes are there. */
    public final class Value {
        private final Stub stub;
        private final long[] places;

        private Value(Stub stub, long[] places) {
            this.stub = stub;
            this.places = places;
        }

        /** In bytes. */
        public long length() {
            return stub.length();
        }

        /** All are {@link Abi#VALUE_BYTES_MAX} long, but for the last. */
        public int pieces() {
            return stub.chunks();
        }

        /** Valid until this is closed. A disk that does not deliver it is an InternalError when it is read. */
        public MemorySegment piece(int index) {
            long place = places[index];
            return memories.get((int) (place >>> OFFSET_BITS)).asSlice(place & (1L << OFFSET_BITS) - 1, pieceLength(stub, index));
        }
    }

    private final Map<Long, long[]> found = new HashMap<>();
    private final List<MemorySegment> memories = new ArrayList<>();
    private final List<BatchReader> readers = new ArrayList<>();

    private LoggedValues() {}

    /**
     * Looks for values. Reads base and log once.
     *
     * @param stubs of the values, by id
     * @param log   as it was scanned
     * @param ring  records that are not in the log, perhaps none; nobody may reuse their place before this is closed
     * @throws dev.marrow.wal.LogDamagedException base or log are not what was written, or were replaced meanwhile
     */
    public static LoggedValues find(Map<Long, Stub> stubs, LogDirectory directory, LogScan log, MemorySegment ring) throws IOException {
        LoggedValues values = new LoggedValues();
        try {
            ChunkWalk walk = new ChunkWalk(stubs, values::note);
            values.read(walk, BatchReader.base(directory));
            values.read(walk, BatchReader.log(directory, log));
            walk.read(ring, 0, ring.byteSize());
            return values;
        } catch (IOException | RuntimeException | Error e) {
            values.close();
            throw e;
        }
    }

    private void read(ChunkWalk walk, BatchReader reader) throws IOException {
        readers.add(reader);
        walk.read(reader);
    }

    private void note(Stub stub, int index, MemorySegment memory, long offset, int length) {
        if (memories.isEmpty() || memories.getLast() != memory) {
            memories.add(memory);
        }
        long place = (memories.size() - 1L) << OFFSET_BITS | offset;
        found.computeIfAbsent(stub.id(), _ -> new long[stub.chunks()])[index] = length == pieceLength(stub, index) ? place : NOWHERE;
    }

    private static int pieceLength(Stub stub, int index) {
        return (int) Math.min(Abi.VALUE_BYTES_MAX, stub.length() - (long) index * Abi.VALUE_BYTES_MAX);
    }

    /** Empty: some of its bytes are not there. */
    public Optional<Value> open(Stub stub) {
        long[] places = found.getOrDefault(stub.id(), new long[stub.chunks()]);
        for (long place : places) {
            if (place == NOWHERE) {
                return Optional.empty();
            }
        }
        return Optional.of(new Value(stub, places));
    }

    /** What is to be said of values that ought to be there. */
    public static IOException lack(List<Stub> missing) {
        return ChunkWalk.lack(missing);
    }

    /** No piece may be in use any more. */
    @Override
    public void close() {
        readers.forEach(BatchReader::close);
    }
}
