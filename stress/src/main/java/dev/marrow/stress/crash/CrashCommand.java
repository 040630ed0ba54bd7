package dev.marrow.stress.crash;

import dev.marrow.stress.Trees;
import dev.marrow.stress.fuse.SectorMount;
import dev.marrow.stress.fuse.Survival;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code marrow stress crash}: crashes under load, again and again, and whether anything promised was lost. */
@Command(name = "crash", mixinStandardHelpOptions = true, description = {"Crash a server under load and check what it recovers.",
        "Exit code 0: nothing lost, nothing wrong; 1: findings. Needs root."})
public final class CrashCommand implements Callable<Integer> {
    /** What ends the server's lives. */
    enum Fault { KILL, POWER_CUT_EXT4, POWER_CUT_XFS, POWER_CUT_SECTORS }

    @Option(names = "--seed", description = "Repeats a run's decisions; its timing is the machine's. Default: a new one, which is printed.")
    private long seed = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);

    @Option(names = "--cycles", description = "Lives of the server (default ${DEFAULT-VALUE}).")
    private int cycles = 12;

    @Option(names = "--durability", description = "always or everysec (default ${DEFAULT-VALUE}).")
    private String durability = "always";

    @Option(names = "--fault", description = "One of ${COMPLETION-CANDIDATES} (default ${DEFAULT-VALUE}).")
    private Fault fault = Fault.KILL;

    @Option(names = "--load-millis", description = "Longest load of one life, at least 300 (default ${DEFAULT-VALUE}).")
    private int loadMillis = 1_500;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Findings findings = new Findings();
        CrashTable table = new CrashTable();
        run(new Plan(seed, cycles, durability, fault, Math.max(300, loadMillis)), findings, table, System.out);
        table.print(System.out);
        return findings.clean() ? 0 : 1;
    }

    /** @param loadMillis longest load of one life */
    record Plan(long seed, int cycles, String durability, Fault fault, int loadMillis) {
        String command() {
            return "./marrow stress crash --seed " + seed + " --cycles " + cycles + " --durability " + durability + " --fault " + fault
                    + " --load-millis " + loadMillis;
        }
    }

    /** Runs a plan in a temporary directory; on findings says what they are and how to repeat the run. */
    static void run(Plan plan, Findings findings, CrashTable table, PrintStream out) throws IOException, InterruptedException {
        out.println(plan.command());
        Path parent = Files.createTempDirectory("marrow-crash");
        try {
            switch (plan.fault) {
                case KILL -> cycles(plan, parent.resolve("data"), kills(), findings, table);
                case POWER_CUT_EXT4 -> powerCuts(plan, parent, "ext4", findings, table);
                case POWER_CUT_XFS -> powerCuts(plan, parent, "xfs", findings, table);
                case POWER_CUT_SECTORS -> sectorCuts(plan, parent, findings, table);
            }
        } finally {
            Trees.delete(parent);
            if (!findings.clean()) {
                out.println("findings: lost=" + findings.lost() + " wrong=" + findings.wrong() + "; the run was: " + plan.command());
                findings.texts().forEach(text -> out.println("  " + text));
            }
        }
    }

    /** Clean stops are the rarer case. */
    private static List<Ending> kills() {
        Ending warm = new Ending.Kill();
        Ending cold = new Ending.KillAndUnpin();
        return List.of(warm, cold, warm, cold, new Ending.Stop());
    }

    /** Kills between them: what a warm start adopts must survive the cut that follows. */
    private static void powerCuts(Plan plan, Path parent, String type, Findings findings, CrashTable table)
            throws IOException, InterruptedException {
        try (LoopFileSystem fileSystem = new LoopFileSystem(parent, type)) {
            Ending cut = new Ending.PowerCut(fileSystem, true);
            cycles(plan, fileSystem.mountPoint().resolve("data"), List.of(cut, new Ending.Kill(), cut), findings, table);
        }
    }

    private static void sectorCuts(Plan plan, Path parent, Findings findings, CrashTable table) throws IOException, InterruptedException {
        try (SectorMount mount = new SectorMount(parent, plan.seed)) {
            SectorPowerCut cut = new SectorPowerCut(mount, new SplittableRandom(plan.seed), Survival::random, true);
            cycles(plan, mount.dataDir(), List.of(cut, new Ending.Kill(), cut), findings, table);
            if (cut.unsynced() == 0) {
                findings.wrong("no cut found anything unsynced");
            }
        }
    }

    private static void cycles(Plan plan, Path dir, List<Ending> endings, Findings findings, CrashTable table)
            throws IOException, InterruptedException {
        ServerProcess.Launch launch = new ServerProcess.Launch(dir, plan.durability);
        try (CrashHarness harness = new CrashHarness(launch, plan.seed, plan.loadMillis, findings, table)) {
            harness.cycles(plan.cycles, endings);
            harness.finish();
        }
    }
}
