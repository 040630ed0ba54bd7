package dev.marrow.stress.fuse;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Counts the calls that change a disk, and decides which of them fails, once, and how. Thread-safe. */
public final class Faults {
    /** What the chosen call meets. */
    public enum Kind {
        /** Fails with "Input/output error"; a failed sync loses part of what it should have made durable. All calls but mkdir are counted. */
        EIO,
        /** Fails with "No space left on device". All calls but mkdir are counted. */
        ENOSPC,
        /** Writes half and says so. Only writes are counted. */
        SHORT_WRITE,
        /** Writes half and fails with EIO. Only writes are counted. */
        TORN_WRITE,
        /** From this call on, which is not executed either, nothing reaches the disk: every call fails with EIO. */
        POWER_OFF,
        /** The same. Only syncs are counted, so that something is written and not synced. */
        POWER_OFF_AT_SYNC;

        /** Whether this kind counts such a call. */
        public boolean counts(Call call) {
            return switch (this) {
                case SHORT_WRITE, TORN_WRITE -> call.operation.equals(Call.WRITE);
                case POWER_OFF_AT_SYNC -> call.operation.equals(Call.SYNC);
                // Java's createDirectories tries a mkdir again
                case EIO, ENOSPC -> !call.operation.equals(Call.MKDIR);
                case POWER_OFF -> true;
            };
        }
    }

    /** A call that changes the disk. */
    public record Call(String operation, String path) {
        static final String WRITE = "write";
        static final String SYNC = "fsync";
        static final String MKDIR = "mkdir";

        @Override
        public String toString() {
            return operation + " of " + path;
        }
    }

    enum Verdict {
        PROCEED, EIO, ENOSPC, HALF, HALF_THEN_EIO;

        boolean fails() {
            return this != PROCEED && this != HALF;
        }
    }

    private static final int RECORDED_MAX = 50_000;

    private final List<Call> recorded = new ArrayList<>();
    private Optional<Armed> armed = Optional.empty();
    private Optional<Call> fired = Optional.empty();
    private Optional<BadPlace> bad = Optional.empty();
    private boolean off;
    private long left;

    private record Armed(Kind kind, Runnable hook) {}

    /**
     * Where a write failed. The kernel hands on one write in pieces; the failure of a later piece only makes that write a short one, and whoever wrote
     * tries again from there. A bad place is still bad then.
     */
    private record BadPlace(String path, long offset, Verdict verdict) {}

    /**
     * From now on the {@code number}-th call meets this.
     *
     * @param number 1 for the next
     * @param hook run inside that call, before it returns; it must not touch the file system
     */
    public synchronized void arm(Kind kind, long number, Runnable hook) {
        armed = Optional.of(new Armed(kind, hook));
        fired = Optional.empty();
        left = number;
    }

    /** Nothing fails any more, and the power is on. */
    public synchronized void heal() {
        armed = Optional.empty();
        bad = Optional.empty();
        off = false;
    }

    /** The place where a write failed is good again. A fault that is armed stays so. */
    public synchronized void remap() {
        bad = Optional.empty();
    }

    /** The power goes, between two calls. */
    public synchronized void powerOff() {
        off = true;
    }

    public synchronized boolean isOff() {
        return off;
    }

    /** The call that met the fault, once one did. */
    public synchronized Optional<Call> fired() {
        return fired;
    }

    /** The calls so far, in order; no more than the first 50,000. */
    public synchronized List<Call> recorded() {
        return List.copyOf(recorded);
    }

    synchronized Verdict next(Call call) {
        if (off) {
            return Verdict.EIO;
        }
        if (recorded.size() < RECORDED_MAX) {
            recorded.add(call);
        }
        if (armed.isEmpty() || !armed.get().kind.counts(call) || --left > 0) {
            return Verdict.PROCEED;
        }
        Armed now = armed.get();
        armed = Optional.empty();
        fired = Optional.of(call);
        off = now.kind == Kind.POWER_OFF || now.kind == Kind.POWER_OFF_AT_SYNC;
        now.hook.run();
        return verdict(now.kind);
    }

    /** The same for a write. */
    synchronized Verdict nextWrite(String path, long offset) {
        Verdict verdict = next(new Call(Call.WRITE, path));
        if (off) {
            return verdict;
        }
        if (verdict.fails()) {
            bad = Optional.of(new BadPlace(path, offset, verdict));
        }
        return bad.filter(place -> place.path.equals(path) && place.offset == offset).map(BadPlace::verdict).orElse(verdict);
    }

    private static Verdict verdict(Kind kind) {
        return switch (kind) {
            case EIO, POWER_OFF, POWER_OFF_AT_SYNC -> Verdict.EIO;
            case ENOSPC -> Verdict.ENOSPC;
            case SHORT_WRITE -> Verdict.HALF;
            case TORN_WRITE -> Verdict.HALF_THEN_EIO;
        };
    }
}
