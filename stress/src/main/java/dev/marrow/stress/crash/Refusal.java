package dev.marrow.stress.crash;

/** What a server whose log has just failed, or whose disk takes no page of the chunk map any more, may still say to a write: it was not executed. */
public final class Refusal {
    private Refusal() {}

    /** @param text of an error, or the end of it */
    public static boolean is(String text) {
        return text.endsWith("(--stall-timeout); nothing was changed") || text.endsWith("/tier-two/chunks could not be written; is the disk full?");
    }
}
