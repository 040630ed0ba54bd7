package dev.marrow.stress.crash;

import java.util.ArrayList;
import java.util.List;

/** What a run found wrong, and how much was checked. Thread-safe. */
public final class Findings {
    /** Most findings kept as text; all are counted. */
    private static final int TEXTS_MAX = 20;
    private static final int TEXT_CHARACTERS_MAX = 400;

    private final List<String> texts = new ArrayList<>();
    private String context = "";
    private long acknowledged;
    private long large;
    private long read;
    private long lost;
    private long wrong;
    private long undecided;

    /** Where in the run what follows belongs. */
    synchronized void context(String text) {
        context = text;
    }

    synchronized void acknowledged(long count) {
        acknowledged += count;
    }

    /** Of those acknowledged: changes of keys whose values are large. */
    synchronized void acknowledgedLarge() {
        acknowledged++;
        large++;
    }

    synchronized void read(long count) {
        read += count;
    }

    /** Promised changes that are gone. */
    synchronized void lost(long count, String text) {
        lost += count;
        note("lost " + count + ": " + text);
    }

    /** A reply or a state that no order of the operations explains, or a server that did not do what it had to. */
    public synchronized void wrong(String text) {
        wrong++;
        note("wrong: " + text);
    }

    /** A history that a search with a bound could not decide: nothing is known to be wrong, or right. */
    synchronized void undecided(String text) {
        undecided++;
        note("undecided: " + text);
    }

    private void note(String text) {
        if (texts.size() < TEXTS_MAX) {
            String whole = context + ": " + text;
            texts.add(whole.length() > TEXT_CHARACTERS_MAX ? whole.substring(0, TEXT_CHARACTERS_MAX) + "…" : whole);
        }
    }

    public synchronized boolean clean() {
        return lost == 0 && wrong == 0 && undecided == 0;
    }

    public synchronized long acknowledged() {
        return acknowledged;
    }

    public synchronized long large() {
        return large;
    }

    public synchronized long read() {
        return read;
    }

    public synchronized long lost() {
        return lost;
    }

    public synchronized long wrong() {
        return wrong;
    }

    public synchronized long undecided() {
        return undecided;
    }

    public synchronized List<String> texts() {
        return List.copyOf(texts);
    }
}
