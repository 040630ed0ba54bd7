package dev.marrow.stress.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final SkipList LIST = SkipList.parse(List.of("minimum-passes: 2", "[unit/a]", "no lists:", "    left out"));
    private static final UnitResult GOOD = new UnitResult("unit/a", List.of("one", "two"), List.of(), Set.of("left out"), Map.of(), Optional.empty());

    private static List<String> complaints(boolean required, UnitResult result) {
        return Verdict.complaints(LIST, List.of(new Side("server", required, List.of(result))));
    }

    @Test
    void nothingSpeaksAgainstAGoodRun() {
        assertEquals(List.of(), complaints(true, GOOD));
    }

    @Test
    void aFailedTestIsAFindingWhereItMustPass() {
        UnitResult failed = new UnitResult("unit/a", GOOD.passed(), List.of(new UnitResult.Failure("three", "why")), GOOD.skipped(), Map.of(),
                Optional.empty());
        assertEquals(List.of("server, unit/a: 'three' failed: why"), complaints(true, failed));
        assertEquals(List.of(), complaints(false, failed));
    }

    @Test
    void aNameThatIsNoTestIsAFinding() {
        UnitResult unknown = new UnitResult("unit/a", GOOD.passed(), List.of(), Set.of(), Map.of(), Optional.empty());
        List<String> expected = List.of("server, unit/a: the list names 'left out', and no such test would have been run");
        assertEquals(expected, complaints(true, unknown));
        assertEquals(expected, complaints(false, unknown));
    }

    @Test
    void tooFewPassesAreAFinding() {
        UnitResult few = new UnitResult("unit/a", List.of("one"), List.of(), GOOD.skipped(), Map.of(), Optional.empty());
        assertEquals(List.of("server: 1 tests passed, at least 2 must"), complaints(true, few));
        assertEquals(List.of(), complaints(false, few));
    }

    @Test
    void anUnfinishedFileIsAFinding() {
        List<String> expected = List.of("server, unit/a: not finished: it hung");
        assertEquals(expected, complaints(true, GOOD.endedBecause("it hung")));
        assertEquals(expected, complaints(false, GOOD.endedBecause("it hung")));
    }
}
