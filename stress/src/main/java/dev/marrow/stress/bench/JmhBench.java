package dev.marrow.stress.bench;

import dev.marrow.stress.jmh.BenchScratch;
import dev.marrow.stress.jmh.FilledRing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * The hot pieces of Java one by one, by JMH: what an operation takes, and what it allocates. Each in a JVM of its own, with this one's flags; after
 * as many warm-up iterations as are measured.
 */
final class JmhBench {
    private static final String ALLOCATED = "gc.alloc.rate.norm";
    /** JMH's own lock is one for the machine, and would refuse to run beside somebody else's benchmarks; the load is in the report. */
    private static final String IGNORE_LOCK = "jmh.ignoreLock";
    /** Of an iteration, beyond its own length; then its JVM is ended. */
    private static final long ITERATION_SECONDS_EXTRA = 60;
    private static final long END_SECONDS_MAX = 10;

    private final Pattern filter;
    private final int rounds;
    private final double seconds;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;

    JmhBench(Pattern filter, int rounds, double seconds, Path scratch, Report report, Teardown teardown) {
        this.filter = filter;
        this.rounds = rounds;
        this.seconds = seconds;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    void run() throws IOException {
        JmhProgress progress = new JmhProgress(report);
        Collection<RunResult> results = measure(progress);
        if (!progress.withoutResult().isEmpty()) {
            throw new IOException("without a result: " + String.join(", ", progress.withoutResult()) + "\n" + progress.lastLines());
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("benchmark", "with", "ns", "bytes allocated"));
        results.stream().sorted(Comparator.comparing(result -> label(result.getParams()))).forEach(result -> rows.add(row(result)));
        report.table(rows);
        report.line(String.format(Locale.ROOT, "%nOf one operation; median (min..max) of %d iterations of %s s. It is a record of %d bytes in"
                + " RingBenchmark, a batch of such records in AppendBenchmark, a command in ReplyBenchmark and ServerBenchmark.",
                rounds, seconds, FilledRing.RECORD_BYTES));
    }

    private Collection<RunResult> measure(JmhProgress progress) throws IOException {
        System.setProperty(IGNORE_LOCK, "true");
        Set<ProcessHandle> others = ProcessHandle.current().children().collect(Collectors.toSet());
        teardown.add(() -> endJvms(others));
        TimeValue length = TimeValue.nanoseconds(Math.round(seconds * TimeUnit.SECONDS.toNanos(1)));
        Options options = new OptionsBuilder().include(filter.pattern()).mode(Mode.AverageTime).timeUnit(TimeUnit.NANOSECONDS).threads(1).forks(1)
                .warmupIterations(rounds).warmupTime(length).measurementIterations(rounds).measurementTime(length)
                .timeout(TimeValue.seconds(ITERATION_SECONDS_EXTRA)).addProfiler(GCProfiler.class)
                .jvmArgsAppend(BenchScratch.flag(scratch)).shouldFailOnError(true).build();
        try {
            return new Runner(options, progress).run();
        } catch (NoBenchmarksException e) {
            throw new IOException("no benchmark matches " + filter, e);
        } catch (RunnerException e) {
            throw new IOException("a benchmark failed: " + e.getMessage() + "\n" + progress.lastLines(), e);
        }
    }

    /** One that is told to end takes its pins along; JMH itself leaves it alone until it has something to say to us. */
    private static void endJvms(Set<ProcessHandle> others) {
        List<ProcessHandle> jvms = ProcessHandle.current().children().filter(child -> !others.contains(child)).toList();
        jvms.forEach(ProcessHandle::destroy);
        jvms.forEach(jvm -> jvm.onExit().completeOnTimeout(jvm, END_SECONDS_MAX, TimeUnit.SECONDS).join());
        jvms.forEach(ProcessHandle::destroyForcibly);
    }

    private List<String> row(RunResult result) {
        String name = name(result.getParams().getBenchmark());
        String parameters = parameters(result.getParams());
        List<Double> nanos = new ArrayList<>();
        List<Double> allocated = new ArrayList<>();
        for (BenchmarkResult fork : result.getBenchmarkResults()) {
            for (IterationResult iteration : fork.getIterationResults()) {
                double each = measured(result, iteration.getPrimaryResult());
                double bytes = measured(result, iteration.getSecondaryResults().get(ALLOCATED));
                report.sample(Map.of("benchmark", name, "with", parameters, "ns", each, "bytes", bytes));
                nanos.add(each);
                allocated.add(bytes);
            }
        }
        return List.of(name, parameters, Spread.of(nanos).text(1), Spread.of(allocated).text(1));
    }

    /** JMH reports what it could not measure as nothing or as no number. */
    private static double measured(RunResult of, Result<?> result) {
        if (result == null || !Double.isFinite(result.getScore())) {
            throw new IllegalStateException(label(of.getParams()) + " has no result");
        }
        return result.getScore();
    }

    static String label(BenchmarkParams benchmark) {
        return (name(benchmark.getBenchmark()) + " " + parameters(benchmark)).strip();
    }

    /** Class and method. */
    static String name(String benchmark) {
        String[] parts = benchmark.split("\\.");
        return parts[parts.length - 2] + "." + parts[parts.length - 1];
    }

    private static String parameters(BenchmarkParams benchmark) {
        return benchmark.getParamsKeys().stream().map(key -> key + "=" + benchmark.getParam(key)).collect(Collectors.joining(" "));
    }
}
