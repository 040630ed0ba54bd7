package dev.marrow.bpf.libbpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A BPF object file: opened from memory, adjusted, loaded. Closing it closes its maps and programs, pins stay. */
public final class BpfObject implements AutoCloseable {
    private static final int LOG_LINES = 12;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment errno = LibBpf.errnoBuffer(arena);
    private final MemorySegment handle;

    private BpfObject(byte[] image) {
        BpfLog.install();
        BpfLog.clear();
        MemorySegment bytes = arena.allocate(image.length, 8);
        MemorySegment.copy(image, 0, bytes, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, image.length);
        try {
            handle = (MemorySegment) LibBpf.OBJECT_OPEN_MEM.invokeExact(errno, bytes, (long) image.length, MemorySegment.NULL);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
        if (handle.equals(MemorySegment.NULL)) {
            throw LibBpf.failed("bpf_object__open_mem", errno);
        }
    }

    public static BpfObject open(byte[] image) {
        return new BpfObject(image);
    }

    /** @throws BpfException when the object has no map of that name */
    public MapDefinition map(String name) {
        try {
            MemorySegment map = (MemorySegment) LibBpf.FIND_MAP.invokeExact(errno, handle, arena.allocateFrom(name));
            if (map.equals(MemorySegment.NULL)) {
                throw LibBpf.failed("bpf_object__find_map_by_name name=" + name, errno);
            }
            return new MapDefinition(name, map);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    private MemorySegment program(String name) {
        try {
            MemorySegment program = (MemorySegment) LibBpf.FIND_PROGRAM.invokeExact(errno, handle, arena.allocateFrom(name));
            if (program.equals(MemorySegment.NULL)) {
                throw LibBpf.failed("bpf_object__find_program_by_name name=" + name, errno);
            }
            return program;
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /**
     * Creates the maps, or takes the pinned ones, and has the kernel verify the programs.
     *
     * @throws BpfLoadException with the kernel's last words
     */
    public void load() {
        int result;
        try {
            result = (int) LibBpf.OBJECT_LOAD.invokeExact(handle);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
        if (result < 0) {
            throw new BpfLoadException(-result, LibBpf.message(-result), BpfLog.tail(LOG_LINES));
        }
    }

    /** Descriptor of a loaded program; valid while this object is open. */
    public int programFd(String name) {
        try {
            return LibBpf.check((int) LibBpf.PROGRAM_FD.invokeExact(program(name)), "bpf_program__fd name=" + name);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    @Override
    public void close() {
        try {
            LibBpf.OBJECT_CLOSE.invokeExact(handle);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
        arena.close();
    }

    /** A map of the object, before and after loading. */
    public final class MapDefinition {
        private final String name;
        private final MemorySegment map;

        private MapDefinition(String name, MemorySegment map) {
            this.name = name;
            this.map = map;
        }

        public MapDefinition maxEntries(int entries) {
            try {
                LibBpf.check((int) LibBpf.MAP_SET_MAX_ENTRIES.invokeExact(map, entries), "bpf_map__set_max_entries name=" + name);
                return this;
            } catch (Throwable t) {
                throw LibBpf.rethrow(t);
            }
        }

        /** Where the map is pinned when the object is loaded, or taken from when something is pinned there already. */
        public MapDefinition pin(Path path) {
            try {
                LibBpf.check((int) LibBpf.MAP_SET_PIN_PATH.invokeExact(map, arena.allocateFrom(path.toString())),
                        "bpf_map__set_pin_path path=" + path);
                return this;
            } catch (Throwable t) {
                throw LibBpf.rethrow(t);
            }
        }

        /** Takes a map that exists instead of creating one, and leaves its pin alone; the object gets a descriptor of its own. */
        public MapDefinition reuse(int fd) {
            try {
                // else libbpf looks for a pin at its own default place first, or makes one there
                LibBpf.check((int) LibBpf.MAP_SET_PIN_PATH.invokeExact(map, MemorySegment.NULL), "bpf_map__set_pin_path name=" + name);
                LibBpf.check((int) LibBpf.MAP_REUSE_FD.invokeExact(map, fd), "bpf_map__reuse_fd name=" + name);
                return this;
            } catch (Throwable t) {
                throw LibBpf.rethrow(t);
            }
        }

        /** The initial content of a data section's map, writable until the object is loaded. */
        public MemorySegment initialValue() {
            try (Arena local = Arena.ofConfined()) {
                MemorySegment size = local.allocate(8, 8);
                MemorySegment value = (MemorySegment) LibBpf.MAP_INITIAL_VALUE.invokeExact(errno, map, size);
                if (value.equals(MemorySegment.NULL)) {
                    throw LibBpf.failed("bpf_map__initial_value name=" + name, errno);
                }
                return value.reinterpret(size.get(java.lang.foreign.ValueLayout.JAVA_LONG, 0));
            } catch (Throwable t) {
                throw LibBpf.rethrow(t);
            }
        }

        /** Descriptor, after loading; valid while the object is open. */
        public int fd() {
            try {
                return LibBpf.check((int) LibBpf.MAP_FD.invokeExact(map), "bpf_map__fd name=" + name);
            } catch (Throwable t) {
                throw LibBpf.rethrow(t);
            }
        }
    }
}
