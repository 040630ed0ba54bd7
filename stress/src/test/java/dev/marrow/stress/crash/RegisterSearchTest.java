package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.crash.RegisterSearch.Call;
import dev.marrow.stress.crash.RegisterSearch.Kind;
import dev.marrow.stress.crash.RegisterSearch.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The search agrees with the definition, finds every single reply that is wrong in a long history, and says so when it cannot decide. */
@Timeout(60)
class RegisterSearchTest {
    private static final int PROCESSES = 6;

    /**
     * A history of clients of a real register, each of which has one call under way.
     *
     * @param lost one call in so many is never answered, and has happened or not; 0: only those that are under way at the end
     */
    private static List<Call> record(int calls, int lost, SplittableRandom random) {
        List<Call> history = new ArrayList<>();
        Call[] underWay = new Call[PROCESSES];
        boolean[] happened = new boolean[PROCESSES];
        int state = RegisterSearch.ABSENT;
        int next = 1;
        for (long clock = 1; history.size() < calls; clock++) {
            int p = random.nextInt(PROCESSES);
            Call call = underWay[p];
            if (call == null) {
                Kind kind = Kind.values()[random.nextInt(4)];
                boolean writes = kind == Kind.WRITE || kind == Kind.COMPARE_AND_SET;
                underWay[p] = new Call(kind, p, clock, RegisterSearch.NEVER, writes ? next++ : 0, Math.max(0, state - random.nextInt(2)), false);
                happened[p] = false;
            } else if (happened[p]) {
                history.add(new Call(call.kind(), p, call.sent(), clock, call.value(), call.expected(), call.succeeded()));
                underWay[p] = null;
            } else {
                boolean succeeded = call.kind() == Kind.DELETE ? state != RegisterSearch.ABSENT : state == call.expected();
                int value = call.kind() == Kind.READ ? state : call.value();
                underWay[p] = new Call(call.kind(), p, call.sent(), RegisterSearch.NEVER, value, call.expected(), succeeded);
                happened[p] = true;
                boolean answerLost = lost > 0 && random.nextInt(lost) == 0;
                if (call.kind() != Kind.READ && !(answerLost && random.nextBoolean())) {
                    state = call.apply(state);
                }
                if (answerLost) {
                    history.add(underWay[p]);
                    underWay[p] = null;
                }
            }
        }
        for (Call call : underWay) {
            if (call != null) {
                history.add(call);
            }
        }
        return history;
    }

    private static Verdict verdict(List<Call> calls) {
        return new RegisterSearch(calls).search(RegisterSearch.ABSENT);
    }

    @Test
    void recordedHistoriesAreLinearizable() {
        for (int seed = 0; seed < 20; seed++) {
            assertEquals(Verdict.LINEARIZABLE, verdict(record(5_000, 0, new SplittableRandom(seed))), "seed " + seed);
            assertEquals(Verdict.LINEARIZABLE, verdict(record(2_000, 100, new SplittableRandom(seed))), "with lost answers, seed " + seed);
        }
    }

    /** Of a good history one reply is changed into one that cannot be. */
    @Test
    void oneWrongReplyIsFound() {
        SplittableRandom random = new SplittableRandom(42);
        List<Call> good = record(2_000, 0, random);
        int changed = 0;
        for (int i = 0; i < good.size(); i++) {
            Call call = good.get(i);
            if (call.answered() == RegisterSearch.NEVER || i % 7 != 0) {
                continue;
            }
            List<Call> bad = new ArrayList<>(good);
            switch (call.kind()) {
                // a value that was not written before the answer, and one that is written by nobody
                case READ -> bad.set(i, reading(call, good.stream().filter(other -> other.kind() == Kind.WRITE && other.sent() > call.answered())
                        .mapToInt(Call::value).findFirst().orElse(1_000_000)));
                // what succeeded did not: then later ones see a value that nobody wrote
                case COMPARE_AND_SET -> {
                    if (!call.succeeded() || good.stream().noneMatch(other -> other.kind() == Kind.READ && other.answered() != RegisterSearch.NEVER
                            && other.value() == call.value())) {
                        continue;
                    }
                    bad.set(i, new Call(call.kind(), call.process(), call.sent(), call.answered(), call.value(), call.expected(), false));
                }
                default -> {
                    continue;
                }
            }
            changed++;
            assertEquals(Verdict.NOT_LINEARIZABLE, verdict(bad), "call " + i + ": " + call);
        }
        assertTrue(changed > 50, "changed " + changed);
    }

    private static Call reading(Call call, int value) {
        return new Call(call.kind(), call.process(), call.sent(), call.answered(), value, call.expected(), call.succeeded());
    }

    /** Small histories, right and wrong ones, beside trying all orders. */
    @Test
    void agreesWithTheDefinition() {
        int[] verdicts = new int[Verdict.values().length];
        for (int seed = 0; seed < 4_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<Call> calls = new ArrayList<>(record(6, 4, random));
            if (random.nextInt(4) != 0) {
                int i = random.nextInt(calls.size());
                Call call = calls.get(i);
                int value = call.kind() == Kind.READ ? (call.value() + 1 + random.nextInt(3)) % 5 : call.value();
                calls.set(i, new Call(call.kind(), call.process(), call.sent(), call.answered(), value, call.expected(), !call.succeeded()));
            }
            Verdict found = verdict(calls);
            verdicts[found.ordinal()]++;
            assertEquals(someOrderExplains(calls, new ArrayList<>(), RegisterSearch.ABSENT), found == Verdict.LINEARIZABLE,
                    "seed " + seed + ": " + calls);
        }
        assertTrue(verdicts[Verdict.LINEARIZABLE.ordinal()] > 200, "right ones");
        assertTrue(verdicts[Verdict.NOT_LINEARIZABLE.ordinal()] > 200, "wrong ones");
        assertEquals(0, verdicts[Verdict.UNDECIDED.ordinal()]);
    }

    private static boolean someOrderExplains(List<Call> calls, List<Call> before, int state) {
        List<Call> left = calls.stream().filter(call -> before.stream().noneMatch(done -> done == call)).toList();
        if (left.stream().allMatch(call -> call.answered() == RegisterSearch.NEVER)) {
            return true;
        }
        for (Call next : left) {
            boolean forced = left.stream().anyMatch(other ->
                    other != next && other.answered() != RegisterSearch.NEVER && (other.answered() < next.sent()
                    || other.process() == next.process() && other.sent() < next.sent()));
            int after = next.kind() == Kind.READ && next.answered() == RegisterSearch.NEVER ? state : next.apply(state);
            if (!forced && after >= 0) {
                before.add(next);
                if (someOrderExplains(calls, before, after)) {
                    return true;
                }
                before.removeLast();
            }
        }
        return false;
    }

    @Test
    void whatAProcessSentIsInItsOrder() {
        Call first = new Call(Kind.WRITE, 1, 1, 10, 1, 0, true);
        Call second = new Call(Kind.WRITE, 1, 2, 11, 2, 0, true);
        assertEquals(Verdict.LINEARIZABLE, verdict(List.of(first, second, new Call(Kind.READ, 2, 12, 13, 2, 0, true))));
        assertEquals(Verdict.NOT_LINEARIZABLE, verdict(List.of(first, second, new Call(Kind.READ, 2, 12, 13, 1, 0, true))));
        assertEquals(Verdict.LINEARIZABLE, verdict(List.of(first, new Call(Kind.WRITE, 3, 2, 11, 2, 0, true), new Call(Kind.READ, 2, 12, 13, 1, 0,
                true))));
    }

    @Test
    void aSearchThatWouldTakeTooLongIsUndecided() {
        List<Call> calls = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            calls.add(new Call(Kind.WRITE, i, i, 100, i, 0, true));
        }
        calls.add(new Call(Kind.READ, 30, 101, 102, 99, 0, true));
        assertEquals(Verdict.UNDECIDED, new RegisterSearch(calls, 1_000).search(RegisterSearch.ABSENT));
        List<Call> unanswered = new ArrayList<>();
        for (int i = 1; i <= RegisterSearch.UNANSWERED_MAX + 1; i++) {
            unanswered.add(new Call(Kind.WRITE, i, i, RegisterSearch.NEVER, i, 0, true));
        }
        assertEquals(Verdict.UNDECIDED, verdict(unanswered));
    }
}
