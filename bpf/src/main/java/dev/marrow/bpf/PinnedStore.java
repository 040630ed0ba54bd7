package dev.marrow.bpf;

/**
 * What a pinned control page says, unchecked.
 *
 * @param abiVersion layout version, 0 when the page was never written
 * @param state one of {@code Abi.STATE_*}, 0 when the page was never written
 * @param instance of the data directory the store belongs to
 */
public record PinnedStore(int abiVersion, int state, byte[] instance, long capacity, long memoryBytes, long ringBytes) {

    /** @throws IllegalArgumentException when the page holds no geometry that makes sense */
    public StoreGeometry geometry() {
        return new StoreGeometry(capacity, memoryBytes, ringBytes);
    }
}
