package dev.marrow.stress.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Who comes when: peers are measured right after one another, and each round begins with another one. */
public final class Turns {
    private Turns() {}

    /** @param round from 0 */
    public static <T> List<T> of(List<T> peers, int round) {
        List<T> turns = new ArrayList<>(peers);
        Collections.rotate(turns, -(round % peers.size()));
        return turns;
    }
}
