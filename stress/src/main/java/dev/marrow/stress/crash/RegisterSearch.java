package dev.marrow.stress.crash;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether the calls on one key, of several clients at once, can have happened one after the other, each between its sending and its answer:
 * linearizability.
 * A depth-first search over orders (Wing and Gong, "Testing and Verifying Concurrent Objects", 1993) that visits no configuration twice (Lowe,
 * "Testing for
 * linearizability", 2017). What changes nothing and fits is taken at once, without an alternative: it stands in nobody's way. Calls without an
 * answer may
 * have happened at any time after their sending, or not at all.
 */
final class RegisterSearch {
    /** State of a key that does not exist. Values are numbered from 1. */
    static final int ABSENT = 0;
    /** {@link Call#answered} of a call without an answer. */
    static final long NEVER = Long.MAX_VALUE;
    /** Calls without an answer that a search can take; they are bits of a word. */
    static final int UNANSWERED_MAX = Long.SIZE;
    /** Configurations with an alternative that a search visits. */
    static final int CONFIGURATIONS_MAX = 500_000;
    /** Words of all visited configurations together, 64 MB. */
    private static final long WORDS_MAX = 8L << 20;
    private static final int IMPOSSIBLE = -1;

    enum Kind { READ, WRITE, DELETE, COMPARE_AND_SET }

    enum Verdict { LINEARIZABLE, NOT_LINEARIZABLE, UNDECIDED }

    /**
     * One call.
     *
     * @param process   what one process sent it sent one after the other, and it is executed in that order
     * @param sent      a number that rises with the time
     * @param answered  likewise, or {@link #NEVER}
     * @param value     read, or to be written
     * @param expected  of COMPARE_AND_SET
     * @param succeeded of DELETE: something was there; of COMPARE_AND_SET: it was written
     */
    record Call(Kind kind, long process, long sent, long answered, int value, int expected, boolean succeeded) {
        /** The state behind it, or {@link #IMPOSSIBLE}. */
        int apply(int state) {
            boolean known = answered != NEVER;
            return switch (kind) {
                case READ -> state == value ? state : IMPOSSIBLE;
                case WRITE -> value;
                case DELETE -> known && succeeded != (state != ABSENT) ? IMPOSSIBLE : ABSENT;
                case COMPARE_AND_SET -> known && succeeded != (state == expected) ? IMPOSSIBLE : state == expected ? value : state;
            };
        }
    }

    /** What has happened so far. @param words bits of answered calls from the word on in which {@code low} is, the first that has not happened */
    private record Configuration(int low, long[] words, long unanswered, int state) {
        boolean happened(int call) {
            int word = (call >>> 6) - (low >>> 6);
            return call < low || word < words.length && (words[word] >>> call & 1) != 0;
        }

        Configuration with(int call, int nextState, int calls) {
            int word = (call >>> 6) - (low >>> 6);
            long[] next = Arrays.copyOf(words, Math.max(words.length, word + 1));
            next[word] |= 1L << call;
            int nextLow = low;
            while (nextLow < calls && (nextLow >>> 6) - (low >>> 6) < next.length && (next[(nextLow >>> 6) - (low >>> 6)] >>> nextLow & 1) != 0) {
                nextLow++;
            }
            int passed = Math.min(next.length, (nextLow >>> 6) - (low >>> 6));
            return new Configuration(nextLow, Arrays.copyOfRange(next, passed, next.length), unanswered, nextState);
        }

        Configuration withUnanswered(int call, int nextState) {
            return new Configuration(low, words, unanswered | 1L << call, nextState);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Configuration that && that.low == low && that.unanswered == unanswered && that.state == state
                    && Arrays.equals(that.words, words);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * (31 * low + Arrays.hashCode(words)) + Long.hashCode(unanswered)) + state;
        }
    }

    private final List<Call> answered;
    private final List<Call> unanswered;
    private final int configurationsMax;
    private final Deque<Configuration> open = new ArrayDeque<>();
    private final Set<Configuration> visited = new HashSet<>();
    private long words;
    private int furthest;

    RegisterSearch(List<Call> calls) {
        this(calls, CONFIGURATIONS_MAX);
    }

    /** @param configurationsMax more are not visited, and the verdict is undecided */
    RegisterSearch(List<Call> calls, int configurationsMax) {
        this.configurationsMax = configurationsMax;
        answered = calls.stream().filter(call -> call.answered != NEVER).sorted(Comparator.comparingLong(Call::sent)).toList();
        unanswered = calls.stream().filter(call -> call.answered == NEVER && call.kind != Kind.READ).toList();
    }

    Verdict search(int state) {
        if (unanswered.size() > UNANSWERED_MAX) {
            return Verdict.UNDECIDED;
        }
        open.push(new Configuration(0, new long[0], 0, state));
        while (!open.isEmpty()) {
            Configuration configuration = takeWhatChangesNothing(open.pop());
            furthest = Math.max(furthest, configuration.low);
            if (configuration.low == answered.size()) {
                return Verdict.LINEARIZABLE;
            }
            if (visited.add(configuration)) {
                words += configuration.words.length;
                if (visited.size() > configurationsMax || words > WORDS_MAX) {
                    return Verdict.UNDECIDED;
                }
                branch(configuration);
            }
        }
        return Verdict.NOT_LINEARIZABLE;
    }

    /** After a search that found no order: the first call that no order could explain together with all before it. */
    Call unexplained() {
        return answered.get(Math.min(furthest, answered.size() - 1));
    }

    private Configuration takeWhatChangesNothing(Configuration begin) {
        Configuration now = begin;
        boolean taken = true;
        while (taken) {
            taken = false;
            for (int call : candidates(now)) {
                if (answered.get(call).apply(now.state) == now.state) {
                    now = now.with(call, now.state, answered.size());
                    taken = true;
                    break;
                }
            }
        }
        return now;
    }

    /** Those that nothing forces behind another one that has not happened: neither an answer before their sending nor their process's order. */
    private List<Integer> candidates(Configuration now) {
        List<Integer> candidates = new ArrayList<>();
        Set<Long> processes = new HashSet<>();
        long firstAnswer = NEVER;
        for (int i = now.low; i < answered.size() && answered.get(i).sent < firstAnswer; i++) {
            if (!now.happened(i)) {
                firstAnswer = Math.min(firstAnswer, answered.get(i).answered);
                if (processes.add(answered.get(i).process)) {
                    candidates.add(i);
                }
            }
        }
        return candidates;
    }

    private void branch(Configuration now) {
        List<Integer> candidates = candidates(now);
        long firstAnswer = NEVER;
        for (int i = now.low; i < answered.size() && answered.get(i).sent < firstAnswer; i++) {
            firstAnswer = now.happened(i) ? firstAnswer : Math.min(firstAnswer, answered.get(i).answered);
        }
        for (int i = 0; i < unanswered.size(); i++) {
            Call call = unanswered.get(i);
            int next = call.apply(now.state);
            if ((now.unanswered >>> i & 1) == 0 && call.sent < firstAnswer && next != now.state
                    && candidates.stream().map(answered::get).noneMatch(other -> other.process == call.process && other.sent < call.sent)) {
                open.push(now.withUnanswered(i, next));
            }
        }
        // The last one pushed is looked at first: what was answered, and sent first.
        for (int call : candidates.reversed()) {
            int next = answered.get(call).apply(now.state);
            if (next != IMPOSSIBLE) {
                open.push(now.with(call, next, answered.size()));
            }
        }
    }
}
