package dev.marrow.bpf;

/**
 * What a pinned control page says, unchecked.
 *
 * @param abiVersion layout version, 0 when the page was never written
 * @param state one of {@code Abi.STATE_*}, 0 when the page was never written
 * @param instance of the data directory the store belongs to
 * @param directoryDevice device and inode of that directory's identity file
 * @param tablesId random number of these tables
 * @param logLsn number of the last batch that was in the log before ring space was given back
 */
public record PinnedStore(int abiVersion, int state, byte[] instance, long capacity, long memoryBytes, long ringBytes,
        long directoryDevice, long directoryInode, long tablesId, long logLsn) {

    /** Nothing is pinned, or not all that a store needs. */
    static final PinnedStore NONE = new PinnedStore(0, 0, new byte[16], 0, 0, 0, 0, 0, 0, 0);

    /** @throws IllegalArgumentException when the page holds no geometry that makes sense */
    public StoreGeometry geometry() {
        return new StoreGeometry(capacity, memoryBytes, ringBytes);
    }
}
