package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Accounts between which all connections move amounts, and a count of the transfers, changed together by MULTI and EXEC: the sum is 0 whenever it is looked
 * at and whatever the server came to, or half a transaction was there to be seen.
 */
final class TransferHistory implements Subject {
    private static final int ACCOUNTS = 4;
    private static final int AMOUNT_MAX = 1_000;

    private final String name;
    private final Findings findings;
    private final List<String> keys = new ArrayList<>();
    private long base;
    private long issued;
    /** Highest count that anybody was told. */
    private long told;
    private long synced;

    TransferHistory(String name, Findings findings) {
        this.name = name;
        this.findings = findings;
        for (int i = 0; i < ACCOUNTS; i++) {
            keys.add(name + "." + i);
        }
        keys.add(name + ".count");
    }

    @Override
    public synchronized Operation change(RandomGenerator random) {
        issued++;
        int from = random.nextInt(ACCOUNTS);
        int to = (from + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
        return new Transfer(keys.get(from), keys.get(to), Integer.toString(1 + random.nextInt(AMOUNT_MAX)), told);
    }

    private final class Transfer implements Operation {
        private final String from;
        private final String to;
        private final String amount;
        private final long floor;
        private long value;

        Transfer(String from, String to, String amount, long floor) {
            this.from = from;
            this.to = to;
            this.amount = amount;
            this.floor = floor;
        }

        @Override
        public List<List<String>> commands() {
            return List.of(List.of("MULTI"), List.of("DECRBY", from, amount), List.of("INCRBY", to, amount), List.of("INCR", keys.getLast()), command());
        }

        @Override
        public List<String> command() {
            return List.of("EXEC");
        }

        @Override
        public void answered(Reply reply) {
            synchronized (TransferHistory.this) {
                if (!(reply instanceof Reply.Numbers(List<Long> numbers)) || numbers.size() != 3 || numbers.get(2) <= floor
                        || numbers.get(2) > base + issued) {
                    findings.wrong("EXEC of a transfer of " + name + " answered " + reply + ", expected a count of " + (floor + 1) + " to " + (base + issued));
                    return;
                }
                findings.acknowledged(1);
                value = numbers.get(2);
                told = Math.max(told, value);
            }
        }

        @Override
        public void synced() {
            synchronized (TransferHistory.this) {
                synced = Math.max(synced, value);
            }
        }
    }

    @Override
    public synchronized Operation read() {
        return new Sum(told);
    }

    private final class Sum implements Operation {
        private final long floor;

        Sum(long floor) {
            this.floor = floor;
        }

        @Override
        public List<String> command() {
            return mget();
        }

        @Override
        public boolean writes() {
            return false;
        }

        @Override
        public void answered(Reply reply) {
            synchronized (TransferHistory.this) {
                Optional<Long> count = count(reply);
                if (count.isEmpty() || count.get() < floor || count.get() > base + issued) {
                    findings.wrong("MGET of " + name + " answered " + reply + ", expected a sum of 0 and a count of " + floor + " to " + (base + issued));
                    return;
                }
                findings.read(1);
                told = Math.max(told, count.get());
            }
        }
    }

    private List<String> mget() {
        List<String> command = new ArrayList<>(keys);
        command.addFirst("MGET");
        return command;
    }

    @Override
    public synchronized void recovered(Caller server, Promise promise) throws IOException {
        Reply reply = server.call(mget().toArray(String[]::new));
        long low = promise == Promise.SYNCED ? synced : told;
        long high = base + issued;
        Optional<Long> count = count(reply);
        if (count.isEmpty() || count.get() > high) {
            findings.wrong("half a transaction: " + name + " recovered as " + reply + ", expected a sum of 0 and a count of " + low + " to " + high);
        } else if (count.get() < low) {
            findings.lost(low - count.get(), name + " recovered with a count of " + count.get() + ", expected " + low + " to " + high);
        }
        base = count.orElse(high);
        told = base;
        synced = base;
        issued = 0;
    }

    /** Absent is 0; empty: the sum is not 0, or it is something else. */
    private static Optional<Long> count(Reply reply) {
        if (!(reply instanceof Reply.Bulks(List<Optional<String>> texts)) || texts.size() != ACCOUNTS + 1) {
            return Optional.empty();
        }
        try {
            List<Long> numbers = texts.stream().map(text -> text.map(Long::parseLong).orElse(0L)).toList();
            long sum = numbers.stream().limit(ACCOUNTS).mapToLong(Long::longValue).sum();
            return sum == 0 ? Optional.of(numbers.getLast()) : Optional.empty();
        } catch (NumberFormatException notANumber) {
            return Optional.empty();
        }
    }
}
