package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.Trees;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A start is killed at its N-th bpf() call, for some N, or for as many as {@code -Dmarrow.faults.seconds=S} for each kind of start allow.
 * {@code -Dmarrow.faults.call=N} tries one only.
 */
@Timeout(36_000)
class KilledCallsIT {
    private static final int SECONDS = Integer.getInteger("marrow.faults.seconds", 2);

    private static int warmCalls;
    private static int coldCalls;

    private final long seed = Long.getLong("marrow.crash.seed", ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));

    @TempDir
    private Path temp;

    @BeforeAll
    static void countTheCalls(@TempDir Path warm, @TempDir Path cold) throws Exception {
        warmCalls = KilledStart.WARM_ALWAYS.calls(warm);
        coldCalls = KilledStart.COLD_ALWAYS.calls(cold);
    }

    @ParameterizedTest
    @EnumSource(KilledStart.class)
    void nextStartServesEverythingAcknowledged(KilledStart start) throws Exception {
        Long only = Long.getLong("marrow.faults.call");
        int calls = start == KilledStart.WARM_ALWAYS || start == KilledStart.WARM_EVERYSEC ? warmCalls : coldCalls;
        List<Long> numbers = only != null ? List.of(only) : KilledStart.numbers(calls, new Random(seed));
        CallRun.Result result = CallRun.run(start.toString(), temp, numbers, SECONDS, 1, (dir, number) -> start.strike(dir, seed, number));
        System.out.println(start + ": " + result);
        assertEquals(List.of(), result.wrong(), () -> "-Dmarrow.crash.seed=" + seed);
        assertTrue(result.reached() > 0 && result.counts().acknowledged() > 0, "no call was reached");
    }

    @Test
    void controlWhereTheKilledStartLosesTheStoreTurnsRed() throws Exception {
        CallRun.Outcome outcome = KilledStart.COLD_ALWAYS.strike(temp, seed, 10, launch -> Trees.delete(launch.dir()));
        assertTrue(outcome.struck().isPresent() && outcome.counts().lost() > 0, () -> outcome.struck() + " " + outcome.counts());
    }
}
