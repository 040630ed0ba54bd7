package dev.marrow.stress.crash;

import dev.marrow.bpf.BpfFs;
import dev.marrow.stress.fuse.Faults;
import dev.marrow.stress.fuse.SectorMount;
import dev.marrow.stress.fuse.Survival;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;

/** The lives of one store, in {@code always}, on a disk that fails one call: start, writes, stop, start, and again behind the remedy. */
final class FaultedLives implements AutoCloseable {
    private static final long READY_MILLIS_MAX = 60_000;
    private static final int EXIT_IO = 74;
    private static final int EXIT_REFUSED = 73;
    private static final int INSTANCE_OFFSET = 16;
    private static final int INSTANCE_BYTES = 16;
    /** A restart at once, and `log verify`, take a second each: one case in so many has them. */
    private static final int THOROUGH_ODDS = 3;

    private final SectorMount mount;
    private final ServerProcess.Launch launch;
    private final SplittableRandom random;
    private final SmallLoad load;
    private final AtomicReference<ServerProcess> running = new AtomicReference<>();
    private final List<byte[]> instances = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();

    FaultedLives(Path parent, long seed) throws IOException {
        this.random = new SplittableRandom(seed);
        this.load = new SmallLoad(seed);
        this.mount = new SectorMount(parent, random.nextLong());
        this.launch = new ServerProcess.Launch(mount.dataDir().resolve("store"), "always");
    }

    /** How one life went. */
    private record Life(boolean ready, int exit, String output) {}

    /** All calls that change the disk in two lives without a fault. */
    List<Faults.Call> calls() throws IOException, InterruptedException {
        expectGood("the first life", life());
        expectGood("the second life", life());
        return mount.faults().recorded();
    }

    /** From now on syncs do nothing: the control. */
    void lieAboutSyncs() {
        mount.lie(path -> true);
    }

    /** Two lives in which a write is cut short: nobody may notice. */
    void shortWrite(long number) throws IOException, InterruptedException {
        mount.faults().arm(Faults.Kind.SHORT_WRITE, number, () -> { });
        expectGood("the life with a short write", life());
        expectGood("the second life", life());
        mount.cut(Survival.ofSynced());
        expectGood("the life after a power cut", life());
    }

    /** A call fails: its process ends with 74 and says why, and after the remedy everything acknowledged is there (I7). */
    void failure(Faults.Kind kind, long number) throws IOException, InterruptedException {
        mount.faults().arm(kind, number, () -> { });
        Life life = untilFired();
        if (fired().isEmpty()) {
            return;
        }
        String reason = kind == Faults.Kind.ENOSPC ? "No space left on device" : "Input/output error";
        Path marker = launch.dir().resolve("FAILED");
        if (life.exit != EXIT_IO || !life.output.contains(reason)) {
            wrong.add("exit code " + life.exit + ", expected " + EXIT_IO + " and '" + reason + "': " + life.output);
        }
        boolean thorough = random.nextInt(THOROUGH_ODDS) == 0;
        if (thorough) {
            // rescues what the kernel still has; without tables it is refused until somebody has dealt with the disk
            Life again = life();
            if (again.exit != EXIT_REFUSED || !again.output.contains("delete the file FAILED")) {
                expectGood("the restart that rescues", again);
            }
        }
        mount.cut(Survival.random(random.nextLong()));
        if (thorough && Files.exists(launch.dir().resolve("marrow.id"))) {
            expect("log verify", launch.run("log", "verify", launch.dir().toString()), 0, 1);
        }
        unpin();
        Files.deleteIfExists(marker);
        expectGood("the life after the remedy", life());
    }

    /** kill -9 inside a call; what was written stays. A power cut after the next life finds what that life took for durable and is not. */
    void kill(long number) throws IOException, InterruptedException {
        mount.faults().arm(Faults.Kind.POWER_OFF, number, () -> running.get().destroy());
        untilFired();
        mount.faults().heal();
        expectGood("the life after the kill", life());
        mount.cut(Survival.ofSynced());
        unpin();
        expectGood("the life after a power cut", life());
    }

    /** The power goes inside a call. */
    void powerCut(long number) throws IOException, InterruptedException {
        mount.faults().arm(Faults.Kind.POWER_OFF, number, () -> running.get().destroy());
        untilFired();
        mount.cut(Survival.random(random.nextLong()));
        unpin();
        expectGood("the life after the power cut", life());
    }

    /** The call that met the fault, if it came so far. */
    Optional<Faults.Call> fired() {
        return mount.faults().fired();
    }

    /** What went wrong; empty is good. */
    List<String> wrong() {
        List<String> all = new ArrayList<>(wrong);
        all.addAll(load.wrong());
        return all;
    }

    /** The same in numbers, and what clients were told. */
    CrashTable.Counts counts() {
        return load.counts().plus(new CrashTable.Counts(0, 0, 0, 0, wrong.size()));
    }

    private Life untilFired() throws IOException, InterruptedException {
        Life life = life();
        if (fired().isEmpty()) {
            expectGood("a life before the fault", life);
            life = life();
        }
        return life;
    }

    private Life life() throws IOException, InterruptedException {
        mount.faults().remap();
        try (ServerProcess server = launch.serve()) {
            running.set(server);
            boolean ready = server.awaitReady(READY_MILLIS_MAX);
            rememberInstance();
            if (ready) {
                load.run(server.port());
                server.terminate();
            }
            int exit = server.awaitExit().orElse(-1);
            return new Life(ready, exit, server.output());
        }
    }

    private void expectGood(String what, Life life) {
        if (!life.ready || life.exit != 0) {
            wrong.add(what + " ended with " + life.exit + ": " + life.output);
        }
    }

    private void expect(String what, ServerProcess process, int... exits) throws InterruptedException {
        try (process) {
            int exit = process.awaitExit().orElse(-1);
            if (Arrays.stream(exits).noneMatch(expected -> expected == exit)) {
                wrong.add(what + " ended with " + exit + ": " + process.output());
            }
        }
    }

    /** A lost identity is made anew, and the pins have the old one's name. */
    private void rememberInstance() throws IOException {
        Path identity = launch.dir().resolve("marrow.id");
        byte[] bytes = Files.exists(identity) ? Files.readAllBytes(identity) : new byte[0];
        if (bytes.length >= INSTANCE_OFFSET + INSTANCE_BYTES) {
            instances.add(Arrays.copyOfRange(bytes, INSTANCE_OFFSET, INSTANCE_OFFSET + INSTANCE_BYTES));
        }
    }

    private void unpin() {
        instances.forEach(BpfFs::unpin);
    }

    @Override
    public void close() throws IOException {
        unpin();
        mount.close();
    }
}
