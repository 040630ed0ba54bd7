package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * A few keys with one writer, whose values are now in the table, now in tier two, and move from key to key. Their states form one line, so that a move
 * has happened to both keys or to none. What a value is, is a {@link LargeText#digest} in this history: all its bytes have a say.
 */
final class LargeHistory implements Subject {
    private static final int KEYS = 3;
    /** Lengths at which values change their place or number of chunks. */
    private static final int[] BORDERS = {65_535, 65_536, 65_537, 131_072, 131_073};
    private static final int LONG = 1 << 20;
    private static final int VERY_LONG = 4 << 20;
    private static final int PART_MAX = 300;
    private static final int LONG_PART = 70_000;
    private static final int HOLE_MAX = 2_000;
    private static final long FAR_MILLIS = 3_600_000;
    /** Expiry times differ by so much that a recovered one names its operation. */
    private static final long FAR_STEP_MILLIS = 2_000;
    private static final int FAR_STEPS_MAX = 1_000_000;
    /** Of an id: the rest says who wrote. */
    private static final int SERIAL_BITS = 24;

    private final int writer;
    private final int lengthMax;
    private final List<String> keys;
    private final Findings findings;
    private final HistoryLine<List<RegisterState>> line = new HistoryLine<>(Collections.nCopies(KEYS, RegisterState.ABSENT));
    /** What the digests of the last state stand for. */
    private final String[] values = new String[KEYS];
    private int serial;
    private int reads;

    /**
     * @param writer    less than 256, no other history's
     * @param lengthMax of a value, at least 131,073 bytes
     */
    LargeHistory(int writer, int lengthMax, Findings findings) {
        this.writer = writer;
        this.lengthMax = lengthMax;
        this.keys = IntStream.range(0, KEYS).mapToObj(k -> "large." + writer + "." + k).toList();
        this.findings = findings;
        Arrays.fill(values, "");
    }

    List<String> keys() {
        return keys;
    }

    /** A key whose values live for a moment. When they go is not checked, only that they leave nothing. */
    String lease() {
        return "large." + writer + ".lease";
    }

    /** All keys that it has values for. */
    List<String> allKeys() {
        List<String> all = new ArrayList<>(keys);
        all.add(lease());
        return all;
    }

    /** Something to write that no other command writes. */
    synchronized String newValue(int length) {
        return LargeText.of(writer << SERIAL_BITS | ++serial, length);
    }

    // ---- changes ----

    @Override
    public synchronized Operation change(RandomGenerator random) {
        int k = random.nextInt(KEYS);
        String key = keys.get(k);
        RegisterState now = line.last().get(k);
        boolean present = now.value().isPresent();
        return switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> set(k, length(random));
            case 4 -> getSet(k, length(random));
            case 5 -> {
                long expire = farExpiry();
                String value = newValue(length(random));
                yield put(k, value, expire, ok(), "SET", key, value, "PXAT", Long.toString(expire));
            }
            case 6, 7 -> append(k, random);
            case 8, 9, 10 -> setRange(k, random);
            case 11, 12 -> rename(k, (k + 1 + random.nextInt(KEYS - 1)) % KEYS);
            case 13 -> {
                long expire = farExpiry();
                yield put(k, values[k], expire, number(present ? 1 : 0), "PEXPIREAT", key, Long.toString(expire));
            }
            case 14 -> put(k, values[k], 0, number(now.expireMillis() == 0 ? 0 : 1), "PERSIST", key);
            default -> random.nextBoolean()
                    ? step(with(k, RegisterState.ABSENT), k, "", number(present ? 1 : 0), "DEL", key)
                    : step(with(k, RegisterState.ABSENT), k, "", new Reply.Bulk(now.value()), "GETDEL", key);
        };
    }

    /** A SET of one of the keys. */
    synchronized Operation set(RandomGenerator random, int length) {
        return set(random.nextInt(KEYS), length);
    }

    private int length(RandomGenerator random) {
        int length = switch (random.nextInt(150)) {
            case 0 -> VERY_LONG;
            case 1, 2, 3, 4, 5, 6 -> LONG;
            case 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 -> random.nextInt(1, PART_MAX);
            default -> BORDERS[random.nextInt(BORDERS.length)];
        };
        return Math.min(length, lengthMax);
    }

    private Operation set(int k, int length) {
        String value = newValue(length);
        return put(k, value, 0, ok(), "SET", keys.get(k), value);
    }

    private Operation getSet(int k, int length) {
        String value = newValue(length);
        return put(k, value, 0, new Reply.Bulk(line.last().get(k).value()), "GETSET", keys.get(k), value);
    }

    private Operation append(int k, RandomGenerator random) {
        String part = part(random);
        String whole = values[k] + part;
        return whole.length() > lengthMax ? set(k, BORDERS[0])
                : put(k, whole, line.last().get(k).expireMillis(), number(whole.length()), "APPEND", keys.get(k), part);
    }

    /** Inside the value, over its end, or behind that, where zeros fill the hole. */
    private Operation setRange(int k, RandomGenerator random) {
        String before = values[k];
        String part = part(random);
        int offset = random.nextInt(before.length() + HOLE_MAX);
        String hole = "\0".repeat(Math.max(0, offset - before.length()));
        String tail = before.length() > offset + part.length() ? before.substring(offset + part.length()) : "";
        String whole = before.substring(0, Math.min(offset, before.length())) + hole + part + tail;
        return whole.length() > lengthMax ? set(k, BORDERS[0])
                : put(k, whole, line.last().get(k).expireMillis(), number(whole.length()), "SETRANGE", keys.get(k), Integer.toString(offset), part);
    }

    private String part(RandomGenerator random) {
        return newValue(random.nextInt(4) == 0 ? LONG_PART : random.nextInt(1, PART_MAX));
    }

    private Operation rename(int from, int to) {
        RegisterState moved = line.last().get(from);
        if (moved.value().isEmpty()) {
            return step(line.last(), from, "", new Reply.Failure("ERR no such key"), "RENAME", keys.get(from), keys.get(to));
        }
        List<RegisterState> next = with(from, RegisterState.ABSENT);
        next.set(to, moved);
        values[to] = values[from];
        return step(next, from, "", ok(), "RENAME", keys.get(from), keys.get(to));
    }

    /** The key gets this value, unless it is absent and the command does not make keys. */
    private Operation put(int k, String value, long expireMillis, Reply expected, String... command) {
        RegisterState next = value.isEmpty() ? RegisterState.ABSENT : new RegisterState(Optional.of(LargeText.digest(value)), expireMillis);
        return step(with(k, next), k, value, expected, command);
    }

    private List<RegisterState> with(int k, RegisterState state) {
        List<RegisterState> next = new ArrayList<>(line.last());
        next.set(k, state);
        return next;
    }

    private Operation step(List<RegisterState> next, int k, String value, Reply expected, String... command) {
        values[k] = value;
        return new Change(line.add(List.copyOf(next)), expected, List.of(command));
    }

    private long farExpiry() {
        return System.currentTimeMillis() / FAR_STEP_MILLIS * FAR_STEP_MILLIS + FAR_MILLIS + ++serial % FAR_STEPS_MAX * FAR_STEP_MILLIS;
    }

    private static Reply ok() {
        return new Reply.Status("OK");
    }

    private static Reply number(long value) {
        return new Reply.Number(value);
    }

    private static Reply digested(Reply reply) {
        return reply instanceof Reply.Bulk(Optional<String> value) ? new Reply.Bulk(value.map(LargeText::digest)) : reply;
    }

    private final class Change implements Operation {
        private final int point;
        private final Reply expected;
        private final List<String> command;

        Change(int point, Reply expected, List<String> command) {
            this.point = point;
            this.expected = expected;
            this.command = command;
        }

        @Override
        public List<String> command() {
            return command;
        }

        @Override
        public void answered(Reply reply) {
            Reply digested = digested(reply);
            synchronized (LargeHistory.this) {
                if (!expected.equals(digested)) {
                    findings.wrong(command.get(0) + " " + command.get(1) + " answered " + digested + ", expected " + expected);
                    return;
                }
                findings.acknowledgedLarge();
                line.acknowledged(point);
            }
        }

        @Override
        public void synced() {
            synchronized (LargeHistory.this) {
                line.synced(point);
            }
        }
    }

    // ---- reads ----

    @Override
    public synchronized Operation read() {
        return new Get(reads++ % KEYS, line.low(), System.currentTimeMillis());
    }

    private final class Get implements Operation {
        private final int k;
        private final int low;
        private final long fromMillis;

        Get(int k, int low, long fromMillis) {
            this.k = k;
            this.low = low;
            this.fromMillis = fromMillis;
        }

        @Override
        public List<String> command() {
            return List.of("GET", keys.get(k));
        }

        @Override
        public boolean writes() {
            return false;
        }

        @Override
        public void answered(Reply reply) {
            Reply digested = digested(reply);
            synchronized (LargeHistory.this) {
                Optional<Integer> point = digested instanceof Reply.Bulk(Optional<String> value) ? pointOf(value) : Optional.empty();
                if (point.isEmpty()) {
                    findings.wrong("GET " + keys.get(k) + " answered " + digested + ", which none of the states " + low + " to " + line.lastPoint()
                            + " explains; acknowledged was " + line.at(low).get(k));
                    return;
                }
                findings.read(1);
                line.read(point.get());
            }
        }

        private Optional<Integer> pointOf(Optional<String> digest) {
            RegisterState.Seen seen = new RegisterState.Seen(digest, fromMillis, System.currentTimeMillis());
            return line.pointOf(low, states -> states.get(k).explains(seen));
        }
    }

    // ---- after a start ----

    private record Found(RegisterState.Seen seen, String value, long pttl) {
        boolean isExplainedBy(RegisterState state) {
            return state.explains(seen) && state.explainsTtl(pttl, seen);
        }

        RegisterState asState() {
            return seen.value().isEmpty() ? RegisterState.ABSENT : new RegisterState(seen.value(), pttl < 0 ? 0 : seen.fromMillis() + pttl);
        }
    }

    @Override
    public synchronized void recovered(Caller server, Promise promise) throws IOException {
        List<Found> found = new ArrayList<>();
        for (String key : keys) {
            long fromMillis = System.currentTimeMillis();
            Reply get = server.call("GET", key);
            Reply ttl = server.call("PTTL", key);
            if (!(get instanceof Reply.Bulk(Optional<String> value)) || !(ttl instanceof Reply.Number(long pttl))) {
                findings.wrong("GET, PTTL " + key + " answered " + digested(get) + ", " + ttl);
                return;
            }
            found.add(new Found(new RegisterState.Seen(value.map(LargeText::digest), fromMillis, System.currentTimeMillis()), value.orElse(""), pttl));
        }
        Predicate<List<RegisterState>> explains = states -> IntStream.range(0, KEYS).allMatch(k -> found.get(k).isExplainedBy(states.get(k)));
        int low = line.low(promise);
        Optional<Integer> point = line.pointOf(low, explains);
        if (point.isEmpty()) {
            tellLoss(low, found, explains);
        }
        line.restart(point.map(line::at).orElse(found.stream().map(Found::asState).toList()));
        for (int k = 0; k < KEYS; k++) {
            values[k] = found.get(k).value();
        }
    }

    private void tellLoss(int low, List<Found> found, Predicate<List<RegisterState>> explains) {
        String what = "keys " + keys + " recovered as " + found.stream().map(Found::asState).toList() + ", expected one of the states " + low + " to "
                + line.lastPoint() + ", first " + line.at(low);
        line.pointBefore(low, explains).ifPresentOrElse(earlier -> findings.lost(low - earlier, what), () -> findings.wrong(what));
    }
}
