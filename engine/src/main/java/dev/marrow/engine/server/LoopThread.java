package dev.marrow.engine.server;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The thread of a loop, which may make calls that hang, as a sync of a disk that does not answer. When one lasts, another thread goes on with the loop,
 * and the one that called ends as soon as it can: Go's scheduler does the same with system calls.
 */
final class LoopThread {
    private static final long HANGING_NANOS = 50_000_000;
    private static final long JOIN_MILLIS = 10;
    private static final long NOT_CALLING = 0;

    private final String name;
    private final Runnable loop;
    private final Consumer<Throwable> onLateFailure;
    /** Whoever moves it from the caller's time to {@link #NOT_CALLING} has the loop: the caller, or who relieves it. */
    private final AtomicLong callingSince = new AtomicLong(NOT_CALLING);
    /** With the monitor, as its start: whoever waits for it sees no thread between two. */
    private Thread thread;

    /**
     * @param loop          started again, it goes on where the one before was when it called
     * @param onLateFailure takes what a call throws when another thread has the loop
     */
    LoopThread(String name, Runnable loop, Consumer<Throwable> onLateFailure) {
        this.name = name;
        this.loop = loop;
        this.onLateFailure = onLateFailure;
        this.thread = newThread();
    }

    private Thread newThread() {
        return Thread.ofPlatform().name(name).daemon().unstarted(loop);
    }

    synchronized void start() {
        thread.start();
    }

    /**
     * Makes a call that touches nothing of the loop's. From the loop.
     *
     * @return false: another thread has the loop, and this one must leave it alone
     */
    boolean call(Runnable call) {
        long since = now();
        callingSince.set(since);
        try {
            call.run();
        } catch (RuntimeException | Error failure) {
            if (callingSince.compareAndSet(since, NOT_CALLING)) {
                throw failure;
            }
            onLateFailure.accept(failure);
            return false;
        }
        return callingSince.compareAndSet(since, NOT_CALLING);
    }

    /** Has another thread go on if this one's call lasts. From any other thread, now and then. */
    synchronized void relieve() {
        long since = callingSince.get();
        if (since != NOT_CALLING && now() - since > HANGING_NANOS && callingSince.compareAndSet(since, NOT_CALLING)) {
            thread = newThread();
            thread.start();
        }
    }

    /** Never {@link #NOT_CALLING}. */
    private static long now() {
        return System.nanoTime() | 1;
    }

    /** Waits for the loop's end. One that was relieved is not waited for. */
    void join() throws InterruptedException {
        for (Thread last = current(); !hasEnded(last); last = current()) {
            last.join(JOIN_MILLIS);
        }
    }

    private synchronized Thread current() {
        return thread;
    }

    private synchronized boolean hasEnded(Thread last) {
        return last == thread && !last.isAlive();
    }
}
