package dev.marrow.stress.crash;

import dev.marrow.stress.Trees;
import dev.marrow.stress.fuse.Faults;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Every way to crash a server, one after the other, each for its share of the time, into one table. */
final class Matrix {
    /** Kills have three rows, the other runs one or two. */
    private static final int KILL_SHARES = 3;
    /** Each kind of ending comes about; a new store with each round, so that histories stay short. */
    private static final int KILL_CYCLES = 5;
    private static final int CUT_CYCLES = 3;
    private static final int LOAD_MILLIS_MAX = 1_000;
    private static final List<String> DURABILITIES = List.of("always", "everysec");

    private final Random random;
    private final PrintStream out;
    private final CrashTable table = new CrashTable();
    private final List<String> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private boolean clean = true;

    /** One fault in one durability. */
    private record Run(int shares, Body body) {}

    private interface Body {
        /** At least once, and while the time lasts. */
        void run(double seconds) throws IOException, InterruptedException;
    }

    /** @param out for progress */
    Matrix(long seed, PrintStream out) {
        this.random = new Random(seed);
        this.out = out;
    }

    /** Runs everything. It takes longer than it should where even one case of each fault does. */
    void run(double seconds) throws IOException, InterruptedException {
        List<Run> runs = runs();
        int shares = runs.stream().mapToInt(Run::shares).sum();
        for (Run run : runs) {
            run.body.run(seconds * run.shares / shares);
        }
    }

    /** Nothing was lost and nothing was wrong. */
    boolean clean() {
        return clean;
    }

    CrashTable table() {
        return table;
    }

    /** What could not run on this machine. */
    List<String> notes() {
        return notes;
    }

    /** Some of what was lost or wrong. */
    List<String> findings() {
        return findings;
    }

    private List<Run> runs() throws IOException, InterruptedException {
        List<Run> runs = new ArrayList<>();
        for (CrashCommand.Fault fault : CrashCommand.Fault.values()) {
            // no package can give a kernel its file system
            if (fault == CrashCommand.Fault.POWER_CUT_XFS && !Files.readString(Path.of("/proc/filesystems")).contains("\txfs\n")) {
                notes.add("Not run: power cuts of xfs, which this kernel does not have.");
                continue;
            }
            boolean kill = fault == CrashCommand.Fault.KILL;
            DURABILITIES.forEach(durability -> runs.add(new Run(kill ? KILL_SHARES : 1,
                    seconds -> crashes(fault, durability, kill ? KILL_CYCLES : CUT_CYCLES, seconds))));
        }
        List<Faults.Call> calls = callsThatChangeTheDisk();
        for (CallFault fault : CallFault.values()) {
            runs.add(new Run(1, seconds -> {
                long seed = random.nextLong(Long.MAX_VALUE);
                cases("always", fault.title(), "calls that change the disk", fault.numbers(calls, random), seconds,
                        (dir, number) -> fault.strike(dir, seed, number));
            }));
        }
        for (KilledStart start : KilledStart.values()) {
            runs.add(new Run(1, seconds -> {
                long seed = random.nextLong(Long.MAX_VALUE);
                List<Long> numbers = KilledStart.numbers(inDirectory(start::calls), random);
                cases(start.durability(), start.title(), "calls inside the start and behind it", numbers, seconds,
                        (dir, number) -> start.strike(dir, seed, number));
            }));
        }
        return runs;
    }

    private void crashes(CrashCommand.Fault fault, String durability, int cycles, double seconds) throws IOException, InterruptedException {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        do {
            Findings found = new Findings();
            CrashCommand.Plan plan = new CrashCommand.Plan(random.nextLong(Long.MAX_VALUE), cycles, durability, fault, LOAD_MILLIS_MAX);
            try {
                CrashCommand.run(plan, found, table, out);
            } catch (IOException notRun) {
                // a server that does not start is counted; anything else is a run that shows nothing
                if (found.clean()) {
                    throw notRun;
                }
            }
            clean &= found.clean();
            found.texts().forEach(text -> findings.add(plan.command() + ": " + text));
        } while (System.nanoTime() < end);
    }

    private void cases(String durability, String fault, String place, List<Long> numbers, double seconds, CallRun.Case body)
            throws IOException, InterruptedException {
        CallRun.Result result = inDirectory(dir -> CallRun.run(fault, dir, numbers, seconds, 1, body));
        out.println(fault + ": " + result);
        table.add(durability, fault, result.reached() + " of " + result.calls() + " " + place, result.cases(), result.counts());
        clean &= result.counts().clean() && result.wrong().isEmpty();
        findings.addAll(result.wrong());
    }

    private static List<Faults.Call> callsThatChangeTheDisk() throws IOException, InterruptedException {
        return inDirectory(dir -> {
            try (FaultedLives lives = new FaultedLives(dir, 0)) {
                List<Faults.Call> calls = lives.calls();
                if (!lives.wrong().isEmpty()) {
                    throw new IOException("lives without a fault: " + lives.wrong());
                }
                return calls;
            }
        });
    }

    private interface InDirectory<T> {
        T run(Path dir) throws IOException, InterruptedException;
    }

    private static <T> T inDirectory(InDirectory<T> body) throws IOException, InterruptedException {
        Path dir = Files.createTempDirectory("marrow-matrix");
        try {
            return body.run(dir);
        } finally {
            Trees.delete(dir);
        }
    }
}
