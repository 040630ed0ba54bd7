package dev.marrow.stress.bench;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.format.OutputFormat;

/** A line for each benchmark that ends. What JMH and its JVMs have to say besides is kept, the end of it, for when something fails. */
final class JmhProgress implements OutputFormat {
    private static final int LINES_MAX = 60;
    private static final int LINE_CHARS_MAX = 1_000;

    private final Report report;
    private final Deque<String> lines = new ArrayDeque<>();
    private final StringBuilder line = new StringBuilder();
    private final Set<String> withoutResult = new LinkedHashSet<>();

    JmhProgress(Report report) {
        this.report = report;
    }

    /** Benchmarks that were begun and gave none. */
    Set<String> withoutResult() {
        return withoutResult;
    }

    synchronized String lastLines() {
        return String.join("\n", lines) + line;
    }

    @Override
    public void startBenchmark(BenchmarkParams benchmark) {
        withoutResult.add(JmhBench.label(benchmark));
    }

    @Override
    public void endBenchmark(BenchmarkResult result) {
        if (result != null) {
            withoutResult.remove(JmhBench.label(result.getParams()));
            report.progress(String.format(Locale.ROOT, "%s: %,.1f ns", JmhBench.label(result.getParams()), result.getPrimaryResult().getScore()));
        }
    }

    @Override
    public void iteration(BenchmarkParams benchmark, IterationParams parameters, int iteration) {}

    @Override
    public void iterationResult(BenchmarkParams benchmark, IterationParams parameters, int iteration, IterationResult result) {}

    @Override
    public void startRun() {}

    @Override
    public void endRun(Collection<RunResult> results) {}

    @Override
    public synchronized void print(String text) {
        text.chars().forEach(this::keep);
    }

    @Override
    public void println(String text) {
        print(text + "\n");
    }

    @Override
    public void verbosePrintln(String text) {}

    @Override
    public synchronized void write(int b) {
        keep(b & 0xff);
    }

    @Override
    public void write(byte[] bytes) {
        for (byte b : bytes) {
            write(b);
        }
    }

    private void keep(int character) {
        if (character != '\n' && line.length() < LINE_CHARS_MAX) {
            line.append((char) character);
            return;
        }
        lines.addLast(line.toString());
        line.setLength(0);
        if (lines.size() > LINES_MAX) {
            lines.removeFirst();
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
