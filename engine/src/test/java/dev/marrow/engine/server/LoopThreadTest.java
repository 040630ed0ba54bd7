package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LoopThreadTest {
    private final CountDownLatch calling = new CountDownLatch(1);
    private final CountDownLatch answer = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final List<Thread> ran = Collections.synchronizedList(new ArrayList<>());
    private final List<Throwable> late = Collections.synchronizedList(new ArrayList<>());
    private boolean throwing;
    private final List<Boolean> kept = Collections.synchronizedList(new ArrayList<>());

    /** Calls something that hangs, once; then waits for its end. */
    private final class Loop implements Runnable {
        private LoopThread thread;
        private int turns;

        @Override
        public void run() {
            ran.add(Thread.currentThread());
            if (turns++ == 0) {
                boolean mine = callOrThrow();
                kept.add(mine);
                if (!mine) {
                    return;
                }
            }
            await(goOn);
        }

        /** What it throws in the loop's own hands is the loop's. */
        private boolean callOrThrow() {
            try {
                return thread.call(this::hang);
            } catch (IllegalStateException mine) {
                assertTrue(throwing);
                return true;
            }
        }

        private void hang() {
            calling.countDown();
            await(answer);
            if (throwing) {
                throw new IllegalStateException("by the test");
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(20, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private LoopThread start() {
        Loop loop = new Loop();
        loop.thread = new LoopThread("test-loop", loop, late::add);
        loop.thread.relieve();
        loop.thread.start();
        return loop.thread;
    }

    @Test
    void aLateFailureIsNotTheLoops() throws Exception {
        throwing = true;
        anotherThreadGoesOnWhenACallHangs();
        assertEquals(1, late.size());
    }

    @Test
    void aFailureInTimeIsTheLoops() throws Exception {
        throwing = true;
        oneThatCallsBrieflyKeepsTheLoop();
        assertEquals(List.of(), late);
    }

    @Test
    void anotherThreadGoesOnWhenACallHangs() throws Exception {
        LoopThread thread = start();
        calling.await();
        while (ran.size() < 2) {
            thread.relieve();
            Thread.sleep(1);
        }
        assertNotEquals(ran.get(0), ran.get(1));
        assertEquals(List.of(), kept, "the call still hangs");
        answer.countDown();
        ran.get(0).join();
        assertEquals(List.of(false), kept);
        assertTrue(ran.get(1).isAlive());
        goOn.countDown();
        thread.join();
        assertFalse(ran.get(1).isAlive());
    }

    @Test
    void oneThatCallsBrieflyKeepsTheLoop() throws Exception {
        LoopThread thread = start();
        calling.await();
        answer.countDown();
        while (kept.isEmpty()) {
            Thread.sleep(1);
        }
        for (int i = 0; i < 100; i++) {
            thread.relieve();
            Thread.sleep(1);
        }
        goOn.countDown();
        thread.join();
        assertEquals(List.of(true), kept);
        assertEquals(1, ran.size());
    }
}
