package dev.marrow.stress.fuse;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A file: what processes see, what is durable, and which sectors of 512 bytes were written and not synced since, with what they held between
 * two writes. Not thread-safe.
 */
final class FileNode implements Node {
    static final int SECTOR_BYTES = 512;
    /** Contents kept of a sector that is written again and again without a sync; more are forgotten. */
    private static final int EARLIER_MAX = 3;

    private final int mode;
    private final SparseBytes live;
    private final SparseBytes durable;
    private final BitSet dirty = new BitSet();
    private final Map<Integer, List<byte[]>> earlier = new HashMap<>();
    /** Smallest size since the last sync. */
    private long sizeMin;

    FileNode(int mode) {
        this(mode, new SparseBytes());
    }

    private FileNode(int mode, SparseBytes content) {
        this.mode = mode;
        this.live = content;
        this.durable = content.copy();
        this.sizeMin = content.size();
    }

    @Override
    public int mode() {
        return mode;
    }

    @Override
    public long bytesUsed() {
        return live.bytesUsed();
    }

    long size() {
        return live.size();
    }

    byte[] read(long offset, int length) {
        return live.read(offset, Math.clamp(live.size() - offset, 0, length));
    }

    void write(ByteBuffer source, long offset) {
        if (!source.hasRemaining()) {
            return;
        }
        int first = Math.toIntExact(offset / SECTOR_BYTES);
        int end = Math.toIntExact((offset + source.remaining() - 1) / SECTOR_BYTES + 1);
        for (int sector = dirty.nextSetBit(first); sector >= 0 && sector < end; sector = dirty.nextSetBit(sector + 1)) {
            List<byte[]> contents = earlier.computeIfAbsent(sector, s -> new ArrayList<>());
            if (contents.size() < EARLIER_MAX) {
                contents.add(live.read((long) sector * SECTOR_BYTES, SECTOR_BYTES));
            }
        }
        live.write(source, offset);
        dirty.set(first, end);
    }

    void truncate(long bytes) {
        if (bytes < live.size()) {
            sizeMin = Math.min(sizeMin, bytes);
            int firstGone = Math.toIntExact((bytes + SECTOR_BYTES - 1) / SECTOR_BYTES);
            dirty.clear(firstGone, Math.max(dirty.length(), firstGone));
            earlier.keySet().removeIf(sector -> sector >= firstGone);
        }
        live.size(bytes);
    }

    /** Everything written so far becomes durable; a page's other sectors with it, as in a page cache. */
    void sync() {
        truncateDurable();
        for (int sector = dirty.nextSetBit(0); sector >= 0; sector = dirty.nextSetBit(sector + 1)) {
            durable.share(live, sector / (SparseBytes.CHUNK_BYTES / SECTOR_BYTES));
        }
        forgetDirty();
    }

    /**
     * A sync that fails: of what it wrote some has arrived, and the rest never will, because the page cache holds it to be clean; the
     * next sync succeeds without it.
     */
    void failSync(Survival survival) {
        truncateDurable();
        survival.nextFile();
        for (int sector = dirty.nextSetBit(0); sector >= 0; sector = dirty.nextSetBit(sector + 1)) {
            settle(durable, sector, survival);
        }
        forgetDirty();
    }

    private void truncateDurable() {
        if (sizeMin < durable.size()) {
            durable.size(sizeMin);
        }
    }

    private void forgetDirty() {
        durable.size(live.size());
        sizeMin = live.size();
        dirty.clear();
        earlier.clear();
    }

    @Override
    public FileNode survivor(Survival survival) {
        SparseBytes content = durable.copy();
        if (sizeMin < content.size() && survival.truncation()) {
            content.size(sizeMin);
        }
        long size = survival.size(content.size(), live.size());
        survival.nextFile();
        for (int sector = dirty.nextSetBit(0); sector >= 0; sector = dirty.nextSetBit(sector + 1)) {
            settle(content, sector, survival);
        }
        content.size(size);
        return new FileNode(mode, content);
    }

    private void settle(SparseBytes target, int sector, Survival survival) {
        long offset = (long) sector * SECTOR_BYTES;
        byte[] written = live.read(offset, SECTOR_BYTES);
        switch (survival.sector()) {
            case LOST -> { }
            case KEPT -> target.write(ByteBuffer.wrap(written), offset);
            case TORN -> {
                int cut = survival.below(SECTOR_BYTES);
                boolean front = survival.below(2) == 0;
                target.write(front ? ByteBuffer.wrap(written, 0, cut) : ByteBuffer.wrap(written, cut, SECTOR_BYTES - cut),
                        front ? offset : offset + cut);
            }
            case EARLIER -> {
                List<byte[]> contents = earlier.getOrDefault(sector, List.of(written));
                target.write(ByteBuffer.wrap(contents.get(survival.below(contents.size()))), offset);
            }
        }
    }

    /** Sets one durable sector to other bytes, behind the file system's back. */
    void damage(long offset) {
        byte[] bytes = live.read(offset / SECTOR_BYTES * SECTOR_BYTES, SECTOR_BYTES);
        boolean zero = Arrays.equals(bytes, new byte[SECTOR_BYTES]);
        Arrays.fill(bytes, (byte) (zero ? 1 : 0));
        live.write(ByteBuffer.wrap(bytes), offset / SECTOR_BYTES * SECTOR_BYTES);
        durable.write(ByteBuffer.wrap(bytes), offset / SECTOR_BYTES * SECTOR_BYTES);
    }
}
