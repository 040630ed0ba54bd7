package dev.marrow.recovery;

/**
 * What a start did.
 *
 * @param mode one of the constants here
 * @param records redo records read from base and log; of a rescue those written
 * @param bytes of their payloads
 * @param seconds from opening the log to tables ready
 * @param bytesCut of the log's unsynced tail (I6)
 * @param cutReason what stood where the log was cut, empty when nothing was
 */
public record StartReport(String mode, long keys, long records, long bytes, double seconds, long bytesCut, String cutReason) {

    /** Nothing was there. */
    public static final String EMPTY = "empty";
    /** Tables adopted. */
    public static final String WARM = "warm";
    /** Tables rebuilt from base and log. */
    public static final String COLD = "cold";
    /** Tables of a log that had failed, adopted and written out whole. */
    public static final String RESCUED = "rescued";

    static double secondsSince(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    /** One line for people. */
    public String describe() {
        String text = String.format("start: %s, %,d keys, %,d records (%,d bytes) %s in %.3f s", mode, keys, records, bytes,
                mode.equals(RESCUED) ? "written" : "replayed", seconds);
        if (records > 0 && seconds > 0) {
            text += String.format(", %,.0f records/s", records / seconds);
        }
        return text + (bytesCut == 0 ? ", nothing cut from the log" : String.format(", %,d bytes cut from the log's tail: %s", bytesCut, cutReason));
    }
}
