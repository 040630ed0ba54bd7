package dev.marrow.stress.fuse;

import java.util.SplittableRandom;

/** What becomes of the things that were not synced when the power went: decided one by one, and counted. For one power cut. */
public final class Survival {
    /** What becomes of one sector. */
    enum Fate { LOST, KEPT, TORN, EARLIER }

    private static final double[] LOSS_PROBABILITIES = {0.02, 0.2, 0.5, 0.9, 1};

    private final SplittableRandom random;
    private final boolean nothing;
    private double loss;
    private long sectors;
    private long sectorsLost;
    private long sectorsTorn;
    private long entries;
    private long entriesLost;

    private Survival(long seed, boolean nothing) {
        this.random = new SplittableRandom(seed);
        this.nothing = nothing;
    }

    /** Each sector lost, kept, torn or as it was between two syncs; each size and each directory change lost or kept. */
    public static Survival random(long seed) {
        return new Survival(seed, false);
    }

    /** Exactly what was synced survives. */
    public static Survival ofSynced() {
        return new Survival(0, true);
    }

    /** Files differ in how much of them the disk had begun to write. */
    void nextFile() {
        loss = LOSS_PROBABILITIES[random.nextInt(LOSS_PROBABILITIES.length)];
    }

    Fate sector() {
        sectors++;
        if (nothing || random.nextDouble() < loss) {
            sectorsLost++;
            return Fate.LOST;
        }
        return switch (random.nextInt(4)) {
            case 0 -> {
                sectorsTorn++;
                yield Fate.TORN;
            }
            case 1 -> Fate.EARLIER;
            default -> Fate.KEPT;
        };
    }

    /** Whether a file's shortening survives. */
    boolean truncation() {
        return !nothing && random.nextBoolean();
    }

    /** The old size, the new one, or one between. */
    long size(long durable, long live) {
        if (nothing || durable == live) {
            return durable;
        }
        return switch (random.nextInt(3)) {
            case 0 -> durable;
            case 1 -> live;
            default -> random.nextLong(Math.min(durable, live), Math.max(durable, live));
        };
    }

    /** Whether a directory's change survives. */
    boolean entry() {
        entries++;
        boolean kept = !nothing && random.nextBoolean();
        entriesLost += kept ? 0 : 1;
        return kept;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    /** How much there was to lose. */
    public long unsynced() {
        return sectors + entries;
    }

    @Override
    public String toString() {
        return "unsynced sectors=" + sectors + " lost=" + sectorsLost + " torn=" + sectorsTorn + ", unsynced directory entries=" + entries
                + " lost=" + entriesLost;
    }
}
