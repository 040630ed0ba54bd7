package dev.marrow.stress.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** One fault, tried at one call after the other for a time, each in a directory of its own. */
final class CallRun {
    private CallRun() {}

    /** A store whose life has the fault at this call. */
    interface Case {
        /** @param dir empty, for everything that the case needs */
        Outcome strike(Path dir, long number) throws IOException, InterruptedException;
    }

    /**
     * How a case went.
     *
     * @param struck the call that met the fault, if it came so far
     * @param counts what clients were told, and what of it was lost or wrong
     * @param wrong all that was lost or wrong, in words
     */
    record Outcome(Optional<String> struck, CrashTable.Counts counts, List<String> wrong) {}

    /**
     * All cases of a run.
     *
     * @param calls how many calls there were to choose from
     */
    record Result(int calls, int cases, int reached, Set<String> struck, CrashTable.Counts counts, List<String> wrong) {
        @Override
        public String toString() {
            return "calls=" + calls + " cases=" + cases + " reached=" + reached + " wrong=" + wrong.size() + " struck=" + struck;
        }
    }

    /**
     * Runs cases until the time is over and the fault was reached often enough, or no call is left.
     *
     * @param name of the fault, for the texts
     * @param numbers calls in the order in which they are tried; 1 is the first call
     * @param reachedMin so often the fault must be met, however long that takes
     */
    static Result run(String name, Path parent, List<Long> numbers, double seconds, int reachedMin, Case fault)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        Set<String> struck = new LinkedHashSet<>();
        List<String> wrong = new ArrayList<>();
        CrashTable.Counts counts = CrashTable.Counts.NONE;
        int cases = 0;
        int reached = 0;
        for (long number : numbers) {
            if (reached >= reachedMin && System.nanoTime() > end) {
                break;
            }
            cases++;
            Outcome outcome = fault.strike(Files.createDirectory(parent.resolve(Long.toString(number))), number);
            reached += outcome.struck.isPresent() ? 1 : 0;
            outcome.struck.ifPresent(struck::add);
            counts = counts.plus(outcome.counts);
            String where = name + " at call " + number + outcome.struck.map(call -> ", " + call).orElse(", not reached");
            outcome.wrong.forEach(text -> wrong.add(where + ": " + text));
        }
        return new Result(numbers.size(), cases, reached, struck, counts, wrong);
    }
}
