package dev.marrow.stress.load;

import dev.marrow.stress.crash.Refusal;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What went wrong in a run: all of it is counted, the first of it kept as text. Thread-safe. */
final class Troubles {
    static final int TEXTS_MAX = 10;
    private static final int TEXT_CHARACTERS_MAX = 300;

    private final Map<OperationKind, Long> errors = new EnumMap<>(OperationKind.class);
    private final List<String> texts = new ArrayList<>();
    private final boolean endsExpected;
    private long lostConnections;
    private long refused;
    private long givenUp;
    private long unanswered;
    private long unsent;
    private long silent;

    /** @param endsExpected whether connections are ended on purpose: then they are counted, and no errors */
    Troubles(boolean endsExpected) {
        this.endsExpected = endsExpected;
    }

    /** A reply that is an error, or another one than the operation must get. What a server says that ends on purpose is none. */
    synchronized void wrong(OperationKind kind, String text) {
        if (endsExpected && Refusal.is(text)) {
            refused++;
            return;
        }
        errors.merge(kind, 1L, Long::sum);
        note(text);
    }

    /**
     * A connection ended.
     *
     * @param operations under way on it, which may or may not have been executed
     */
    synchronized void lost(long operations, String text) {
        lostConnections++;
        unanswered += operations;
        if (!endsExpected) {
            note(text);
        }
    }

    /** A connection could not be made again. */
    synchronized void givenUp(String text) {
        givenUp++;
        note(text);
    }

    /** Operations that were due and had not been sent when the time was over. */
    synchronized void unsent(long operations) {
        unsent += operations;
    }

    private void note(String text) {
        if (texts.size() < TEXTS_MAX) {
            texts.add(text.length() > TEXT_CHARACTERS_MAX ? text.substring(0, TEXT_CHARACTERS_MAX) + "…" : text);
        } else {
            silent++;
        }
    }

    synchronized long errors(OperationKind kind) {
        return errors.getOrDefault(kind, 0L);
    }

    /** Wrong replies, and connections that were not ended on purpose, or could not be made again. */
    synchronized long all() {
        return errors.values().stream().mapToLong(Long::longValue).sum() + (endsExpected ? 0 : lostConnections) + givenUp;
    }

    synchronized long lostConnections() {
        return lostConnections;
    }

    /** Operations that a server refused which could not write its log; none of them was executed. */
    synchronized long refused() {
        return refused;
    }

    synchronized long unanswered() {
        return unanswered;
    }

    synchronized long unsent() {
        return unsent;
    }

    /** The first ones, and how many more there were. */
    synchronized List<String> texts() {
        List<String> told = new ArrayList<>(texts);
        if (silent > 0) {
            told.add("and " + silent + " more");
        }
        return told;
    }
}
