package dev.marrow.stress.crash;

import dev.marrow.stress.MarkedText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code marrow stress matrix}: all crash faults, and one table of what they lost. */
@Command(name = "matrix", mixinStandardHelpOptions = true, description = {
        "Crash a server in every way there is, one after the other, and print one table.",
        "Exit code 0: nothing lost, nothing wrong; 1: findings. Needs root."})
public final class MatrixCommand implements Callable<Integer> {
    private static final String SUBJECT = "crash matrix";

    @Option(names = "--minutes", description = "Shared by all faults (default ${DEFAULT-VALUE}); each runs once at least, in some minutes.")
    private int minutes = 10;

    @Option(names = "--seed", description = "Repeats a run's decisions; its timing is the machine's. Default: a new one, which is printed.")
    private long seed = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);

    @Option(names = "--out", description = "Text file; the table replaces what is between its lines '<!-- " + SUBJECT + ": begin -->' and '<!-- "
            + SUBJECT + ": end -->'.")
    private Optional<Path> out = Optional.empty();

    @Override
    public Integer call() throws IOException, InterruptedException {
        Optional<MarkedText> text = out.isPresent() ? Optional.of(new MarkedText(out.get(), SUBJECT)) : Optional.empty();
        long begin = System.nanoTime();
        Matrix matrix = new Matrix(seed, System.out);
        try (Interruption _ = new Interruption()) {
            matrix.run(minutes * 60.0);
        }
        List<String> report = report(matrix, Duration.ofNanos(System.nanoTime() - begin));
        report.forEach(System.out::println);
        matrix.findings().forEach(finding -> System.out.println("finding: " + finding));
        if (text.isPresent()) {
            text.get().replace(report);
        }
        return matrix.clean() ? 0 : 1;
    }

    private List<String> report(Matrix matrix, Duration took) {
        List<String> lines = new ArrayList<>();
        lines.add("A run of " + LocalDate.now() + ", kernel " + System.getProperty("os.version") + ", " + Runtime.getRuntime().availableProcessors()
                + " processors, " + (took.toSeconds() + 30) / 60 + " minutes:");
        lines.add("");
        lines.add("    ./marrow stress matrix --minutes " + minutes + " --seed " + seed + out.map(file -> " --out " + file).orElse(""));
        lines.add("");
        lines.addAll(matrix.table().text());
        if (!matrix.notes().isEmpty()) {
            lines.add("");
            lines.addAll(matrix.notes());
        }
        return lines;
    }
}
