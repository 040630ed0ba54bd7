package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class PollWindowTest {
    private static final long MAX = 50_000;

    private long now = 1_000_000_000;

    /** How long it looks after work at {@code now}, in steps of a µs. */
    private long looked(PollWindow window) {
        window.worked();
        long begin = now;
        while (window.looks(now)) {
            window.foundNothing(now);
            now += 1_000;
        }
        return now - begin;
    }

    /** Looks as long as it likes, and sleeps until so long after the work. */
    private long lookAndSleep(PollWindow window, long nanos) {
        long looked = looked(window);
        window.slept(now, now += Math.max(0, nanos - looked));
        return looked;
    }

    @Test
    void sleepsAtOnceWhileWorkComesSeldom() {
        PollWindow window = PollWindow.of(MAX, 2, 1);
        for (int i = 0; i < 10; i++) {
            assertEquals(0, lookAndSleep(window, 10 * MAX));
        }
    }

    @Test
    void looksAsLongAsShortWaitsWouldHaveNeeded() {
        PollWindow window = PollWindow.of(MAX, 2, 1);
        for (int i = 0; i < 10; i++) {
            lookAndSleep(window, MAX - 2_000);
        }
        assertTrue(looked(window) >= MAX - 2_000);
        assertTrue(looked(window) <= MAX + 2_000, "and no longer than a sleep is worth");
    }

    @Test
    void givesUpWhenWorkStaysAway() {
        PollWindow window = PollWindow.of(MAX, 2, 1);
        for (int i = 0; i < 10; i++) {
            lookAndSleep(window, MAX - 2_000);
        }
        long looked = 0;
        for (int i = 0; i < 10; i++) {
            looked += lookAndSleep(window, 100 * MAX);
        }
        assertTrue(looked < 3 * MAX, "looked=" + looked);
        assertEquals(0, looked(window));
    }

    @Test
    void workEndsALook() {
        PollWindow window = PollWindow.of(MAX, 2, 1);
        lookAndSleep(window, 1_000);
        window.worked();
        window.foundNothing(now);
        now += 1_000;
        window.worked();
        now += 100 * MAX;
        assertTrue(window.looks(now), "nothing was looked for since");
        window.foundNothing(now);
        now += 100 * MAX;
        assertFalse(window.looks(now));
    }

    @Test
    void neverLooksWhereNoProcessorIsLeftForTheClients() {
        for (PollWindow window : List.of(PollWindow.of(MAX, 1, 1), PollWindow.of(MAX, 2, 2), PollWindow.of(MAX, 2, 3), PollWindow.of(0, 8, 1))) {
            for (int i = 0; i < 10; i++) {
                assertEquals(0, lookAndSleep(window, 1_000));
            }
        }
    }
}
