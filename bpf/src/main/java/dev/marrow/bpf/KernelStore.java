package dev.marrow.bpf;

import dev.marrow.bpf.libbpf.Bpf;
import dev.marrow.bpf.libbpf.BpfObject;
import dev.marrow.bpf.libbpf.TestRun;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The programs and maps of one store, loaded, mapped and ready to run.
 *
 * <p>Maps with a pin outlive this object and the process; programs and io slots belong to the process. Closing leaves the pins.
 */
public final class KernelStore implements AutoCloseable {
    private static final String PROGRAM = "marrow";
    private static final String OBJECT = "/bpf/marrow.bpf.o";
    private static final long PAGE_BYTES = 4096;
    private static final int CLOCK_READINGS = 3;

    private final Arena arena = Arena.ofShared();
    private final BpfObject object;
    private final StoreGeometry geometry;
    private final HashSeed hashSeed;
    private final int shardCount;
    private final ControlPage control;
    private final StoreCounters counters;
    private final RedoRing ring;
    private final Heap heap;
    private final IoSlot[] slots;
    private final Staging staging;

    private KernelStore(byte[] image, Path pins, StoreGeometry geometry, HashSeed hashSeed, int shardCount, int slotCount) {
        this.geometry = geometry;
        this.hashSeed = hashSeed;
        this.shardCount = shardCount;
        this.object = BpfObject.open(image);
        try {
            for (String name : StoreMaps.PINNED) {
                object.map(name).pin(pins.resolve(name));
            }
            object.map("buckets").maxEntries(geometry.bucketCount() + geometry.overflowCount());
            object.map("heap").maxEntries(geometry.slabCountMax());
            object.map("ring").maxEntries((int) geometry.ringBytes());
            object.map("slots").maxEntries(slotCount);
            StoreMaps.configure(object, geometry, hashSeed, shardCount);
            object.load();

            control = new ControlPage(map("control", Abi.SIZEOF_control));
            counters = new StoreCounters(map("counters", (long) Abi.SIZEOF_counters * Abi.SHARDS_MAX));
            ring = new MappedRedoRing(object.map("ring").fd(), geometry.ringBytes(), arena);
            heap = new Heap(control, object.map("heap").fd(), geometry.slabCountMax());
            // an automatic arena: a shared one would count its users in one word, on every read and write of every socket
            MemorySegment pages = map("slots", (long) Abi.SIZEOF_io * slotCount, Arena.ofAuto());
            slots = new IoSlot[slotCount];
            for (int i = 0; i < slotCount; i++) {
                slots[i] = new IoSlot(pages.asSlice((long) i * Abi.SIZEOF_io, Abi.SIZEOF_io),
                        new IoSlot.Runs(run(i, Abi.RUN_SERVE), run(i, Abi.RUN_LOAD), run(i, Abi.RUN_SWEEP), run(i, Abi.RUN_FLUSH),
                                run(i, Abi.RUN_BENCH), run(i, Abi.RUN_SCAN), run(i, Abi.RUN_STAGE), run(i, Abi.RUN_COMMIT), run(i, Abi.RUN_APPEND)));
            }
            staging = new Staging(map("staging", Abi.SIZEOF_staging, Arena.ofAuto()), geometry.ringBytes() / 2);
        } catch (RuntimeException | Error e) {
            object.close();
            arena.close();
            throw e;
        }
    }

    /** For another object that is to be a door to this store; valid while it is open. */
    public StoreMaps maps() {
        return StoreMaps.of(object, geometry, hashSeed, shardCount);
    }

    private TestRun run(int slot, int operation) {
        // an automatic arena: a shared one would count its users in one word, from every loop on every run
        return new TestRun(object.programFd(PROGRAM), Arena.ofAuto(), slot, operation);
    }

    private MemorySegment map(String name, long bytes) {
        return map(name, bytes, arena);
    }

    private MemorySegment map(String name, long bytes, Arena owner) {
        long pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        return Bpf.map(object.map(name).fd(), 0, pages, true, owner).asSlice(0, bytes);
    }

    static byte[] image(String resource) {
        try (InputStream in = KernelStore.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("resource=" + resource + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Makes a new, empty store in state BUILDING, with some memory for records.
     *
     * @param pins an empty directory on a BPF file system
     * @param instance 16 bytes that name the data directory
     * @param slotCount io slots, one a thread that runs programs
     */
    public static KernelStore create(Path pins, StoreGeometry geometry, byte[] instance, HashSeed hashSeed, int slotCount) {
        return create(image(OBJECT), pins, geometry, instance, hashSeed, slotCount);
    }

    /** {@link #create} with another object than ours: tests load programs that are broken on purpose. */
    static KernelStore create(byte[] image, Path pins, StoreGeometry geometry, byte[] instance, HashSeed hashSeed, int slotCount) {
        int shardCount = Math.min(Runtime.getRuntime().availableProcessors(), Abi.SHARDS_MAX);
        KernelStore store = new KernelStore(image, pins, geometry, hashSeed, shardCount, slotCount);
        store.control.initialise(geometry, instance, hashSeed, shardCount);
        store.heap.grow();
        return store;
    }

    /** What the pins say about themselves, without loading anything; see {@link #adopt}. */
    public static PinnedStore inspect(Path pins) {
        Path path = pins.resolve(BpfFs.CONTROL);
        // libbpf would make a missing map anew, empty
        if (!StoreMaps.PINNED.stream().allMatch(name -> Files.exists(pins.resolve(name)))) {
            return PinnedStore.NONE;
        }
        int fd = Bpf.openPinned(path);
        try (Arena arena = Arena.ofConfined()) {
            return ControlPage.map(fd, arena).describe();
        } finally {
            Bpf.close(fd);
        }
    }

    /**
     * Takes over the maps that an earlier process left.
     *
     * @param pinned what {@link #inspect} found, already checked by the caller
     */
    public static KernelStore adopt(Path pins, PinnedStore pinned, int slotCount) {
        KernelStore store = attach(pins, pinned, slotCount);
        store.heap.adopted();
        return store;
    }

    /**
     * The same maps beside the process that serves them, which may be gone. Only to look: memory, log and state stay that process's.
     *
     * @param pinned what {@link #inspect} found, already checked by the caller
     */
    public static KernelStore attach(Path pins, PinnedStore pinned, int slotCount) {
        try (StoreMaps maps = StoreMaps.open(pins, pinned)) {
            return new KernelStore(image(OBJECT), pins, pinned.geometry(), maps.hashSeed(), maps.shardCount(), slotCount);
        }
    }

    public StoreGeometry geometry() {
        return geometry;
    }

    public ControlPage control() {
        return control;
    }

    public StoreCounters counters() {
        return counters;
    }

    public RedoRing ring() {
        return ring;
    }

    public Heap heap() {
        return heap;
    }

    public IoSlot slot(int index) {
        return slots[index];
    }

    /** Where transactions over several commands or keys are made; the user holds its monitor. */
    public Staging staging() {
        return staging;
    }

    public int slotCount() {
        return slots.length;
    }

    /** Tells the programs how far the wall clock is from the clock they can read. */
    public void updateClock() {
        long offset = 0;
        long gapMin = Long.MAX_VALUE;
        // somebody may take the processor between two readings: the closest ones count
        for (int i = 0; i < CLOCK_READINGS; i++) {
            long before = Bpf.clockNanos(Bpf.CLOCK_BOOTTIME);
            long wall = Bpf.clockNanos(Bpf.CLOCK_REALTIME);
            long gap = Bpf.clockNanos(Bpf.CLOCK_BOOTTIME) - before;
            if (gap < gapMin) {
                gapMin = gap;
                offset = wall - (before + gap / 2);
            }
        }
        control.clockOffsetNanos(offset);
    }

    @Override
    public void close() {
        arena.close();
        object.close();
    }
}
