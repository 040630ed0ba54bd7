package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.fuse.SectorMount;
import dev.marrow.stress.fuse.Survival;
import dev.marrow.wal.BaseFiles;
import dev.marrow.wal.LogDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Power cuts under load that tear and reorder what was not synced, and controls that must turn the same harness red. */
@Timeout(600)
class SectorPowerCutIT {
    private static final int CYCLES = Integer.getInteger("marrow.sectorcut.cycles", 3);
    private static final int LOAD_MILLIS_MAX = 1_000;
    /** EX_DATAERR. */
    private static final int EXIT_DAMAGED = 65;

    private final long seed = Long.getLong("marrow.crash.seed", ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));
    private final SplittableRandom random = new SplittableRandom(seed);
    private final Findings findings = new Findings();

    @TempDir
    private Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"always", "everysec"})
    void losesNothingPromised(String durability) throws Exception {
        CrashTable table = new CrashTable();
        CrashCommand.Plan plan = new CrashCommand.Plan(seed, CYCLES, durability, CrashCommand.Fault.POWER_CUT_SECTORS, LOAD_MILLIS_MAX);
        CrashCommand.run(plan, findings, table, System.out);
        table.print(System.out);
        assertTrue(findings.clean(), () -> plan.command() + "\n" + String.join("\n", findings.texts()));
        assertTrue(findings.acknowledged() > CYCLES && findings.read() > CYCLES && findings.large() > 0, "there was no load");
    }

    @Test
    void controlWhereNoSyncDoesAnythingTurnsRed() throws Exception {
        control("no sync does anything", path -> true, seed -> Survival.ofSynced());
        assertTrue(findings.lost() > 0, () -> "lost nothing: the harness is blind; seed " + seed);
    }

    @Test
    void controlWhereTheLogIsNotSyncedTurnsRed() throws Exception {
        control("fdatasync of segments does nothing", path -> path.endsWith(".wal"), seed -> Survival.ofSynced());
        assertTrue(findings.lost() > 0, () -> "lost nothing: the harness is blind; seed " + seed);
    }

    /** Later sectors may be there and vouch for the lost ones: then the start must be refused, and either way it is red. */
    @Test
    void controlWhereTheLogIsNotSyncedAndSomeOfItSurvivesTurnsRed() throws Exception {
        control("fdatasync of segments does nothing, some sectors survive", path -> path.endsWith(".wal"), Survival::random);
        assertFalse(findings.clean(), () -> "saw nothing: the harness is blind; seed " + seed);
    }

    /** The manifest is there and knows that a log was begun: without any segment the start is refused. */
    @Test
    void controlWhereDirectoriesAreNotSyncedTurnsRed() throws Exception {
        control("fsync of the log's directory does nothing", path -> path.endsWith("/wal"), seed -> Survival.ofSynced());
        assertFalse(findings.clean(), () -> "saw nothing: the harness is blind; seed " + seed);
    }

    /** One power cut of a file system that lies about these syncs. */
    private void control(String name, Predicate<String> lies, LongFunction<Survival> survivals) throws Exception {
        CrashTable table = new CrashTable();
        try (SectorMount mount = new SectorMount(temp, seed)) {
            ServerProcess.Launch launch = new ServerProcess.Launch(mount.dataDir(), "always");
            try (CrashHarness harness = new CrashHarness(launch, seed, LOAD_MILLIS_MAX, findings, table)) {
                mount.lie(lies);
                harness.cycle(new SectorPowerCut(mount, random, survivals, true));
                harness.finish();
            } catch (IOException notStarted) {
                System.out.println("control: " + name + ": " + notStarted.getMessage());
            }
        }
        System.out.println("control: " + name);
        table.print(System.out);
        findings.texts().stream().limit(3).forEach(System.out::println);
    }

    /** A disk that loses what was synced: nothing of such a log may be served (I6). */
    @Test
    void syncedSectorThatIsLostIsReportedAsDamage() throws Exception {
        try (SectorMount mount = new SectorMount(temp, seed)) {
            ServerProcess.Launch launch = new ServerProcess.Launch(mount.dataDir(), "always");
            try (CrashHarness harness = new CrashHarness(launch, seed, LOAD_MILLIS_MAX, findings, new CrashTable())) {
                harness.cycle(new LostSector(mount, launch, random));
            }
        }
        assertTrue(findings.acknowledged() > 100, "there was no load");
        assertTrue(findings.clean(), () -> "seed " + seed + "\n" + String.join("\n", findings.texts()));
    }

    private record LostSector(SectorMount mount, ServerProcess.Launch launch, SplittableRandom random) implements Ending {
        private static final int HEADER_BYTES = 4096;
        /** A load of a hundred commands writes more; what is synced goes on behind it. */
        private static final int SYNCED_BYTES_MIN = 4096;

        @Override
        public String fault() {
            return "a synced sector is lost";
        }

        @Override
        public void end(ServerProcess server, Store store, Findings findings) throws IOException, InterruptedException {
            server.kill();
            store.unpin();
            Path segment = oldest();
            mount.damage(segment, HEADER_BYTES + random.nextInt(SYNCED_BYTES_MIN));
            try (ServerProcess again = launch.serve()) {
                again.expectExit(EXIT_DAMAGED, segment.getFileName().toString(), findings);
            }
        }

        /** The first of what a start reads: of the base, where there was a checkpoint, which then deleted what it replaces. */
        private Path oldest() throws IOException {
            try (LogDirectory directory = LogDirectory.inspect(launch.dir())) {
                BaseFiles base = directory.manifest().base();
                return base.segments() > 0
                        ? launch.dir().resolve("base/%016x.base".formatted(base.firstSegment()))
                        : directory.segmentPath(directory.manifest().logSegment());
            }
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
