package dev.marrow.wal;

/**
 * The segments that a checkpoint wrote.
 *
 * @param firstSegment sequence number of the first, the others follow without a gap
 * @param segments     how many there are
 * @param records      redo records in them
 * @param bytes        of their payloads
 */
public record BaseFiles(long firstSegment, int segments, long records, long bytes) {

    /** Before the first checkpoint. */
    public static final BaseFiles NONE = new BaseFiles(1, 0, 0, 0);

    /** Number of the first segment behind these. */
    long end() {
        return firstSegment + segments;
    }
}
