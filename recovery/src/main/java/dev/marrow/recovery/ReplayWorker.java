package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.RedoRing;
import dev.marrow.wal.BatchReader;
import dev.marrow.wal.BatchReader.Batch;
import dev.marrow.wal.RedoRecords;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** One thread's part of a replay: record by record into its io slot, and through the load program into the table. */
final class ReplayWorker {
    /** While another thread adds memory: a slab takes milliseconds. */
    private static final long GROWTH_NANOS = 200_000;
    /** No room in so many looks, a second at the least, while no worker loads anything: the table is full. Not by time, which may be that of a pause. */
    private static final int FULL_LOOKS_MAX = 5_000;
    private static final int RECORD_ALIGNMENT = 8;
    private static final long HASH_FACTOR = 0x9e3779b97f4a7c15L;

    private final Replay replay;
    private final IoSlot slot;
    private final int worker;
    private final int workers;
    private int filled;
    /** Whether there are deletes in what is filled. */
    private boolean deletes;
    /** When there was no room: how much all workers had loaded, and how many looks ago. */
    private long loadsSeen = -1;
    private int looks;
    private boolean shuffled;

    /** @param worker number of this one of so many */
    ReplayWorker(Replay replay, IoSlot slot, int worker, int workers) {
        this.replay = replay;
        this.slot = slot;
        this.worker = worker;
        this.workers = workers;
    }

    /** Takes whole batches, each of which no other worker takes, and verifies them. Right for a base, which holds no deletes. */
    void loadBase(BatchReader shared) throws IOException {
        for (Optional<Batch> next = shared.next(); next.isPresent(); next = shared.next()) {
            Batch batch = next.get();
            batch.verify();
            long end = batch.payload() + batch.length();
            for (long at = batch.payload(); at < end;) {
                at = addRun(batch.file(), at, end);
            }
            replay.read(batch.length());
        }
        load();
    }

    /**
     * Takes this worker's keys out of all batches, in the log's order. So of one key's records none is loaded before an older one, whatever the other
     * workers do.
     */
    void loadLog(BatchReader own) throws IOException {
        shuffled = true;
        for (Optional<Batch> next = own.next(); next.isPresent(); next = own.next()) {
            Batch batch = next.get();
            RedoRecords.forEach(batch.file(), batch.payload(), batch.length(), (file, record, length) -> {
                int type = RedoRecords.type(file, record);
                if (type != Abi.REDO_CHUNK && isOurs(file, record)) {
                    add(file, record - RedoRing.HEADER_BYTES, stride(length));
                    deletes |= type == Abi.REDO_DELETE;
                }
            });
            replay.read(worker == 0 ? batch.length() : 0);
        }
        load();
    }

    /** By the ends of the key: an uneven split costs time, nothing else. */
    private boolean isOurs(MemorySegment file, long record) {
        int length = RedoRecords.keyLength(file, record);
        long hash = length;
        long key = record + Abi.REDO_HEADER_BYTES;
        for (int i = Math.max(0, length - Long.BYTES); i < length; i++) {
            hash = hash << Byte.SIZE ^ file.get(ValueLayout.JAVA_BYTE, key + i);
        }
        return Long.remainderUnsigned(hash * HASH_FACTOR >>> Integer.SIZE, workers) == worker;
    }

    /** As many records from {@code at} on as fit, up to a chunk, which is passed over; returns where the next one is. */
    private long addRun(MemorySegment file, long at, long end) {
        long next = at;
        while (next < end) {
            int bytes = stride(file.get(ValueLayout.JAVA_INT_UNALIGNED, next) & ~RedoRing.DISCARD_BIT);
            int type = RedoRecords.type(file, next + RedoRing.HEADER_BYTES);
            deletes |= type == Abi.REDO_DELETE;
            if (type == Abi.REDO_CHUNK) {
                copyRun(file, at, next);
                return next + bytes;
            }
            if (filled + next + bytes - at > Abi.IN_BYTES) {
                break;
            }
            next += bytes;
        }
        copyRun(file, at, next);
        if (next < end) {
            load();
        }
        return next;
    }

    private void copyRun(MemorySegment file, long from, long to) {
        MemorySegment.copy(file, from, slot.in(), filled, to - from);
        filled += (int) (to - from);
    }

    private void add(MemorySegment file, long at, int bytes) {
        if (filled + bytes > Abi.IN_BYTES) {
            load();
        }
        MemorySegment.copy(file, at, slot.in(), filled, bytes);
        filled += bytes;
    }

    private static int stride(int length) {
        return RedoRing.HEADER_BYTES + (length + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT;
    }

    private void load() {
        int from = 0;
        while (from < filled) {
            slot.load(from, filled, replay.flushVersion(), shuffled);
            replay.loadedStubs(slot.stubsLoaded());
            int next = (int) slot.batchCursor();
            if (next > from) {
                replay.loaded();
            }
            from = next;
            switch (slot.batchStatus()) {
                case 0, Abi.STATUS_BUSY -> { }
                case Abi.STATUS_GROWING -> LockSupport.parkNanos(GROWTH_NANOS);
                case Abi.STATUS_MEMORY_FULL, Abi.STATUS_TABLE_FULL -> {
                    dropTombstones(from);
                    awaitRoom();
                }
                default -> throw new IllegalStateException("load stopped: status=" + slot.batchStatus() + " offset=" + from);
            }
        }
        dropTombstones(filled);
        filled = 0;
        deletes = false;
    }

    /** Of the deletes among the records up to there. */
    private void dropTombstones(int end) {
        for (int from = 0; deletes && from < end; from = (int) slot.batchCursor()) {
            slot.dropTombstones(from, end, replay.flushVersion());
            if (slot.batchStatus() != 0 && slot.batchStatus() != Abi.STATUS_BUSY) {
                throw new IllegalStateException("tombstones stay: status=" + slot.batchStatus() + " offset=" + slot.batchCursor());
            }
        }
    }

    /** Another worker's tombstones may be what takes the room: they go with its batch. */
    private void awaitRoom() {
        replay.orStop();
        if (replay.loads() != loadsSeen) {
            loadsSeen = replay.loads();
            looks = 0;
        } else if (++looks > FULL_LOOKS_MAX) {
            throw replay.full();
        }
        LockSupport.parkNanos(GROWTH_NANOS);
    }
}
