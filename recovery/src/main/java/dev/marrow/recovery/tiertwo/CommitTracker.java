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
    private final Map<Long, Stub> committed = new HashMap<>();
    private final Set<Long> taken = new HashSet<>();

    void add(Stub stub) {
        if (!taken.contains(stub.id())) {
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

    /** Counts as taken; whether it was not. */
    boolean takes(long id) {
        committed.remove(id);
        return taken.add(id);
    }
}
