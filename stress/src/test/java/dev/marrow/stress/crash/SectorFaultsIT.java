package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.fuse.Faults;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The N-th call that changes the disk fails, for many N over a start, some writes, a stop and a second start. Calls that differ come first, each kind
 * of them at its beginning, its end and between, the rest as long as the time lasts: {@code -Dmarrow.faults.seconds=S} for each fault.
 * {@code -Dmarrow.faults.fault=KILL -Dmarrow.faults.call=N} tries one only.
 */
@Timeout(36_000)
class SectorFaultsIT {
    private static final int SECONDS = Integer.getInteger("marrow.faults.seconds", 10);
    private static final int REACHED_MIN = 1;

    private static List<Faults.Call> calls;

    @TempDir
    private Path temp;

    static List<CallFault> faults() {
        Optional<String> only = Optional.ofNullable(System.getProperty("marrow.faults.fault"));
        return only.map(name -> List.of(CallFault.valueOf(name))).orElse(List.of(CallFault.values()));
    }

    @BeforeAll
    static void countTheCalls(@TempDir Path temp) throws Exception {
        try (FaultedLives lives = new FaultedLives(temp, 0)) {
            calls = lives.calls();
            assertEquals(List.of(), lives.wrong());
        }
    }

    @ParameterizedTest
    @MethodSource("faults")
    void oneFaultLosesNothingPromised(CallFault fault) throws Exception {
        long seed = Long.getLong("marrow.crash.seed", ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));
        Long only = Long.getLong("marrow.faults.call");
        List<Long> numbers = only != null ? List.of(only) : fault.numbers(calls, new Random(seed));
        CallRun.Result result = CallRun.run(fault.toString(), temp, numbers, SECONDS, REACHED_MIN, (dir, number) -> fault.strike(dir, seed, number));
        System.out.println(fault + ": " + result);
        assertEquals(List.of(), result.wrong(), () -> "-Dmarrow.crash.seed=" + seed);
        assertTrue(result.reached() > 0, "no fault was reached");
    }

    /** The next start finds the identity under its name, and must not take that for durable. */
    @Test
    void identityThatAKilledStartDidNotSyncSurvivesAPowerCut() throws Exception {
        long sync = calls.indexOf(new Faults.Call("rename", "/data/store/marrow.id.tmp")) + 2;
        try (FaultedLives lives = new FaultedLives(temp, 0)) {
            lives.kill(sync);
            assertEquals(Optional.of(new Faults.Call("fsync", "/data/store")), lives.fired());
            assertEquals(List.of(), lives.wrong());
        }
    }

    @Test
    void controlWithoutSyncsTurnsRed() throws Exception {
        try (FaultedLives lives = new FaultedLives(temp, 0)) {
            lives.lieAboutSyncs();
            // the last few calls are not reached in every run
            lives.kill(calls.size() / 2);
            assertTrue(lives.fired().isPresent() && lives.wrong().stream().anyMatch(text -> text.endsWith("is gone")), () -> lives.wrong().toString());
        }
    }
}
