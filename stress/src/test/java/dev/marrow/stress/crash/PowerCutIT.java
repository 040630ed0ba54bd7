package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file system that loses power under load, and controls that must turn the same harness red. */
@Timeout(300)
class PowerCutIT {
    private static final int CYCLES = Integer.getInteger("marrow.powercut.cycles", 3);
    private static final int LOAD_MILLIS_MAX = 1_500;
    /** A control gets so many stores, and so many cycles with each, to show a loss. */
    private static final int CONTROL_STORES_MAX = 3;
    private static final int CONTROL_CYCLES_MAX = 5;
    private static final List<String> COMPILERS = List.of("clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang", "cc");

    private final long seed = Long.getLong("marrow.crash.seed", ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));

    @TempDir
    private Path temp;

    @Test
    void alwaysLosesNothingAcknowledgedOrReadOnExt4() throws Exception {
        run(CYCLES, "always", CrashCommand.Fault.POWER_CUT_EXT4);
    }

    @Test
    void everysecLosesNothingThatWaitAofAcknowledgedOnExt4() throws Exception {
        run(CYCLES, "everysec", CrashCommand.Fault.POWER_CUT_EXT4);
    }

    @Test
    void alwaysLosesNothingAcknowledgedOrReadOnXfs() throws Exception {
        assertTrue(Files.exists(Path.of("/sbin/mkfs.xfs")), "mkfs.xfs is missing; ./marrow test installs it");
        // no package can give a kernel its file system: this alone is a reason to skip
        Assumptions.assumeTrue(Files.readString(Path.of("/proc/filesystems")).contains("\txfs\n"), "a kernel without xfs");
        run(CYCLES, "always", CrashCommand.Fault.POWER_CUT_XFS);
    }

    private void run(int cycles, String durability, CrashCommand.Fault fault) throws Exception {
        Findings findings = new Findings();
        CrashTable table = new CrashTable();
        CrashCommand.Plan plan = new CrashCommand.Plan(seed, cycles, durability, fault, LOAD_MILLIS_MAX);
        CrashCommand.run(plan, findings, table, System.out);
        table.print(System.out);
        assertTrue(findings.clean(), () -> plan.command() + "\n" + String.join("\n", findings.texts()));
        assertTrue(findings.acknowledged() > cycles && findings.read() > cycles && findings.large() > 0, "there was no load");
    }

    @Test
    void controlThatNeverSyncsTurnsRed() throws Exception {
        Map<String, String> preload = Map.of("LD_PRELOAD", compileNoSync().toString());
        control("control: always without syncs", "always", preload, false);
    }

    @Test
    void controlThatAcknowledgesBeforeTheSyncTurnsRed() throws Exception {
        control("control: everysec held to always", "everysec", Map.of(), true);
    }

    /** Power cuts of a server that breaks its promise, until the harness sees a loss. */
    private void control(String name, String durability, Map<String, String> environment, boolean failStops) throws Exception {
        Findings findings = new Findings();
        CrashTable table = new CrashTable();
        for (int i = 0; i < CONTROL_STORES_MAX && findings.lost() == 0; i++) {
            controlWithOneStore(seed + i, durability, environment, failStops, findings, table);
        }
        System.out.println(name);
        table.print(System.out);
        findings.texts().stream().limit(3).forEach(System.out::println);
        assertTrue(findings.lost() > 0, name + " lost nothing: the harness is blind; seed " + seed);
    }

    private void controlWithOneStore(long seed, String durability, Map<String, String> environment, boolean failStops, Findings findings, CrashTable table)
            throws IOException, InterruptedException {
        try (LoopFileSystem fileSystem = new LoopFileSystem(temp, "ext4")) {
            Path dir = fileSystem.mountPoint().resolve("data");
            ServerProcess.Launch launch = new ServerProcess.Launch(dir, durability, List.of(), environment);
            try (CrashHarness harness = new CrashHarness(launch, seed, LOAD_MILLIS_MAX, findings, table)) {
                Ending cut = new Ending.PowerCut(fileSystem, failStops);
                for (int i = 0; i < CONTROL_CYCLES_MAX && findings.lost() == 0; i++) {
                    harness.cycle(cut, Promise.ACKNOWLEDGED_AND_READ, launch);
                }
                if (findings.lost() == 0) {
                    harness.finish();
                }
            } catch (IOException notStarted) {
                // A log of which whole parts are gone may be refused; that is no proof that the harness sees lost writes.
                System.out.println(notStarted.getMessage());
            }
        }
    }

    private Path compileNoSync() throws IOException, InterruptedException {
        Path library = temp.resolve("nosync.so");
        // failsafe runs in the module's directory
        Path source = Path.of("src/test/c/nosync.c").toAbsolutePath();
        for (String compiler : COMPILERS) {
            if (List.of(System.getenv("PATH").split(":")).stream().anyMatch(bin -> Files.isExecutable(Path.of(bin, compiler)))) {
                Process process = new ProcessBuilder(compiler, "-O1", "-Wall", "-shared", "-fPIC", "-o", library.toString(), source.toString())
                        .inheritIO().start();
                assertEquals(0, process.waitFor(), compiler + " " + source);
                return library;
            }
        }
        throw new IOException("no C compiler among " + COMPILERS);
    }

    /** I7: not even a restart carries on after a failed sync; the message says what to do, and doing that works. */
    @Test
    void failedLogIsRefusedUntilItIsRepaired() throws Exception {
        Findings findings = new Findings();
        try (LoopFileSystem fileSystem = new LoopFileSystem(temp, "ext4")) {
            ServerProcess.Launch launch = new ServerProcess.Launch(fileSystem.mountPoint().resolve("data"), "always");
            try (CrashHarness harness = new CrashHarness(launch, seed, LOAD_MILLIS_MAX, findings, new CrashTable())) {
                harness.cycle(new Repair(fileSystem, launch));
                harness.finish();
            }
        }
        assertTrue(findings.clean(), () -> "seed " + seed + "\n" + String.join("\n", findings.texts()));
    }

    /** The tables outlive their disk: mounted anew, a restart writes them out whole, and keeps more than the log had to, in everysec too. */
    @ParameterizedTest
    @ValueSource(strings = {"always", "everysec"})
    void tablesOfAFailedLogAreWrittenOutByTheRestart(String durability) throws Exception {
        Findings findings = new Findings();
        CrashTable table = new CrashTable();
        try (LoopFileSystem fileSystem = new LoopFileSystem(temp, "ext4")) {
            ServerProcess.Launch launch = new ServerProcess.Launch(fileSystem.mountPoint().resolve("data"), durability);
            try (CrashHarness harness = new CrashHarness(durability.equals("always") ? launch : withoutLargeValues(launch), seed, LOAD_MILLIS_MAX, findings, table)) {
                harness.cycle(new Remount(fileSystem, launch));
                harness.finish();
            }
        }
        table.print(System.out);
        assertTrue(findings.clean(), () -> "seed " + seed + "\n" + String.join("\n", findings.texts()));
        assertTrue(findings.acknowledged() > 0, "there was no load");
    }

    /** In everysec the bytes of a large value that came in the last second before the disk failed are lost with it, and the start says so. */
    private static ServerLaunch withoutLargeValues(ServerLaunch launch) {
        return new ServerLaunch() {
            @Override
            public ServerProcess serve() throws IOException {
                return launch.serve();
            }

            @Override
            public Store store() throws IOException {
                return launch.store();
            }

            @Override
            public boolean unfinishedCheckpoint() throws IOException {
                return launch.unfinishedCheckpoint();
            }

            @Override
            public String durability() {
                return launch.durability();
            }

            @Override
            public boolean largeValues() {
                return false;
            }
        };
    }

    private record Remount(LoopFileSystem fileSystem, ServerProcess.Launch launch) implements Ending {
        @Override
        public String fault() {
            return "file system lost and mounted anew, tables kept";
        }

        @Override
        public void end(ServerProcess server, Store store, Findings findings) throws IOException, InterruptedException {
            fileSystem.shutdown();
            server.expectExit(PowerCut.EXIT_CODE, PowerCut.MESSAGE, findings);
            // on the dead file system the rescue fails like everything else, and the tables stay
            try (ServerProcess again = launch.serve()) {
                if (again.awaitExit().orElse(0) == 0) {
                    findings.wrong("a start on a dead file system: " + again.output());
                }
            }
            fileSystem.unmount();
            fileSystem.mount();
            if (!store.pinned()) {
                findings.wrong("a failed server left no pins");
            }
        }

        @Override
        public String nextStart() {
            return "rescued";
        }

        @Override
        public boolean keepsAcknowledged() {
            return true;
        }
    }

    /** A power cut, with the restarts that an operator in a hurry would try before the remedy. */
    private record Repair(LoopFileSystem fileSystem, ServerProcess.Launch launch) implements Ending {
        private static final int EXIT_REFUSED = 73;

        @Override
        public String fault() {
            return "power cut, repaired by hand";
        }

        @Override
        public void end(ServerProcess server, Store store, Findings findings) throws IOException, InterruptedException {
            fileSystem.shutdown();
            server.expectExit(PowerCut.EXIT_CODE, PowerCut.MESSAGE, findings);
            try (ServerProcess again = launch.serve()) {
                if (again.awaitExit().orElse(0) == 0) {
                    findings.wrong("a start on a dead file system: " + again.output());
                }
            }
            fileSystem.unmount();
            fileSystem.mount();
            try (ServerProcess unpin = launch.run("unpin", "--dir", launch.dir().toString())) {
                unpin.expectExit(0, "unpinned", findings);
            }
            // The marker is there only when the dying file system still took it.
            Path marker = launch.dir().resolve("FAILED");
            if (!Files.exists(marker)) {
                Files.writeString(marker, "left by the test");
            }
            try (ServerProcess again = launch.serve()) {
                again.expectExit(EXIT_REFUSED, "delete the file FAILED", findings);
            }
            try (ServerProcess verify = launch.run("log", "verify", launch.dir().toString())) {
                int exit = verify.awaitExit().orElse(-1);
                // 1: an unsynced tail, which the next start cuts
                if (exit != 0 && exit != 1) {
                    findings.wrong("log verify ended with " + exit + ": " + verify.output());
                }
            }
            Files.delete(marker);
        }

        @Override
        public String nextStart() {
            return "cold";
        }

        @Override
        public boolean keepsAcknowledged() {
            return false;
        }
    }
}
