package dev.marrow.recovery.tiertwo;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Which values are being read, and which nobody may begin to read: whoever frees one waits for its readers. */
final class Pins {
    private final Map<Long, Integer> readers = new HashMap<>();
    private final Set<Long> doomed = new HashSet<>();

    /** One more reader; false when it is to be freed. */
    synchronized boolean pin(long id) {
        if (doomed.contains(id)) {
            return false;
        }
        readers.merge(id, 1, Integer::sum);
        return true;
    }

    /** One reader less; whether the value is to be freed now. */
    synchronized boolean unpin(long id) {
        boolean last = readers.merge(id, -1, Integer::sum) == 0;
        if (last) {
            readers.remove(id);
        }
        return last && doomed.contains(id);
    }

    /** No new readers; whether the value is to be freed now. */
    synchronized boolean doom(long id) {
        return doomed.add(id) && !readers.containsKey(id);
    }

    /** Its chunks are gone. */
    synchronized void freed(long id) {
        doomed.remove(id);
    }
}
