package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * Supervisor of one store: starts the real server in a process of its own, loads it, ends it, starts it again, and compares what it
 * recovered with everything that clients were told:
 *
 * <pre>
 *   acknowledged ∪ read  ⊆  recovered  ⊆  acknowledged ∪ in flight
 * </pre>
 */
public final class CrashHarness implements AutoCloseable {
    private static final int LOAD_MILLIS_MIN = 200;
    private static final int KILLED_START_ODDS = 4;
    /** Tier two is opened behind the start, for a second and more: one life in so many may end inside that. */
    private static final int SHORT_LIFE_ODDS = 4;
    private static final int LARGE_CHANGES_MAX = 40;
    private static final int LARGE_CHANGES_LAST = 60;
    /** A life has some load, however slowly it begins. */
    private static final int CHANGES_MIN = 200;
    private static final int LOAD_WAIT_MILLIS_MAX = 15_000;
    private static final int LOAD_LOOK_MILLIS = 5;

    private final ServerLaunch launch;
    private final Findings findings;
    private final CrashTable table;
    private final SplittableRandom random;
    private final Workload workload;
    private final Store store;
    private final int loadMillisMax;
    private Optional<Past> past = Optional.empty();

    /** How the server's last life ended, and the counts when it began. */
    private record Past(Ending ending, Promise promise, CrashTable.Counts counts, boolean underCheckpoint, StartKill startKill) {
        Past with(StartKill next) {
            return new Past(ending, promise, counts, underCheckpoint, next);
        }

        /** Checkpoints are taken all the time; whether one was under way is known only from the files that a kill leaves. */
        String place() {
            return (underCheckpoint ? "inside a checkpoint" : "under load") + (startKill == StartKill.INSIDE ? ", then inside the start" : "");
        }
    }

    /** Whether the start that should have checked a life was killed: not at all, before it served, or after. */
    private enum StartKill { NONE, INSIDE, BEHIND }

    /** @param loadMillisMax longest load of one cycle, more than 200 */
    public CrashHarness(ServerLaunch launch, long seed, int loadMillisMax, Findings findings, CrashTable table) throws IOException {
        this.launch = launch;
        this.findings = findings;
        this.table = table;
        this.random = new SplittableRandom(seed);
        this.loadMillisMax = loadMillisMax;
        this.workload = new Workload(launch.largeValues(), findings, random.split());
        this.store = launch.store();
    }

    /** Cycles that take their endings from a list in random order, each as often as the others. */
    public void cycles(int count, List<Ending> endings) throws IOException, InterruptedException {
        List<Ending> bag = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (bag.isEmpty()) {
                bag.addAll(endings);
            }
            cycle(bag.remove(random.nextInt(bag.size())));
        }
    }

    /** Start, check what the past cycle left, load, end. */
    public void cycle(Ending ending) throws IOException, InterruptedException {
        cycle(ending, promise(ending), launch);
    }

    /**
     * A cycle that is told what to expect.
     *
     * @param promise what the ending must have kept, instead of what the durability says
     * @param launch how this server is started, instead of how all are
     */
    void cycle(Ending ending, Promise promise, ServerLaunch launch) throws IOException, InterruptedException {
        if (past.isPresent() && random.nextInt(KILLED_START_ODDS) == 0) {
            StartKill kill = killedStart();
            past = past.map(p -> p.with(kill));
        }
        try (ServerProcess server = launch.serve()) {
            check(server);
            CrashTable.Counts counts = CrashTable.Counts.of(findings);
            findings.context(launch.durability() + ", under load");
            workload.start(server.port(), ending.endsByItself());
            long changes = findings.acknowledged() + CHANGES_MIN;
            await(server, () -> findings.acknowledged() >= changes);
            if (random.nextInt(SHORT_LIFE_ODDS) > 0) {
                awaitLarge(server, counts.large() + random.nextInt(LARGE_CHANGES_MAX));
            }
            Thread.sleep(random.nextInt(LOAD_MILLIS_MIN, loadMillisMax));
            if (!server.alive() && !ending.endsByItself()) {
                findings.wrong("the server ended by itself: " + server.output());
            }
            workload.expectEnd();
            ending.end(server, store, findings);
            workload.join();
            boolean underCheckpoint = ending.keepsFiles() && launch.unfinishedCheckpoint();
            past = Optional.of(new Past(ending, promise, counts, underCheckpoint, StartKill.NONE));
        }
    }

    private void awaitLarge(ServerProcess server, long changes) throws InterruptedException {
        if (launch.largeValues()) {
            await(server, () -> findings.large() >= changes);
        }
    }

    /** Until the load is so far, or the server is gone; not for ever, since a slow machine is no fault. */
    private static void await(ServerProcess server, BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < LOAD_WAIT_MILLIS_MAX / LOAD_LOOK_MILLIS && !condition.getAsBoolean() && server.alive(); i++) {
            Thread.sleep(LOAD_LOOK_MILLIS);
        }
    }

    Promise promise(Ending ending) {
        return ending.keepsAcknowledged() || launch.durability().equals("always") ? Promise.ACKNOWLEDGED_AND_READ : Promise.SYNCED;
    }

    /** A crash inside recovery. */
    private StartKill killedStart() throws IOException, InterruptedException {
        try (ServerProcess server = launch.serve()) {
            server.awaitReady(random.nextInt(launch.killedStartMillisMax()));
            server.kill();
            // what it said until it was gone
            return server.port() == 0 ? StartKill.INSIDE : StartKill.BEHIND;
        }
    }

    private void check(ServerProcess server) throws IOException, InterruptedException {
        findings.context(launch.durability() + ", start after " + past.map(p -> p.ending.fault()).orElse("nothing"));
        if (!server.awaitReady(launch.readyMillisMax())) {
            findings.wrong("the server does not start: " + server.output());
            past.ifPresent(this::tabulate);
            throw new IOException("the server does not start: " + server.output());
        }
        // A killed start may have got so far that the tables serve.
        String expected = past.map(p -> p.ending.nextStart()).orElse("empty");
        boolean anyMode = past.map(p -> p.startKill != StartKill.NONE).orElse(false);
        if (!anyMode && !server.startMode().equals(Optional.of(expected))) {
            findings.wrong("the start was " + server.startMode() + ", expected " + expected);
        }
        workload.check(server.port(), past.map(Past::promise).orElse(Promise.ACKNOWLEDGED_AND_READ),
                launch.durability().equals("everysec"));
        past.ifPresent(this::tabulate);
    }

    private void tabulate(Past life) {
        table.add(launch.durability(), life.ending.fault(), life.place(), 1, CrashTable.Counts.of(findings).minus(life.counts));
    }

    /** The last start: checks what the last cycle left, loads once more and checks that without a crash, and stops cleanly. */
    public void finish() throws IOException, InterruptedException {
        try (ServerProcess server = launch.serve()) {
            check(server);
            findings.context(launch.durability() + ", without a crash");
            workload.start(server.port(), false);
            awaitLarge(server, findings.large() + LARGE_CHANGES_LAST);
            Thread.sleep(LOAD_MILLIS_MIN);
            workload.join();
            workload.check(server.port(), Promise.ACKNOWLEDGED_AND_READ, false);
            new Ending.Stop().end(server, store, findings);
        }
        past = Optional.empty();
    }

    @Override
    public void close() {
        store.close();
    }
}
