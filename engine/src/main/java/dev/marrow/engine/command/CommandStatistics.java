package dev.marrow.engine.command;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Calls, times and failures of what Java executes, for INFO commandstats and errorstats. Hot commands are executed in the kernel, which
 * counts them in total only. Bounded by the command table and by the error codes in use. Thread-safe.
 */
final class CommandStatistics {
    /** Counters of one command. */
    static final class Of {
        private final LongAdder calls = new LongAdder();
        private final LongAdder micros = new LongAdder();
        private final LongAdder rejected = new LongAdder();
        private final LongAdder failed = new LongAdder();

        /** In the form of INFO. */
        String text() {
            long count = calls.sum();
            return "calls=" + count + ",usec=" + micros.sum()
                    + String.format(java.util.Locale.ROOT, ",usec_per_call=%.2f", count == 0 ? 0 : (double) micros.sum() / count)
                    + ",rejected_calls=" + rejected.sum() + ",failed_calls=" + failed.sum();
        }
    }

    private final Map<String, Of> commands = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

    /** @param error text of the error reply, empty: it did not fail */
    void executed(CommandSpec spec, long micros, String error) {
        Of of = of(spec);
        of.calls.increment();
        of.micros.add(micros);
        if (!error.isEmpty()) {
            of.failed.increment();
            error(error);
        }
    }

    /** It was not executed: arity, authentication. */
    void rejected(CommandSpec spec, String error) {
        of(spec).rejected.increment();
        error(error);
    }

    void error(String text) {
        int end = text.indexOf(' ');
        errors.computeIfAbsent(end < 0 ? text : text.substring(0, end), code -> new LongAdder()).increment();
    }

    private Of of(CommandSpec spec) {
        return commands.computeIfAbsent(spec.name(), name -> new Of());
    }

    Map<String, Of> commands() {
        return new TreeMap<>(commands);
    }

    /** Error replies by their code. */
    Map<String, Long> errors() {
        Map<String, Long> sums = new TreeMap<>();
        errors.forEach((code, count) -> sums.put(code, count.sum()));
        return sums;
    }

    void reset() {
        commands.clear();
        errors.clear();
    }
}
