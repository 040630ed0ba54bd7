package dev.marrow.stress.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The lines are such as the harness of Redis 7.0 writes. */
class UnitResultTest {
    private static final String WHOLE = """
            Starting test server at port 21079
            [ready]: 4242
            Testing unit/a
            [ok]: first (in seconds) (12 ms)
            [skip]: second
            [ignore]: third: Tag: needs:debug denied
            [ignore]: Not supported on external server
            [ignore]: fourth: Not supported on singledb
            [ignore]: big: large memory flag not provided
            [err]: fifth in tests/unit/a.tcl
            n command 'rpush', with args beginning with: 'l'
            ERR unknown command 'rpush', with args beginning with: 'l'
                while executing
            "r rpush l"
            [err]: sixth in tests/unit/a.tcl
            Expected 'a' to be equal to 'b'
            [1/1 done]: unit/a (3 seconds)

                               The End

            *** [err]: fifth in tests/unit/a.tcl
            """;

    @Test
    void countsEachTestOnce() {
        UnitResult result = UnitResult.parse("unit/a", WHOLE.lines().toList());
        assertEquals(List.of("first (in seconds)"), result.passed());
        assertEquals(List.of(new UnitResult.Failure("fifth", "ERR unknown command 'rpush', with args beginning with: 'l'"),
                new UnitResult.Failure("sixth", "Expected 'a' to be equal to 'b'")), result.failed());
        assertEquals(Set.of("second"), result.skipped());
        assertEquals(Map.of("are tagged needs:debug", 1, "need a server that the harness starts itself", 1, "need several databases", 1,
                "need more than 4 GB of memory", 1), result.ignored());
        assertEquals(Optional.empty(), result.unfinished());
    }

    @Test
    void saysWhereATestHung() {
        UnitResult result = UnitResult.parse("unit/a", """
                [ok]: first (1 ms)
                [TIMEOUT]: clients state report follows.
                sock55da => (IN PROGRESS) second

                                   The End
                """.lines().toList());
        assertEquals(List.of("first"), result.passed());
        assertEquals(Optional.of("no progress in 'second'"), result.unfinished());
    }

    @Test
    void anExceptionOrAnEarlyEndIsNoEnd() {
        assertEquals(Optional.of("Executing test client: ERR unknown command"),
                UnitResult.parse("unit/a", List.of("[exception]: Executing test client: ERR unknown command")).unfinished());
        assertEquals(Optional.of("the harness ended early"), UnitResult.parse("unit/a", List.of("[ok]: first (1 ms)")).unfinished());
        assertTrue(UnitResult.parse("unit/a", List.of("[1/1 done]: unit/ab (0 seconds)")).unfinished().isPresent());
    }
}
