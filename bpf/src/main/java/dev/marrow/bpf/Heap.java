package dev.marrow.bpf;

import dev.marrow.bpf.libbpf.Bpf;

/**
 * Memory for records: adds slabs ahead of need until the budget is used up. A slab costs the kernel a grace period (8 to 10 ms), so
 * it is ordered while there is still room, and several are added in one.
 */
public final class Heap {
    /** Blocks that should always be free: what a burst can use while a slab is on its way. */
    private static final int FREE_BLOCKS_MIN = 2 * Abi.BLOCKS_PER_SLAB;
    private static final int SLABS_AT_ONCE_MAX = 16;
    /** A store in use grows by this part of its size at a time. */
    private static final int GROWTH_DIVISOR = 4;

    private final ControlPage control;
    private final int heapFd;
    private volatile int slabCountMax;

    Heap(ControlPage control, int heapFd, int slabCountMax) {
        this.control = control;
        this.heapFd = heapFd;
        this.slabCountMax = slabCountMax;
    }

    private int slabCount() {
        return (int) (control.heapBlockCount() / Abi.BLOCKS_PER_SLAB);
    }

    /** Bytes of the slabs that exist. */
    public long bytes() {
        return slabCount() * StoreGeometry.SLAB_BYTES;
    }

    /** Bytes of the blocks that size classes have taken. */
    public long usedBytes() {
        return Math.min(control.heapNextBlock(), control.heapBlockCount()) * Abi.BLOCK_BYTES;
    }

    /** Whether {@link #grow} would add memory now. Cheap: two loads. */
    public boolean wantsToGrow() {
        return control.heapBlockCount() - control.heapNextBlock() < FREE_BLOCKS_MIN && slabCount() < slabCountMax;
    }

    /** A process that died while it added the last slab may not have said so. */
    void adopted() {
        control.heapFinal(slabCount() == slabCountMax);
    }

    /** What there is now is all there will be while this process runs. */
    public synchronized void stopGrowing() {
        slabCountMax = slabCount();
        control.heapFinal(true);
    }

    /** Adds slabs when too little is free; returns how many. */
    public synchronized int grow() {
        if (!wantsToGrow()) {
            return 0;
        }
        int count = slabCount();
        int added = Math.min(Math.clamp(count / GROWTH_DIVISOR, 2, SLABS_AT_ONCE_MAX), slabCountMax - count);
        int[] slabs = new int[added];
        int created = 0;
        try {
            for (; created < added; created++) {
                slabs[created] = Bpf.createArray("marrow_slab", Abi.BLOCK_BYTES, Abi.BLOCKS_PER_SLAB);
            }
            Bpf.putInner(heapFd, count, slabs);
        } finally {
            for (int i = 0; i < created; i++) {
                Bpf.close(slabs[i]);
            }
        }
        // before the count: whoever sees the new count must not take an old one's shortage for the last word
        control.heapFinal(count + added == slabCountMax);
        control.heapBlockCount((long) (count + added) * Abi.BLOCKS_PER_SLAB);
        return added;
    }
}
