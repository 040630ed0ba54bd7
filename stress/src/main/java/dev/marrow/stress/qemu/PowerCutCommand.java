package dev.marrow.stress.qemu;

import dev.marrow.stress.Trees;
import dev.marrow.stress.crash.CrashHarness;
import dev.marrow.stress.crash.CrashTable;
import dev.marrow.stress.crash.Ending;
import dev.marrow.stress.crash.Findings;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code marrow stress powercut}: power cuts of a whole machine under load, again and again, and whether anything promised was lost. */
@Command(name = "powercut", mixinStandardHelpOptions = true, description = {
        "Cut the power of an emulated machine under load and check what its server recovers.",
        "Exit code 0: nothing lost, nothing wrong; 1: findings. Fetches a kernel once."})
public final class PowerCutCommand implements Callable<Integer> {
    @Option(names = "--seed", description = "Repeats a run's decisions; its timing is the machine's. Default: a new one, which is printed.")
    private long seed = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);

    @Option(names = "--cycles", description = "Lives of the machine (default ${DEFAULT-VALUE}).")
    private int cycles = 5;

    @Option(names = "--kernel", description = "Debian's 6.1 or 6.12 (default ${DEFAULT-VALUE}).")
    private String kernel = "6.1";

    @Option(names = "--durability", description = "always or everysec (default ${DEFAULT-VALUE}).")
    private String durability = "always";

    @Option(names = "--load-millis", description = "Longest load of one life, at least 300 (default ${DEFAULT-VALUE}).")
    private int loadMillis = 5_000;

    @Option(names = "--ignore-flushes", description = "Negative control: a disk that does nothing when it is told to flush. Must end with 1.")
    private boolean ignoreFlushes;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Findings findings = new Findings();
        CrashTable table = new CrashTable();
        Plan plan = new Plan(GuestKernel.Series.named(kernel), cycles, Math.max(300, loadMillis), new Guest.Plan(durability, !ignoreFlushes, seed));
        run(plan, new GuestPowerCut(plan.series), findings, table, System.out);
        table.print(System.out);
        return findings.clean() ? 0 : 1;
    }

    /** @param loadMillis longest load of one life */
    record Plan(GuestKernel.Series series, int cycles, int loadMillis, Guest.Plan guest) {
        String command() {
            return "./marrow stress powercut --seed " + guest.seed() + " --cycles " + cycles + " --kernel " + series + " --durability "
                    + guest.durability() + " --load-millis " + loadMillis + (guest.flushes() ? "" : " --ignore-flushes");
        }
    }

    /** Runs a plan in a temporary directory; on findings says what they are and how to repeat the run. */
    static void run(Plan plan, Ending ending, Findings findings, CrashTable table, PrintStream out) throws IOException, InterruptedException {
        out.println(plan.command());
        GuestKernel kernel = GuestKernel.fetch(plan.series, cache());
        out.println("kernel " + kernel.release());
        Path work = Files.createTempDirectory("marrow-guest");
        try {
            try (Guest guest = new Guest(GuestImage.build(kernel, work, cache()), work, plan.guest)) {
                try (CrashHarness harness = new CrashHarness(guest, plan.guest.seed(), plan.loadMillis, findings, table)) {
                    harness.cycles(plan.cycles, List.of(ending));
                    harness.finish();
                } finally {
                    VolatileDisk.Counts disk = guest.disk();
                    out.printf("disk: %,d flushes; when the power was cut %,d blocks of 4 KiB were written and not flushed, %,d of them were lost%n",
                            disk.flushes(), disk.lost() + disk.kept(), disk.lost());
                }
            }
        } finally {
            Trees.delete(work);
            if (!findings.clean()) {
                out.println("findings: lost=" + findings.lost() + " wrong=" + findings.wrong() + "; the run was: " + plan.command());
                findings.texts().forEach(text -> out.println("  " + text));
            }
        }
    }

    /** Beside what is built, so that it goes with it. */
    static Path cache() throws IOException {
        try {
            Path built = Path.of(PowerCutCommand.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            return Files.createDirectories(built.getParent().resolve("guest"));
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
