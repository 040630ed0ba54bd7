package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** A key that all connections increment: replies are unique and in real-time order, and the recovered value has no gap. */
final class CounterHistory implements Subject {
    private final String key;
    private final Findings findings;
    private final BitSet answers = new BitSet();
    private long base;
    private long issued;
    /** Highest value that anybody was told. */
    private long told;
    private long synced;

    CounterHistory(String key, Findings findings) {
        this.key = key;
        this.findings = findings;
    }

    @Override
    public synchronized Operation change(RandomGenerator random) {
        issued++;
        return new Increment(told);
    }

    private final class Increment implements Operation {
        private final long floor;
        private long value;

        /** @param floor what had been told before it was sent: it must answer more */
        Increment(long floor) {
            this.floor = floor;
        }

        @Override
        public List<String> command() {
            return List.of("INCR", key);
        }

        @Override
        public void answered(Reply reply) {
            synchronized (CounterHistory.this) {
                if (!(reply instanceof Reply.Number(long number))) {
                    findings.wrong("INCR " + key + " answered " + reply);
                    return;
                }
                value = number;
                findings.acknowledged(1);
                if (number <= floor || number > base + issued) {
                    findings.wrong("INCR " + key + " answered " + number + ", expected " + (floor + 1) + " to " + (base + issued));
                } else if (answers.get((int) (number - base))) {
                    findings.wrong("INCR " + key + " answered " + number + " twice");
                } else {
                    answers.set((int) (number - base));
                }
                told = Math.max(told, number);
            }
        }

        @Override
        public void synced() {
            synchronized (CounterHistory.this) {
                synced = Math.max(synced, value);
            }
        }
    }

    @Override
    public synchronized Operation read() {
        return new Get(told);
    }

    private final class Get implements Operation {
        private final long floor;

        Get(long floor) {
            this.floor = floor;
        }

        @Override
        public List<String> command() {
            return List.of("GET", key);
        }

        @Override
        public boolean writes() {
            return false;
        }

        @Override
        public void answered(Reply reply) {
            synchronized (CounterHistory.this) {
                Optional<Long> value = parse(reply);
                if (value.isEmpty() || value.get() < floor || value.get() > base + issued) {
                    findings.wrong("GET " + key + " answered " + reply + ", expected " + floor + " to " + (base + issued));
                    return;
                }
                findings.read(1);
                told = Math.max(told, value.get());
            }
        }
    }

    @Override
    public synchronized void recovered(Caller server, Promise promise) throws IOException {
        Reply reply = server.call("GET", key);
        long low = promise == Promise.SYNCED ? synced : told;
        long high = base + issued;
        Optional<Long> value = parse(reply);
        if (value.isEmpty() || value.get() > high) {
            findings.wrong("counter " + key + " recovered as " + reply + ", expected " + low + " to " + high);
        } else if (value.get() < low) {
            findings.lost(low - value.get(), "counter " + key + " recovered as " + value.get() + ", expected " + low + " to " + high);
        }
        base = value.orElse(0L);
        told = base;
        synced = base;
        issued = 0;
        answers.clear();
    }

    /** Absent is 0; empty: no number. */
    private static Optional<Long> parse(Reply reply) {
        if (!(reply instanceof Reply.Bulk(Optional<String> text))) {
            return Optional.empty();
        }
        try {
            return Optional.of(text.isEmpty() ? 0 : Long.parseLong(text.get()));
        } catch (NumberFormatException notANumber) {
            return Optional.empty();
        }
    }
}
