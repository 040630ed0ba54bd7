package dev.marrow.stress.compat;

import java.util.List;

/**
 * One server and what became of each file of tests on it, in the list's order.
 *
 * @param required whether a failure here is a failure of the run: false for the server that others are only compared with
 */
record Side(String name, boolean required, List<UnitResult> results) {

    int passes() {
        return results.stream().mapToInt(result -> result.passed().size()).sum();
    }

    int failures() {
        return results.stream().mapToInt(result -> result.failed().size()).sum();
    }
}
