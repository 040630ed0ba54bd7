package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * A key with one writer: its states form a line, and after a crash the key must be at a point of that line that is not before
 * anything acknowledged or read, and not behind what was sent. Written values are unique, so that a state names its point.
 */
final class RegisterHistory implements Subject {
    private static final long FAR_MILLIS = 3_600_000;
    /** Expiry times differ by so much that a recovered one names its operation. */
    private static final long FAR_STEP_MILLIS = 2_000;
    private static final int FAR_STEPS_MAX = 1_000_000;
    private static final int APPENDED_MAX = 2_000;

    private final String key;
    private final boolean lease;
    private final Findings findings;
    private final HistoryLine<RegisterState> line = new HistoryLine<>(RegisterState.ABSENT);
    private long written;

    /** @param lease the key is given short times to live, and only set and deleted: what else would answer depends on the clock */
    RegisterHistory(String key, boolean lease, Findings findings) {
        this.key = key;
        this.lease = lease;
        this.findings = findings;
    }

    @Override
    public synchronized Operation change(RandomGenerator random) {
        return lease ? leaseChange(random) : registerChange(random);
    }

    private Operation leaseChange(RandomGenerator random) {
        if (random.nextInt(5) == 0) {
            return step(RegisterState.ABSENT, Optional.empty(), "DEL", key);
        }
        long expire = System.currentTimeMillis() + random.nextInt(200, 4_000);
        String value = nextValue(random);
        return step(new RegisterState(Optional.of(value), expire), ok(), "SET", key, value, "PXAT", Long.toString(expire));
    }

    private Operation registerChange(RandomGenerator random) {
        RegisterState now = line.last();
        String value = nextValue(random);
        RegisterState set = new RegisterState(Optional.of(value), 0);
        boolean present = now.value().isPresent();
        return switch (random.nextInt(12)) {
            case 0, 1, 2 -> step(set, ok(), "SET", key, value);
            case 3 -> step(RegisterState.ABSENT, number(present), "DEL", key);
            case 4 -> step(RegisterState.ABSENT, bulk(now.value()), "GETDEL", key);
            case 5 -> step(set, bulk(now.value()), "GETSET", key, value);
            case 6 -> step(present ? now : set, number(!present), "SETNX", key, value);
            case 7 -> step(present ? set : now, present ? ok() : bulk(Optional.empty()), "SET", key, value, "XX");
            case 8 -> {
                long expire = farExpiry();
                yield step(new RegisterState(Optional.of(value), expire), ok(), "SET", key, value, "PXAT", Long.toString(expire));
            }
            case 9 -> {
                long expire = farExpiry();
                yield step(present ? new RegisterState(now.value(), expire) : now, number(present), "PEXPIREAT", key, Long.toString(expire));
            }
            case 10 -> step(new RegisterState(now.value(), 0), number(now.expireMillis() != 0), "PERSIST", key);
            default -> {
                String whole = now.value().orElse("") + "+" + written;
                yield whole.length() > APPENDED_MAX ? step(set, ok(), "SET", key, value)
                        : step(new RegisterState(Optional.of(whole), now.expireMillis()),
                                Optional.of(new Reply.Number(whole.length())), "APPEND", key, "+" + written);
            }
        };
    }

    private String nextValue(RandomGenerator random) {
        written++;
        int padding = switch (random.nextInt(100)) {
            case 0 -> random.nextInt(60_000);
            case 1, 2, 3, 4 -> random.nextInt(6_000);
            default -> random.nextInt(100);
        };
        return key + "#" + written + ":" + ".".repeat(padding);
    }

    private long farExpiry() {
        return System.currentTimeMillis() / FAR_STEP_MILLIS * FAR_STEP_MILLIS + FAR_MILLIS + written % FAR_STEPS_MAX * FAR_STEP_MILLIS;
    }

    private static Optional<Reply> ok() {
        return Optional.of(new Reply.Status("OK"));
    }

    private static Optional<Reply> number(boolean one) {
        return Optional.of(new Reply.Number(one ? 1 : 0));
    }

    private static Optional<Reply> bulk(Optional<String> value) {
        return Optional.of(new Reply.Bulk(value));
    }

    private Operation step(RegisterState next, Optional<Reply> expected, String... command) {
        return new Change(line.add(next), expected, List.of(command));
    }

    /** @param expected the only right reply; empty where the clock has a say */
    private final class Change implements Operation {
        private final int index;
        private final Optional<Reply> expected;
        private final List<String> command;

        Change(int index, Optional<Reply> expected, List<String> command) {
            this.index = index;
            this.expected = expected;
            this.command = command;
        }

        @Override
        public List<String> command() {
            return command;
        }

        @Override
        public void answered(Reply reply) {
            synchronized (RegisterHistory.this) {
                if (expected.isEmpty() ? reply instanceof Reply.Failure : !expected.get().equals(reply)) {
                    findings.wrong(command.get(0) + " " + key + " answered " + reply + ", expected " + expected);
                    return;
                }
                findings.acknowledged(1);
                line.acknowledged(index);
            }
        }

        @Override
        public void synced() {
            synchronized (RegisterHistory.this) {
                line.synced(index);
            }
        }
    }

    @Override
    public synchronized Operation read() {
        return new Get(line.low(), System.currentTimeMillis());
    }

    private final class Get extends GetOperation {
        private final int low;
        private final long fromMillis;

        Get(int low, long fromMillis) {
            super(key);
            this.low = low;
            this.fromMillis = fromMillis;
        }

        @Override
        public void answered(Reply reply) {
            synchronized (RegisterHistory.this) {
                Optional<Integer> point = reply instanceof Reply.Bulk(Optional<String> value)
                        ? pointOf(low, new RegisterState.Seen(value, fromMillis, System.currentTimeMillis()))
                        : Optional.empty();
                if (point.isEmpty()) {
                    findings.wrong("GET " + key + " answered " + reply + ", which none of the states " + low + " to "
                            + line.lastPoint() + " explains; acknowledged was " + line.at(low));
                    return;
                }
                findings.read(1);
                line.read(point.get());
            }
        }
    }

    private Optional<Integer> pointOf(int low, RegisterState.Seen seen) {
        return line.pointOf(low, state -> state.explains(seen));
    }

    @Override
    public synchronized void recovered(Caller server, Promise promise) throws IOException {
        long fromMillis = System.currentTimeMillis();
        Reply get = server.call("GET", key);
        Reply ttl = server.call("PTTL", key);
        if (!(get instanceof Reply.Bulk(Optional<String> value)) || !(ttl instanceof Reply.Number(long pttl))) {
            findings.wrong("GET, PTTL " + key + " answered " + get + ", " + ttl);
            return;
        }
        RegisterState.Seen seen = new RegisterState.Seen(value, fromMillis, System.currentTimeMillis());
        Predicate<RegisterState> explains = state -> state.explains(seen) && state.explainsTtl(pttl, seen);
        int low = line.low(promise);
        Optional<Integer> point = line.pointOf(low, explains);
        RegisterState state = point.map(line::at).orElse(new RegisterState(value, pttl < 0 ? 0 : fromMillis + pttl));
        if (point.isEmpty()) {
            tellLoss(low, seen, pttl, explains);
        }
        // Seen absent it is absent for good, whether it was deleted or its time was over.
        line.restart(value.isEmpty() ? RegisterState.ABSENT : state);
    }

    private void tellLoss(int low, RegisterState.Seen seen, long pttl, Predicate<RegisterState> explains) {
        String what = "key " + key + " recovered as " + seen.value() + " pttl " + pttl + ", expected one of the states " + low + " to "
                + line.lastPoint() + ", first " + line.at(low);
        line.pointBefore(low, explains).ifPresentOrElse(earlier -> findings.lost(low - earlier, what), () -> findings.wrong(what));
    }
}
