package dev.marrow.bpf;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** Negative control: with the version rule taken out of the programs, the tests of races must turn red. */
@org.junit.jupiter.api.Timeout(value = 120, threadMode = org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD)
class RacesControlKernelIT {
    private static final class Broken extends RacesKernelIT {
        @Override
        String object() {
            return "/mutants/NO_REVALIDATION.bpf.o";
        }
    }

    private interface Promise {
        void check(RacesKernelIT races) throws Exception;
    }

    private static boolean holds(Promise promise) throws Exception {
        RacesKernelIT races = new Broken();
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
        // whether two threads meet is the scheduler's choice: a few tries each
        assertTrue(turnsRed(RacesKernelIT::incrementsAreNeitherLostNorDoubled), "increments were lost and nobody noticed");
        assertTrue(turnsRed(RacesKernelIT::noKeyIsThereTwice), "keys were lost or doubled and nobody noticed");
    }

    private static boolean turnsRed(Promise promise) throws Exception {
        for (int i = 0; i < 20; i++) {
            if (!holds(promise)) {
                return true;
            }
        }
        return false;
    }
}
