package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Stub;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What a scan of the table may miss: stubs that transactions commit while it runs. A new value's stub may come to a bucket that the scan has passed; so may
 * an old value's, under another key. The monitor of the staging area guards it, in which every stub is committed: what was committed
 * before {@link TierTwo#track} returned is in the table, what comes later is here.
 */
final class CommitTracker {
    private final long idBound;
    private final Map<Long, Stub> committed = new HashMap<>();
    private final Set<Long> taken = new HashSet<>();

    /** @param idBound values with this id or a higher one do not matter */
    CommitTracker(long idBound) {
        this.idBound = idBound;
    }

    /** Whether it matters, and has not been taken. */
    boolean wants(long id) {
        return id < idBound && !taken.contains(id);
    }

    void add(Stub stub) {
        if (wants(stub.id())) {
            committed.put(stub.id(), stub);
        }
    }

    /** What was committed since the last call, each value once in all; empty: nothing new. */
    Map<Long, Stub> take() {
        Map<Long, Stub> now = Map.copyOf(committed);
        committed.clear();
        taken.addAll(now.keySet());
        return now;
    }

    /** Counts as taken from now on. */
    void took(long id) {
        committed.remove(id);
        taken.add(id);
    }
}
