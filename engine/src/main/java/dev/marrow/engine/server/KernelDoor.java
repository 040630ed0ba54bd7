package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.Staging;
import dev.marrow.engine.command.Kernel;
import dev.marrow.engine.command.RefusedException;
import dev.marrow.engine.command.Session;
import dev.marrow.engine.command.StoreInfo;
import dev.marrow.engine.command.Transaction;
import dev.marrow.engine.command.TransactionOutrunException;
import dev.marrow.engine.command.TransactionTooLargeException;
import dev.marrow.engine.resp.RequestParser;
import dev.marrow.recovery.tiertwo.TierTwoFullException;
import dev.marrow.recovery.tiertwo.TierTwoUnavailableException;
import dev.marrow.recovery.tiertwo.Upload;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.concurrent.locks.LockSupport;

/**
 * What cold commands do in the kernel: hot commands as RESP through a slot of their own, beside the one in which the loop's
 * batch lies. One an event loop.
 */
final class KernelDoor implements Kernel, Upload.Log {
    private static final int SWEEP_BUCKETS = 1 << 14;
    /** Runs of a scan that may end inside one home, whose keys are written to all the time; each has thousands of attempts. */
    private static final int SCAN_RUNS_MAX = 10_000;
    /** Attempts of a transaction over staged keys without a pause: others may run it down by writing to its keys all the time. */
    private static final int ATTEMPTS_AT_ONCE = 100;
    /** Attempts that keep nobody off the keys. */
    private static final int ATTEMPTS_WITHOUT_HOLD = 4;
    private static final long ATTEMPT_PAUSE_NANOS = 20_000;

    private final Server server;
    private final IoSlot slot;

    KernelDoor(Server server, IoSlot slot) {
        this.server = server;
        this.slot = slot;
    }

    @Override
    public Optional<byte[]> execute(Session session, List<byte[]> command) {
        return execute((Connection) session, RequestParser.encode(command), System.nanoTime());
    }

    private Optional<byte[]> execute(Connection session, byte[] command, long startNanos) {
        if (command.length > Abi.IN_BYTES) {
            throw new RefusedException("ERR command is too long");
        }
        MemorySegment.copy(command, 0, slot.in(), ValueLayout.JAVA_BYTE, 0, command.length);
        int flags = session.requestFlags() & ~Abi.REQUEST_PASS_ALL;
        while (true) {
            boolean stalled = System.nanoTime() - startNanos > server.stallTimeoutNanos() || server.isStopping();
            slot.request(0, 0, command.length, stalled ? flags | Abi.REQUEST_FAIL_STALLED : flags);
            slot.serve(1);
            switch (slot.status(0)) {
                case Abi.STATUS_DONE -> {
                    if (slot.writes(0) > 0) {
                        session.coldStarted = true;
                        server.wrote();
                    }
                    session.wrote(slot.writePosition(0));
                    session.waitFor(slot.waitPosition(0));
                    return Optional.of(slot.out().asSlice(slot.outOffset(0), slot.outEnd(0) - slot.outOffset(0)).toArray(ValueLayout.JAVA_BYTE));
                }
                case Abi.STATUS_COLD -> {
                    return Optional.empty();
                }
                case Abi.STATUS_RING_FULL, Abi.STATUS_GROWING, Abi.STATUS_BUSY -> {
                    server.log().wake();
                    server.memory().wakeIfNeeded();
                    throw new StalledException();
                }
                default -> throw new IllegalStateException("a hot command came back: status=" + slot.status(0));
            }
        }
    }

    @Override
    public <T> T transact(Session session, Collection<byte[]> keys, Patience patience, Function<Transaction, T> body) {
        return transact((Connection) session, keys, true, patience, body);
    }

    @Override
    public <T> T transactWithoutValues(Session session, Collection<byte[]> keys, Patience patience, Function<Transaction, T> body) {
        return transact((Connection) session, keys, false, patience, body);
    }

    private <T> T transact(Connection session, Collection<byte[]> keys, boolean withValues, Patience patience, Function<Transaction, T> body) {
        Staging staging = server.store().staging();
        long startNanos = System.nanoTime();
        for (int attempt = 0;; attempt++) {
            synchronized (staging) {
                KernelTransaction transaction =
                        new KernelTransaction(server, this, slot, session.requestFlags() & ~Abi.REQUEST_PASS_ALL, withValues);
                int status;
                T result;
                try {
                    // every other time the ordinary way, which clears up behind a FLUSHALL
                    status = transaction.begin(keys, attempt >= ATTEMPTS_WITHOUT_HOLD && attempt % 2 == 0);
                    result = status == 0 ? transaction.run(body) : null;
                    status = status == 0 ? transaction.commit() : status;
                } catch (KernelTransaction.ValueGoneException changed) {
                    status = Abi.STATUS_CHANGED;
                    result = null;
                } catch (Staging.TooLargeException e) {
                    throw new TransactionTooLargeException("ERR " + e.getMessage());
                } catch (TierTwoFullException full) {
                    throw new RefusedException("OOM " + full.getMessage());
                } catch (TierTwoUnavailableException unavailable) {
                    throw new RefusedException("ERR " + unavailable.getMessage());
                } finally {
                    transaction.end();
                }
                switch (status) {
                    case 0 -> {
                        if (transaction.writePosition() > 0) {
                            session.coldStarted = true;
                            session.wrote(transaction.writePosition());
                            server.wrote();
                        }
                        session.waitFor(transaction.waitPosition());
                        return result;
                    }
                    case Abi.STATUS_CHANGED, Abi.STATUS_BUSY -> { }
                    case Abi.STATUS_RING_FULL, Abi.STATUS_GROWING -> {
                        server.log().wake();
                        server.memory().wakeIfNeeded();
                        // an earlier part of the command is done and cannot be taken back: the rest follows, or the client hears of the error
                        if (!session.coldStarted) {
                            throw new StalledException();
                        }
                    }
                    case Abi.STATUS_MEMORY_FULL -> throw new RefusedException("OOM the memory budget (--memory) is used up");
                    case Abi.STATUS_TABLE_FULL -> throw new RefusedException("OOM the table is full (--capacity)");
                    default -> throw new IllegalStateException("the kernel side found an invariant broken: status=" + status);
                }
            }
            if (attempt >= ATTEMPTS_AT_ONCE) {
                if (patience == Patience.BRIEF || System.nanoTime() - startNanos > server.stallTimeoutNanos() || server.isStopping()) {
                    throw new TransactionOutrunException();
                }
                LockSupport.parkNanos(ATTEMPT_PAUSE_NANOS);
            }
        }
    }

    /** A chunk of a large value into the ring. */
    @Override
    public long append(long id, int index, MemorySegment bytes) {
        slot.appendChunk(id, index, bytes);
        if (slot.batchStatus() != 0) {
            server.log().wake();
            return 0;
        }
        server.appended();
        return slot.batchResult();
    }

    @Override
    public long keys() {
        return server.store().counters().keys();
    }

    @Override
    public long keysObserved(Session session) {
        long keys = keys();
        session.waitFor(server.store().ring().producerPosition());
        return keys;
    }

    @Override
    public long buckets() {
        return server.store().geometry().bucketCount();
    }

    @Override
    public Keys scanKeys(Session session, long first, int buckets, int keys) {
        List<byte[]> found = new ArrayList<>();
        KeyRecords records = new KeyRecords(found);
        slot.beginScan(first);
        int runs = 0;
        do {
            if (runs++ > 0) {
                LockSupport.parkNanos(ATTEMPT_PAUSE_NANOS);
            }
            if (runs > SCAN_RUNS_MAX) {
                throw new RefusedException("ERR the scan found no end: others change the same keys all the time");
            }
            slot.scanKeys(slot.insideHome() ? 1 : buckets, keys);
            records.add(slot.out(), slot.scannedBytes());
        } while (slot.insideHome());
        session.waitFor(server.store().ring().producerPosition());
        return new Keys(found, slot.batchCursor());
    }

    @Override
    public void flush(Session session) {
        synchronized (server.store()) {
            slot.flush();
            if (slot.batchStatus() == Abi.STATUS_RING_FULL) {
                server.log().wake();
                throw new StalledException();
            }
            ((Connection) session).wrote(slot.batchResult());
            session.waitFor(slot.batchResult());
            server.log().wake();
            sweep(IoSlot.Sweep.STALE);
            server.tierTwo().collectSoon();
        }
    }

    /** Gives the memory of what FLUSHALL removed back before it is answered, as Redis does. */
    private void sweep(IoSlot.Sweep what) {
        int buckets = server.store().geometry().bucketCount();
        for (long first = 0; first < buckets; first = slot.batchCursor()) {
            slot.sweep(first, SWEEP_BUCKETS, what);
        }
    }

    @Override
    public StoreInfo info() {
        return server.info();
    }
}
