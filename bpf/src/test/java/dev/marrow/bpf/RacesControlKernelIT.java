package dev.marrow.bpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Negative control: with the version rule taken out of the programs, the tests of races must turn red. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RacesControlKernelIT {
    /** Whether two threads meet is the scheduler's choice. */
    private static final int TRIES = 20;

    private static final class Broken extends RacesKernelIT {
        private final String mutant;

        Broken(String mutant) {
            this.mutant = mutant;
        }

        @Override
        String object() {
            return "/mutants/" + mutant + ".bpf.o";
        }
    }

    private interface Promise {
        void check(RacesKernelIT races) throws Exception;
    }

    private static boolean holds(String mutant, Promise promise) throws Exception {
        RacesKernelIT races = new Broken(mutant);
        races.open();
        try {
            promise.check(races);
            return true;
        } catch (AssertionError | Exception e) {
            return false;
        } finally {
            races.close();
        }
    }

    @Test
    void withoutRevalidationTheRacesAreNoticed() throws Exception {
        assertTrue(turnsRed("NO_REVALIDATION", RacesKernelIT::incrementsAreNeitherLostNorDoubled), "increments were lost and nobody noticed");
        assertTrue(turnsRed("NO_REVALIDATION", RacesKernelIT::noKeyIsThereTwice), "keys were lost or doubled and nobody noticed");
    }

    @Test
    void aReadInTheMiddleOfAnUnmarkedChangeIsNoticed() throws Exception {
        assertTrue(holds("SLOW_CHANGE", RacesKernelIT::aKeyIsFoundWhileItMoves));
        assertTrue(turnsRed("NO_CHANGE_MARK", RacesKernelIT::aKeyIsFoundWhileItMoves),
                "a key was reported absent and nobody noticed");
    }

    @Test
    void aTransactionWhoseHomesAreNotMarkedIsNoticed() throws Exception {
        assertEquals(0, wrong("SLOW_COMMIT", TransactionRacesKernelIT::wrongSums));
        assertTrue(everWrong("NO_MARKS", TransactionRacesKernelIT::wrongSums), "half a transaction was there to be seen and nobody noticed");
    }

    @Test
    void anMgetOfSeveralMomentsIsNoticed() throws Exception {
        assertEquals(0, wrong("SLOW_MGET", races -> races.wrongSums() + races.wrongMgets.get()));
        assertTrue(everWrong("NO_MGET_CHECK", races -> {
            races.wrongSums();
            return races.wrongMgets.get();
        }), "MGET did not look at its keys again and nobody noticed");
    }

    @Test
    void anMgetOnBothSidesOfAFlushIsNoticed() throws Exception {
        assertEquals(0, wrong("SLOW_MGET", TransactionRacesKernelIT::halfFlushes));
        assertTrue(everWrong("NO_MGET_FLOOR", TransactionRacesKernelIT::halfFlushes), "MGET did not look for a FLUSHALL and nobody noticed");
    }

    private interface Count {
        long of(TransactionRacesKernelIT races) throws Exception;
    }

    /** What the races count that must not be, with such programs. */
    private static long wrong(String mutant, Count count) throws Exception {
        TransactionRacesKernelIT races = new TransactionRacesKernelIT() {
            @Override
            String object() {
                return "/mutants/" + mutant + ".bpf.o";
            }
        };
        races.open();
        try {
            return count.of(races);
        } finally {
            races.close();
        }
    }

    private static boolean everWrong(String mutant, Count count) throws Exception {
        for (int i = 0; i < TRIES; i++) {
            try {
                if (wrong(mutant, count) > 0) {
                    return true;
                }
            } catch (ExecutionException garbage) {
                // half a transaction may be no number at all
                if (garbage.getCause() instanceof NumberFormatException) {
                    return true;
                }
                throw garbage;
            }
        }
        return false;
    }

    private static boolean turnsRed(String mutant, Promise promise) throws Exception {
        for (int i = 0; i < TRIES; i++) {
            if (!holds(mutant, promise)) {
                return true;
            }
        }
        return false;
    }
}
