package dev.marrow.wal;

/**
 * Where the log ends.
 *
 * @param segment  sequence number of the segment that holds the end
 * @param offset   file offset in bytes behind its last valid batch, or behind its seal
 * @param cutBytes length of what follows and is no part of the log: an unsynced tail, 0 when only zeros follow
 * @param sealed   whether the last batch is a seal, so that nothing can follow in this segment
 * @param reason   what stands at {@code offset}, for people
 */
public record LogTail(long segment, long offset, long cutBytes, boolean sealed, String reason) {}
