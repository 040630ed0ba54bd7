package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CommandGateTest {
    @Test
    void whoeverIsInsideIsWaitedFor() {
        CommandGate gate = new CommandGate(3, Optional.empty());
        gate.enter(0);
        gate.enter(2);
        assertFalse(gate.awaitEarlier(0), "loop 2 has not come out");
        gate.leave(2);
        assertTrue(gate.awaitEarlier(0));
    }

    /** All ask at once, and none of them is held up by another that waits. */
    @Test
    void thoseWhoWaitDoNotWaitForEachOther() throws Exception {
        int loops = 4;
        CommandGate gate = new CommandGate(loops, Optional.empty());
        CyclicBarrier all = new CyclicBarrier(loops);
        try (ExecutorService threads = Executors.newFixedThreadPool(loops)) {
            List<Future<Boolean>> waits = new ArrayList<>();
            for (int i = 0; i < loops; i++) {
                int loop = i;
                waits.add(threads.submit(() -> {
                    gate.enter(loop);
                    all.await();
                    boolean over = gate.awaitEarlier(loop);
                    gate.leave(loop);
                    return over;
                }));
            }
            for (Future<Boolean> wait : waits) {
                assertTrue(wait.get());
            }
        }
    }

    @Test
    void theStricterAndTheLongerPauseCounts() {
        CommandGate gate = new CommandGate(1, Optional.empty());
        assertFalse(gate.passesAll() || gate.postpones(true));
        gate.pause(1_000_000_000_000L, true);
        assertTrue(gate.passesAll() && gate.postpones(true) && !gate.postpones(false));
        gate.pause(1, false);
        assertTrue(gate.postpones(false));
        gate.pause(1, true);
        gate.tick(System.nanoTime() + 1_000_000_000L);
        assertTrue(gate.postpones(false), "neither shortened nor milder");
        gate.tick(System.nanoTime() + 2_000_000_000_000L);
        assertFalse(gate.passesAll() || gate.postpones(true));
        gate.pause(1_000_000_000_000L, false);
        gate.unpause();
        assertFalse(gate.isPaused());
    }
}
