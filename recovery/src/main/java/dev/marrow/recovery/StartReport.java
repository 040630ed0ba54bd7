package dev.marrow.recovery;

/**
 * What a start did.
 *
 * @param mode "empty": nothing was there; "warm": tables adopted; "cold": rebuilt from the log
 * @param records redo records replayed
 * @param bytes of log read
 * @param seconds from opening the log to tables ready
 * @param bytesCut of the log's unsynced tail (I6)
 * @param cutReason what stood where the log was cut, empty when nothing was
 */
public record StartReport(String mode, long keys, long records, long bytes, double seconds, long bytesCut, String cutReason) {

    /** One line for people. */
    public String describe() {
        String text = String.format("start: %s, %,d keys, %,d records (%,d bytes) replayed in %.3f s", mode, keys, records, bytes, seconds);
        if (records > 0 && seconds > 0) {
            text += String.format(", %,.0f records/s", records / seconds);
        }
        return text + (bytesCut == 0 ? ", nothing cut from the log" : String.format(", %,d bytes cut from the log's tail: %s", bytesCut, cutReason));
    }
}
