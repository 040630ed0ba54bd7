package dev.marrow.engine.doctor;

import java.util.Objects;

/**
 * One requirement and what this machine has.
 *
 * @param name   what is looked at, a few words
 * @param verdict whether it suffices
 * @param found  what is there
 * @param needed what Marrow needs
 * @param remedy how to get it; empty when the verdict is {@link Verdict#OK}
 */
public record Check(String name, Verdict verdict, String found, String needed, String remedy) {

    /** Whether a machine suffices in one point. */
    public enum Verdict {
        OK,
        /** Marrow runs, but worse than it could. */
        WARNING,
        /** Marrow cannot run. */
        MISSING
    }

    public Check {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(verdict, "verdict");
        Objects.requireNonNull(found, "found");
        Objects.requireNonNull(needed, "needed");
        Objects.requireNonNull(remedy, "remedy");
        if (verdict == Verdict.OK && !remedy.isEmpty()) {
            throw new IllegalArgumentException("a remedy for what is in order: name=" + name);
        }
        if (verdict != Verdict.OK && remedy.isEmpty()) {
            throw new IllegalArgumentException("no remedy: name=" + name);
        }
    }

    /** Whether Marrow can run as far as this point goes; a warning does not stop it. */
    public boolean ok() {
        return verdict != Verdict.MISSING;
    }

    /** OK, with no remedy, if {@code holds}; else {@code otherwise} with the remedy. */
    static Check of(String name, boolean holds, Verdict otherwise, String found, String needed, String remedy) {
        return holds ? new Check(name, Verdict.OK, found, needed, "") : new Check(name, otherwise, found, needed, remedy);
    }
}
