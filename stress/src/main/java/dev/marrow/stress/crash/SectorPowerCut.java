package dev.marrow.stress.crash;

import dev.marrow.stress.fuse.Faults;
import dev.marrow.stress.fuse.SectorMount;
import dev.marrow.stress.fuse.Survival;
import java.io.IOException;
import java.util.function.LongFunction;
import java.util.random.RandomGenerator;

/**
 * The power goes at a random call of the server's, every other time at a sync, so that a write is without its sync or a rename without the
 * directory's. Of what was not synced some sectors and names are lost, some are kept, some sectors are torn. The rest is as
 * {@link Ending.PowerCut}: the server must see that its log failed (I7), and a reboot follows.
 */
final class SectorPowerCut implements Ending {
    /** The cut comes within so many calls that change the disk; a busy server makes thousands a second. */
    private static final int CALLS_MAX = 60;
    private static final int CALL_WAIT_MILLIS_MAX = 2_000;

    private final SectorMount mount;
    private final RandomGenerator random;
    private final LongFunction<Survival> survivals;
    private final boolean failStops;
    private boolean atSync;
    private long unsynced;

    /**
     * @param survivals what a cut leaves, by seed
     * @param failStops whether the server must notice; one whose syncs do nothing cannot be asked to
     */
    SectorPowerCut(SectorMount mount, RandomGenerator random, LongFunction<Survival> survivals, boolean failStops) {
        this.mount = mount;
        this.random = random;
        this.survivals = survivals;
        this.failStops = failStops;
    }

    @Override
    public String fault() {
        return "power cut, unsynced sectors lost, kept or torn, cold start";
    }

    @Override
    public void end(ServerProcess server, Store store, Findings findings) throws IOException, InterruptedException {
        atSync = !atSync;
        mount.faults().arm(atSync ? Faults.Kind.POWER_OFF_AT_SYNC : Faults.Kind.POWER_OFF, random.nextInt(1, CALLS_MAX + 1), () -> { });
        for (int waited = 0; !mount.faults().isOff() && waited < CALL_WAIT_MILLIS_MAX; waited++) {
            Thread.sleep(1);
        }
        mount.faults().powerOff();
        if (failStops) {
            server.expectExit(PowerCut.EXIT_CODE, PowerCut.MESSAGE, findings);
        }
        server.kill();
        Survival survival = survivals.apply(random.nextLong());
        mount.cut(survival);
        unsynced += survival.unsynced();
        System.out.println("power cut: " + survival + ", disk MB=" + mount.bytesUsed() / 1_000_000);
        store.unpin();
    }

    /** Sectors and directory entries that could be lost, over all cuts: 0 would mean that the cuts showed nothing. */
    long unsynced() {
        return unsynced;
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
