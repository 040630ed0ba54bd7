package dev.marrow.stress.crash;

import dev.marrow.stress.crash.RegisterSearch.Call;
import dev.marrow.stress.crash.RegisterSearch.Kind;
import dev.marrow.stress.crash.RegisterSearch.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * A key that all connections read, set, delete and compare-and-set: what they were answered, and what was recovered, must be linearizable. Versions
 * that
 * the server tells never fall, and each has one value. Written values are unique.
 */
public final class SharedRegister implements Subject {
    /** Most calls between two checks; what is asked beyond that is only looked at. */
    static final int CALLS_MAX = 20_000;

    private final String key;
    private final Abilities abilities;
    private final Findings findings;
    private final List<Ask> asks = new ArrayList<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> values = new ArrayList<>(List.of("(absent)"));
    private final Map<Long, String> versions = new HashMap<>();
    private int base = RegisterSearch.ABSENT;
    /** Rises with each sending and each answer. */
    private long clock;
    private long written;
    private long reads;
    private String last = "";
    private long versionTold;

    /** What a server offers beyond Redis 7.0. */
    public record Abilities(boolean ifeq, boolean versions, boolean waitAof) {}

    SharedRegister(String key, Abilities abilities, Findings findings) {
        this.key = key;
        this.abilities = abilities;
        this.findings = findings;
    }

    @Override
    public synchronized Operation change(RandomGenerator random) {
        if (asks.size() == CALLS_MAX) {
            return new Look();
        }
        int dice = random.nextInt(10);
        if (dice < 2) {
            return ask(Kind.DELETE, RegisterSearch.ABSENT, RegisterSearch.ABSENT, List.of("DEL", key));
        }
        written++;
        String value = key + "#" + written;
        int number = number(value);
        if (abilities.ifeq && dice < 6 && !last.isEmpty()) {
            return ask(Kind.COMPARE_AND_SET, number, numbers.get(last), List.of("SET", key, value, "IFEQ", last));
        }
        return ask(Kind.WRITE, number, RegisterSearch.ABSENT, List.of("SET", key, value));
    }

    @Override
    public synchronized Operation read() {
        if (asks.size() == CALLS_MAX) {
            return new Look();
        }
        reads++;
        boolean versioned = abilities.versions && reads % 2 == 0;
        return ask(Kind.READ, RegisterSearch.ABSENT, RegisterSearch.ABSENT, List.of(versioned ? "GETV" : "GET", key));
    }

    private int number(String value) {
        values.add(value);
        numbers.put(value, values.size() - 1);
        return values.size() - 1;
    }

    private Ask ask(Kind kind, int value, int expected, List<String> command) {
        Ask ask = new Ask(kind, value, expected, command, Thread.currentThread().threadId(), ++clock, versionTold);
        asks.add(ask);
        return ask;
    }

    private final class Ask implements Operation {
        private final Kind kind;
        private final List<String> command;
        private final long versionFloor;
        private Call call;

        Ask(Kind kind, int value, int expected, List<String> command, long process, long sent, long versionFloor) {
            this.kind = kind;
            this.command = command;
            this.versionFloor = versionFloor;
            call = new Call(kind, process, sent, RegisterSearch.NEVER, value, expected, false);
        }

        @Override
        public List<String> command() {
            return command;
        }

        @Override
        public boolean writes() {
            return kind != Kind.READ;
        }

        @Override
        public void answered(Reply reply) {
            synchronized (SharedRegister.this) {
                switch (reply) {
                    case Reply.Bulk(Optional<String> value) when kind == Kind.READ -> read(value);
                    case Reply.Numbers(List<Long> none) when kind == Kind.READ && none.isEmpty() -> read(Optional.empty());
                    case Reply.Versioned(String value, long version) when kind == Kind.READ -> {
                        version(value, version);
                        read(Optional.of(value));
                    }
                    case Reply.Status(String text) when text.equals("OK") && (kind == Kind.WRITE || kind == Kind.COMPARE_AND_SET) -> happened(true);
                    case Reply.Bulk(Optional<String> nil) when kind == Kind.COMPARE_AND_SET && nil.isEmpty() -> happened(false);
                    case Reply.Number(long count) when kind == Kind.DELETE && (count == 0 || count == 1) -> happened(count == 1);
                    default -> findings.wrong(String.join(" ", command) + " answered " + reply);
                }
            }
        }

        private void read(Optional<String> value) {
            if (value.isPresent() && !numbers.containsKey(value.get())) {
                findings.wrong(command.getFirst() + " " + key + " answered " + value.get() + ", which nobody wrote");
                return;
            }
            findings.read(1);
            last = value.orElse(last);
            call = new Call(kind, call.process(), call.sent(), ++clock, value.map(numbers::get).orElse(RegisterSearch.ABSENT), call.expected(), true);
        }

        private void happened(boolean succeeded) {
            findings.acknowledged(1);
            call = new Call(kind, call.process(), call.sent(), ++clock, call.value(), call.expected(), succeeded);
        }

        private void version(String value, long version) {
            String before = versions.putIfAbsent(version, value);
            if (version < versionFloor || before != null && !before.equals(value)) {
                findings.wrong("GETV " + key + " answered version " + version + " of " + value + "; version " + versionFloor + " had been told before"
                        + (before == null ? "" : ", and this version with " + before));
            }
            versionTold = Math.max(versionTold, version);
        }
    }

    /** Beyond the bound: asks, and records nothing. */
    private final class Look extends GetOperation {
        Look() {
            super(key);
        }

        @Override
        public void answered(Reply reply) {
            if (!(reply instanceof Reply.Bulk)) {
                findings.wrong("GET " + key + " answered " + reply);
            }
        }
    }

    @Override
    public synchronized void recovered(Caller server, Promise promise) throws IOException {
        Reply reply = server.call("GET", key);
        if (!(reply instanceof Reply.Bulk(Optional<String> value)) || value.isPresent() && !numbers.containsKey(value.get())) {
            findings.wrong("GET " + key + " answered " + reply + ", which nobody wrote");
            begin(RegisterSearch.ABSENT, "");
            return;
        }
        int state = value.map(numbers::get).orElse(RegisterSearch.ABSENT);
        List<Call> calls = new ArrayList<>(asks.stream().map(ask -> ask.call).toList());
        if (promise == Promise.ACKNOWLEDGED_AND_READ) {
            calls.add(new Call(Kind.READ, 0, clock + 1, clock + 2, state, RegisterSearch.ABSENT, true));
        }
        check(calls, value);
        if (promise == Promise.SYNCED) {
            versions.clear();
            versionTold = 0;
        }
        begin(state, value.orElse(""));
    }

    private void check(List<Call> calls, Optional<String> recovered) {
        RegisterSearch search = new RegisterSearch(calls);
        switch (search.search(base)) {
            case LINEARIZABLE -> { }
            case UNDECIDED -> findings.undecided(key + ": " + calls.size() + " calls");
            case NOT_LINEARIZABLE -> {
                boolean withoutTheEnd = new RegisterSearch(calls.subList(0, calls.size() - 1)).search(base) == Verdict.LINEARIZABLE;
                if (withoutTheEnd && search.unexplained().process() == 0) {
                    findings.lost(1, "key " + key + " recovered as " + recovered + ", which no order of what was answered explains");
                } else {
                    findings.wrong("key " + key + ": no order of " + calls.size() + " calls explains them all; the first that does not fit: "
                            + describe(search.unexplained()));
                }
            }
        }
    }

    private String describe(Call call) {
        return call.kind() + " of thread " + call.process() + ", " + values.get(call.value()) + (call.kind() == Kind.COMPARE_AND_SET
                ? " for " + values.get(call.expected()) : "") + ", succeeded " + call.succeeded() + ", between " + call.sent() + " and "
                + call.answered();
    }

    /** A new history; of the old one only the value is left, because others are no answer any more. */
    private void begin(int state, String value) {
        asks.clear();
        values.subList(1, values.size()).clear();
        numbers.clear();
        versions.clear();
        base = state == RegisterSearch.ABSENT ? RegisterSearch.ABSENT : number(value);
        last = value;
    }
}
