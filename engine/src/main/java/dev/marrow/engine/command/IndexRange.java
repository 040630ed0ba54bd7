package dev.marrow.engine.command;

/**
 * From an index to an index, both included; as a client gives it, where negative ones count from the end, or within a length.
 *
 * @param end smaller than {@code start}: the range is empty
 */
record IndexRange(long start, long end) {
    static final IndexRange EMPTY = new IndexRange(0, -1);

    /** What of it lies within {@code length} elements. */
    IndexRange within(long length) {
        return new IndexRange(fromStart(start, length), Math.min(fromStart(end, length), length - 1));
    }

    private static long fromStart(long index, long length) {
        return Math.max(index < 0 ? index + length : index, 0);
    }

    /** Two negative indexes in the wrong order: GETRANGE and BITCOUNT see that as empty, even when both lie before the first element. */
    boolean isReversedFromTheEnd() {
        return start < 0 && end < 0 && isEmpty();
    }

    boolean isEmpty() {
        return start > end;
    }
}
