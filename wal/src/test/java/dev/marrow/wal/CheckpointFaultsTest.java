package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static dev.marrow.wal.LogFixture.OPTIONS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.wal.CheckpointLife.Broken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** A fault at every storage call of a life with two checkpoints: the old one or the new one counts, whole. And the proof that this test would notice. */
class CheckpointFaultsTest {

    /** Ways in which the unsynced part of a disk may survive a power cut, tried for each call. */
    private static final int IMAGES = 3;

    private record Fault(Durability durability, Broken broken, Predicate<String> ignored) {
        static Fault none(Durability durability) {
            return new Fault(durability, Broken.NOTHING, what -> false);
        }

        CheckpointLife life(FaultStorage storage, long seed) {
            CheckpointLife life = new CheckpointLife(storage, durability, broken, seed, Recovered.NOTHING);
            life.ignored = ignored;
            return life;
        }
    }

    @Test
    void aLifeWithoutFaultKeepsEverything() throws Exception {
        for (Durability durability : Durability.values()) {
            FaultStorage storage = new FaultStorage();
            CheckpointLife life = Fault.none(durability).life(storage, 1);
            assertTrue(life.run());
            assertEquals(life.states().size() - 1, life.acknowledged());
            assertEquals(List.of(), problems(storage.killed(), life));
            try (LogDirectory directory = LogDirectory.open(DIR, storage.killed())) {
                assertEquals(2, directory.manifest().checkpoint());
                assertTrue(directory.manifest().base().segments() > 1, "the base was to take several segments");
            }
        }
    }

    @Test
    void aPowerCutAtAnyCallLosesNothingAcknowledged() throws Exception {
        for (Durability durability : Durability.values()) {
            assertEquals(List.of(), powerCuts(Fault.none(durability), Integer.MAX_VALUE));
        }
    }

    @Test
    void aFailureOfAnyCallLosesNothingAcknowledged() throws Exception {
        List<String> problems = new ArrayList<>();
        for (long call = 1; problems.isEmpty(); call++) {
            FaultStorage storage = new FaultStorage();
            storage.failAtCall = call;
            CheckpointLife life = Fault.none(Durability.ALWAYS).life(storage, call);
            boolean stopped = life.run();
            if (!storage.faultFired) {
                assertTrue(stopped && call > 100, "calls of a life: " + call);
                break;
            }
            problems.addAll(life.listenerComplaints());
            // a process that ends, and a machine that is booted: what the disk has is what counts then
            for (FaultStorage image : List.of(storage.killed(), storage.powerCut(new Random(call)))) {
                FailedMarker.clear(DIR, image);
                for (String problem : problems(image, life)) {
                    problems.add("call " + call + ": " + problem);
                }
            }
        }
        assertEquals(List.of(), problems);
    }

    // ---- controls ----

    @Test
    void controlBaseNotSyncedTurnsRed() throws Exception {
        assertRed(ignoring("force " + DIR + "/base/"));
    }

    @Test
    void controlNamesOfTheBaseNotSyncedTurnRed() throws Exception {
        assertRed(ignoring("sync directory " + DIR + "/base"));
    }

    @Test
    void controlManifestNotSyncedTurnsRed() throws Exception {
        assertRed(ignoring("force " + DIR + "/MANIFEST"));
    }

    @Test
    void controlNameOfTheManifestNotSyncedTurnsRed() throws Exception {
        assertRed(new Fault(Durability.ALWAYS, Broken.NOTHING, what -> what.equals("sync directory " + DIR)));
    }

    @Test
    void controlOldFilesDeletedFirstTurnsRed() throws Exception {
        assertRed(new Fault(Durability.ALWAYS, Broken.OLD_FILES_DELETED_FIRST, what -> false));
    }

    @Test
    void controlRolledAfterTheScanTurnsRed() throws Exception {
        assertRed(new Fault(Durability.ALWAYS, Broken.ROLLED_AFTER_THE_SCAN, what -> false));
    }

    @Test
    void controlFlushVersionLostTurnsRed() throws Exception {
        assertRed(new Fault(Durability.ALWAYS, Broken.FLUSH_VERSION_LOST, what -> false));
    }

    @Test
    void controlLogNotAwaitedTurnsRed() throws Exception {
        assertRed(new Fault(Durability.EVERYSEC, Broken.LOG_NOT_AWAITED, what -> false));
    }

    private static Fault ignoring(String syncs) {
        return new Fault(Durability.ALWAYS, Broken.NOTHING, what -> what.startsWith(syncs));
    }

    private static void assertRed(Fault fault) throws Exception {
        FaultStorage storage = new FaultStorage();
        CheckpointLife life = fault.life(storage, 1);
        assertTrue(life.run());
        // most are noticed only when the power goes
        if (problems(storage.killed(), life).isEmpty()) {
            assertFalse(powerCuts(fault, 1).isEmpty(), "nobody noticed");
        }
    }

    // ---- lives that end in the dark ----

    /** One life for each call; what was wrong afterwards, at most so much and a few more. */
    private static List<String> powerCuts(Fault fault, int enough) throws Exception {
        List<String> problems = new ArrayList<>();
        for (long call = 1; problems.size() < enough; call++) {
            FaultStorage storage = new FaultStorage();
            storage.offAtCall = call;
            CheckpointLife life = fault.life(storage, call);
            boolean stopped = life.run();
            problems.addAll(life.listenerComplaints());
            for (int i = 0; i < IMAGES; i++) {
                Random random = new Random(call * IMAGES + i);
                FaultStorage image = i == 0 ? storage.killed() : storage.powerCut(random);
                for (String problem : problems(image, life)) {
                    problems.add("call " + call + " image " + i + ": " + problem);
                }
            }
            if (stopped) {
                assertTrue(call > 100, "calls of a life: " + call);
                break;
            }
        }
        return problems;
    }

    /** What is wrong with a disk after such a life, and after it was lived on. */
    private static List<String> problems(FaultStorage image, CheckpointLife life) throws Exception {
        List<String> problems = new ArrayList<>();
        Recovered found = recovered(image, life, problems);
        if (problems.isEmpty()) {
            CheckpointLife later = new CheckpointLife(image, Durability.ALWAYS, Broken.NOTHING, 1, found);
            if (!later.runOn()) {
                problems.add("does not live on");
            }
            recovered(image.killed(), later, problems);
        }
        return problems;
    }

    private static Recovered recovered(FaultStorage image, CheckpointLife life, List<String> problems) {
        try (LogDirectory directory = LogDirectory.open(DIR, image)) {
            Recovered found = Recovered.read(directory);
            LogRecovery.prepare(directory, LogScanner.verify(directory), OPTIONS);
            if (!found.table().equals(Recovered.read(directory).table())) {
                problems.add("preparing the log has changed what is in it");
            }
            List<Map<String, Long>> allowed = life.states().subList(life.acknowledged(), life.states().size());
            if (allowed.stream().noneMatch(found.table()::equals)) {
                problems.add("found " + found.table() + ", durable were " + life.acknowledged() + " operations: " + allowed.getFirst());
            }
            checkFiles(directory, image, problems);
            return found;
        } catch (IOException | AssertionError refused) {
            problems.add(refused.toString());
            return Recovered.NOTHING;
        }
    }

    /** Nothing is left that the manifest does not name. */
    private static void checkFiles(LogDirectory directory, FaultStorage image, List<String> problems) throws IOException {
        BaseFiles base = directory.manifest().base();
        for (String name : image.list(DIR.resolve("base"))) {
            long sequence = SegmentKind.BASE.sequenceOf(name);
            if (sequence < base.firstSegment() || sequence >= base.end()) {
                problems.add("left over: " + name + " beside " + base);
            }
        }
        for (String name : image.list(DIR.resolve("wal"))) {
            if (SegmentKind.LOG.sequenceOf(name) < directory.manifest().logSegment()) {
                problems.add("left over: " + name + " before " + directory.manifest().logSegment());
            }
        }
    }
}
