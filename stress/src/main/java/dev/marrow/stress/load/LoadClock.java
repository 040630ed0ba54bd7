package dev.marrow.stress.load;

import java.util.concurrent.locks.LockSupport;

/** The clock that operations are scheduled and timed by; ns since some moment, never backwards. */
interface LoadClock {
    long nanos();

    /** Returns at that time, or sooner when the thread is interrupted. */
    void sleepUntil(long nanos);

    LoadClock SYSTEM = new LoadClock() {
        /** A sleeping thread is woken so much late, more or less: it is awake before, and looks at the clock. */
        private static final long AWAKE_NANOS = 80_000;

        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleepUntil(long nanos) {
            for (long left = nanos - nanos(); left > 0 && !Thread.currentThread().isInterrupted(); left = nanos - nanos()) {
                if (left > AWAKE_NANOS) {
                    LockSupport.parkNanos(left - AWAKE_NANOS);
                } else {
                    Thread.onSpinWait();
                }
            }
        }
    };
}
