package dev.marrow.stress.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The states through which one writer takes what is his, and how far of them clients know. After a crash the store must be at a point of the line
 * that is not before anything acknowledged or read, and not behind what was sent. Whoever uses it does the locking.
 */
final class HistoryLine<S> {
    /** states[i] is after operation i; states[0] was recovered. */
    private final List<S> states = new ArrayList<>();
    private int acknowledged;
    private int read;
    private int synced;

    HistoryLine(S first) {
        states.add(first);
    }

    /** After everything that was sent. */
    S last() {
        return states.getLast();
    }

    S at(int point) {
        return states.get(point);
    }

    int lastPoint() {
        return states.size() - 1;
    }

    /** One more operation is in flight; returns its point. */
    int add(S next) {
        states.add(next);
        return lastPoint();
    }

    void acknowledged(int point) {
        acknowledged = point;
    }

    void read(int point) {
        read = Math.max(read, point);
    }

    void synced(int point) {
        synced = Math.max(synced, point);
    }

    /** The earliest point at which a client that asks now may find it. */
    int low() {
        return Math.max(acknowledged, read);
    }

    /** The earliest point at which a start may find it. */
    int low(Promise promise) {
        return promise == Promise.SYNCED ? synced : low();
    }

    /** The first point from {@code low} on that explains what was seen. */
    Optional<Integer> pointOf(int low, Predicate<S> explains) {
        for (int i = low; i < states.size(); i++) {
            if (explains.test(states.get(i))) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    /** The last point before {@code low} that explains what was seen, which must not have been. */
    Optional<Integer> pointBefore(int low, Predicate<S> explains) {
        for (int i = low - 1; i >= 0; i--) {
            if (explains.test(states.get(i))) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    /** A new line begins with what was recovered. */
    void restart(S recovered) {
        states.clear();
        states.add(recovered);
        acknowledged = 0;
        read = 0;
        synced = 0;
    }
}
