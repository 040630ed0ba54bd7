package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * kill -9 and clean stops under load, a few of each; {@code ./marrow stress matrix} does many. {@code -Dmarrow.crash.cycles=N} makes it
 * longer, {@code -Dmarrow.crash.seed=S} repeats a run.
 */
class CrashIT {
    /** Four kills and a clean stop. */
    private static final int CYCLES = Integer.getInteger("marrow.crash.cycles", 5);
    private static final int LOAD_MILLIS_MAX = 1_000;

    @ParameterizedTest
    @ValueSource(strings = {"always", "everysec"})
    @Timeout(3_600)
    void losesNothingPromised(String durability) throws Exception {
        long seed = Long.getLong("marrow.crash.seed", ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));
        Findings findings = new Findings();
        CrashTable table = new CrashTable();
        CrashCommand.Plan plan = new CrashCommand.Plan(seed, CYCLES, durability, CrashCommand.Fault.KILL, LOAD_MILLIS_MAX);
        CrashCommand.run(plan, findings, table, System.out);
        table.print(System.out);
        assertTrue(findings.clean(), () -> plan.command() + "\n" + String.join("\n", findings.texts()));
        assertTrue(findings.acknowledged() > CYCLES && findings.read() > CYCLES && findings.large() > CYCLES, "there was no load");
    }
}
