package dev.marrow.stress.load;

/** When a connection's operations begin. One thread at a time. */
sealed interface Pace {
    /** Returned by {@link #nextNanos} when there is no next one. */
    long NEVER = Long.MAX_VALUE;

    /** When the next operation should begin; {@link #NEVER}: the run is over. */
    long nextNanos(long now);

    /** How many should have begun by now, at most {@code max}. */
    int due(long now, int max);

    /** Takes the next operation; returns the time that its latency counts from. */
    long begin(long now);

    /** Operations that should have begun before the end and did not. */
    long unsent();

    /**
     * The next begins when the last is answered.
     *
     * @param startNanos when the first begins
     * @param endNanos from when on none begins
     */
    record Closed(long startNanos, long endNanos) implements Pace {
        @Override
        public long nextNanos(long now) {
            return now < endNanos ? Math.max(now, startNanos) : NEVER;
        }

        @Override
        public int due(long now, int max) {
            return now >= startNanos && now < endNanos ? max : 0;
        }

        @Override
        public long begin(long now) {
            return now;
        }

        @Override
        public long unsent() {
            return 0;
        }
    }

    /**
     * A timetable, the same however slow the server is. Latencies count from the time in the table, also when an operation had to wait for those
     * before it: a server that stalls is charged for everybody who would have come meanwhile.
     */
    final class Open implements Pace {
        private final long startNanos;
        private final long endNanos;
        private final double stepNanos;
        private final double offsetNanos;
        private long taken;

        /**
         * One connection's share of the whole rate.
         *
         * @param rate operations per second of all connections together
         * @param connection from 0: its operations come between those of the others
         */
        Open(long startNanos, long endNanos, double rate, int connection, int connections) {
            this.startNanos = startNanos;
            this.endNanos = endNanos;
            stepNanos = connections * 1e9 / rate;
            offsetNanos = connection * 1e9 / rate;
        }

        private long timeOf(long number) {
            return startNanos + (long) (offsetNanos + number * stepNanos);
        }

        @Override
        public long nextNanos(long now) {
            long next = timeOf(taken);
            return next < endNanos && now < endNanos ? next : NEVER;
        }

        @Override
        public int due(long now, int max) {
            int due = 0;
            while (due < max && timeOf(taken + due) <= now && timeOf(taken + due) < endNanos) {
                due++;
            }
            return due;
        }

        @Override
        public long begin(long now) {
            return timeOf(taken++);
        }

        @Override
        public long unsent() {
            if (endNanos == NEVER) {
                return 0;
            }
            double before = Math.ceil((endNanos - startNanos - offsetNanos) / stepNanos);
            return Math.max(0, (long) before - taken);
        }
    }
}
