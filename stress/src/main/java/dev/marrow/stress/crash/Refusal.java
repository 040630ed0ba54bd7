package dev.marrow.stress.crash;

/**
 * What a server whose log has just failed, or whose disk takes no page of the chunk map any more, or did not take tier two's state at its start, may still say to
 * a write: it was not executed.
 */
public final class Refusal {
    private static final String TIER_TWO_FAILED = "tier two has failed: ";

    private Refusal() {}

    /** @param text of an error; its prefix may be left out */
    public static boolean is(String text) {
        return text.contains(TIER_TWO_FAILED) || text.endsWith("(--stall-timeout); nothing was changed") || text.endsWith("/tier-two/chunks could not be written; is the disk full?");
    }
}
