package dev.marrow.stress.compat;

import java.util.ArrayList;
import java.util.List;

/** What speaks against a run; nothing if it is as the list says. */
final class Verdict {
    private Verdict() {}

    /** One sentence for each failed test, unfinished file and stale name, and one for too few passes. */
    static List<String> complaints(SkipList list, List<Side> sides) {
        List<String> complaints = new ArrayList<>();
        for (Side side : sides) {
            for (UnitResult result : side.results()) {
                String where = side.name() + ", " + result.unit() + ": ";
                if (side.required()) {
                    result.failed().forEach(failure -> complaints.add(where + "'" + failure.name() + "' failed: " + failure.detail()));
                }
                result.unfinished().ifPresentOrElse(why -> complaints.add(where + "not finished: " + why), () -> stale(list, result)
                        .forEach(name -> complaints.add(where + "the list names '" + name + "', and no such test would have been run")));
            }
            if (side.required() && side.passes() < list.minimumPasses()) {
                complaints.add(side.name() + ": " + side.passes() + " tests passed, at least " + list.minimumPasses() + " must");
            }
        }
        return complaints;
    }

    /** Names that the harness never came to: a list that nobody would otherwise notice to be wrong. */
    private static List<String> stale(SkipList list, UnitResult result) {
        return list.names(result.unit()).stream().filter(name -> !result.skipped().contains(name)).toList();
    }
}
