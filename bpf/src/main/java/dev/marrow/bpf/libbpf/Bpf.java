package dev.marrow.bpf.libbpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Kernel calls that need no object: descriptors, mappings, mounts, clocks. */
public final class Bpf {
    private static final int MAP_TYPE_ARRAY = 2;
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;
    /** linux/errno.h ENOTSUPP, which the kernel returns for a map type without batch operations. */
    private static final int ENOTSUPP = 524;
    private static final int ENOENT = 2;
    /** linux/bpf.h, enum bpf_attach_type. */
    private static final int BPF_CGROUP_SOCK_OPS = 3;
    private static final int BPF_SK_MSG_VERDICT = 7;
    /** O_RDONLY | O_DIRECTORY | O_CLOEXEC of x86-64. */
    private static final int OPEN_DIRECTORY = 0x90000;
    private static final int AF_INET = 2;
    private static final int SOCK_STREAM_CLOEXEC = 0x80001;
    private static final int SOL_SOCKET = 1;
    private static final int SO_NETNS_COOKIE = 71;

    public static final int CLOCK_REALTIME = 0;
    public static final int CLOCK_BOOTTIME = 7;

    private Bpf() {}

    /** Whether libbpf can be loaded; the exception says what is missing. */
    public static void requireLibrary() {
        LibBpf.message(0);
    }

    /** Creates an array map; the caller closes the descriptor. Sizes in bytes. */
    public static int createArray(String name, int valueBytes, int entries) {
        try (Arena arena = Arena.ofConfined()) {
            return LibBpf.check(
                    (int) LibBpf.MAP_CREATE.invokeExact(
                            MAP_TYPE_ARRAY, arena.allocateFrom(name), 4, valueBytes, entries, MemorySegment.NULL),
                    "bpf_map_create name=" + name + " value_bytes=" + valueBytes + " entries=" + entries);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /** Puts maps into an array of maps, in one grace period where the kernel has the batch call. */
    public static void putInner(int outerFd, int firstIndex, int[] innerFds) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment keys = arena.allocate(4L * innerFds.length, 8);
            MemorySegment values = arena.allocateFrom(ValueLayout.JAVA_INT, innerFds);
            MemorySegment count = arena.allocate(8, 8);
            for (int i = 0; i < innerFds.length; i++) {
                keys.setAtIndex(ValueLayout.JAVA_INT, i, firstIndex + i);
            }
            count.set(ValueLayout.JAVA_INT, 0, innerFds.length);
            int result = (int) LibBpf.MAP_UPDATE_BATCH.invokeExact(outerFd, keys, values, count, MemorySegment.NULL);
            if (result == -ENOTSUPP) {
                for (int i = 0; i < innerFds.length; i++) {
                    LibBpf.check(
                            (int) LibBpf.MAP_UPDATE_ELEM.invokeExact(outerFd, keys.asSlice(4L * i), values.asSlice(4L * i), 0L),
                            "bpf_map_update_elem index=" + (firstIndex + i));
                }
            } else {
                LibBpf.check(result, "bpf_map_update_batch first=" + firstIndex + " count=" + innerFds.length);
            }
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /** CPUs that the machine can have. */
    public static int possibleCpus() {
        try {
            return LibBpf.check((int) LibBpf.NUM_POSSIBLE_CPUS.invokeExact(), "libbpf_num_possible_cpus");
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /** Reads a map's element into {@code value}; false when there is none. */
    public static boolean lookup(int fd, MemorySegment key, MemorySegment value) {
        return found(() -> (int) LibBpf.MAP_LOOKUP_ELEM.invokeExact(fd, key, value), "bpf_map_lookup_elem");
    }

    /** Writes a map's element, whether it exists or not. */
    public static void update(int fd, MemorySegment key, MemorySegment value) {
        try {
            LibBpf.check((int) LibBpf.MAP_UPDATE_ELEM.invokeExact(fd, key, value, 0L), "bpf_map_update_elem");
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /** Removes a map's element; false when there was none. */
    public static boolean delete(int fd, MemorySegment key) {
        return found(() -> (int) LibBpf.MAP_DELETE_ELEM.invokeExact(fd, key), "bpf_map_delete_elem");
    }

    /** Elements of a hash; those that come and go meanwhile may be missed. */
    public static long count(int fd, int keyBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocate(keyBytes, 8);
            long count = 0;
            MemorySegment before = MemorySegment.NULL;
            while (true) {
                MemorySegment from = before;
                if (!found(() -> (int) LibBpf.MAP_GET_NEXT_KEY.invokeExact(fd, from, key), "bpf_map_get_next_key")) {
                    return count;
                }
                before = key;
                count++;
            }
        }
    }

    private interface Call {
        int result() throws Throwable;
    }

    private static boolean found(Call call, String name) {
        try {
            int result = call.result();
            if (result == -ENOENT) {
                return false;
            }
            LibBpf.check(result, name);
            return true;
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /** Has {@code program} see every message of the sockets in {@code sockMap}, until that has no descriptor and no pin any more. */
    public static void attachToMessages(int program, int sockMap) {
        try {
            LibBpf.check((int) LibBpf.PROG_ATTACH.invokeExact(program, sockMap, BPF_SK_MSG_VERDICT, 0), "bpf_prog_attach type=sk_msg");
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /**
     * Has {@code program} see the connections of a cgroup and all below it.
     *
     * @return descriptor of the link: closing it detaches, and so does the end of the process
     */
    public static int attachToConnections(int program, Path cgroup) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = LibBpf.errnoBuffer(arena);
            int directory = (int) LibBpf.OPEN.invokeExact(errno, arena.allocateFrom(cgroup.toString()), OPEN_DIRECTORY);
            if (directory < 0) {
                throw LibBpf.failed("open path=" + cgroup, errno);
            }
            try {
                return LibBpf.check((int) LibBpf.LINK_CREATE.invokeExact(program, directory, BPF_CGROUP_SOCK_OPS, MemorySegment.NULL),
                        "bpf_link_create type=sock_ops cgroup=" + cgroup);
            } finally {
                close(directory);
            }
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /** Cookie of this process's network namespace. */
    public static long networkNamespace() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = LibBpf.errnoBuffer(arena);
            int socket = (int) LibBpf.SOCKET.invokeExact(errno, AF_INET, SOCK_STREAM_CLOEXEC, 0);
            if (socket < 0) {
                throw LibBpf.failed("socket", errno);
            }
            try {
                MemorySegment cookie = arena.allocate(8, 8);
                MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, 8);
                if ((int) LibBpf.GETSOCKOPT.invokeExact(errno, socket, SOL_SOCKET, SO_NETNS_COOKIE, cookie, length) != 0) {
                    throw LibBpf.failed("getsockopt option=SO_NETNS_COOKIE", errno);
                }
                return cookie.get(ValueLayout.JAVA_LONG, 0);
            } finally {
                close(socket);
            }
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /** Opens a pinned map; the caller closes the descriptor. */
    public static int openPinned(Path path) {
        try (Arena arena = Arena.ofConfined()) {
            return LibBpf.check((int) LibBpf.OBJ_GET.invokeExact(arena.allocateFrom(path.toString())), "bpf_obj_get path=" + path);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    public static void close(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            int ignored = (int) LibBpf.CLOSE.invokeExact(LibBpf.errnoBuffer(arena), fd);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /** Maps {@code bytes} of a map's memory from {@code offset} on, shared; unmapped when the arena closes. */
    public static MemorySegment map(int fd, long offset, long bytes, boolean writable, Arena arena) {
        MemorySegment errno = LibBpf.errnoBuffer(arena);
        try {
            MemorySegment address = (MemorySegment) LibBpf.MMAP.invokeExact(
                    errno, MemorySegment.NULL, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);
            if (address.address() == -1) {
                throw LibBpf.failed("mmap bytes=" + bytes + " offset=" + offset, errno);
            }
            return address.reinterpret(bytes, arena, segment -> unmap(segment.address(), bytes));
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    private static void unmap(long address, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            int ignored = (int) LibBpf.MUNMAP.invokeExact(LibBpf.errnoBuffer(arena), MemorySegment.ofAddress(address), bytes);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /** Mounts a BPF file system. */
    public static void mountBpfFs(Path target) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = LibBpf.errnoBuffer(arena);
            int result = (int) LibBpf.MOUNT.invokeExact(errno, arena.allocateFrom("bpf"), arena.allocateFrom(target.toString()),
                    arena.allocateFrom("bpf"), 0L, arena.allocateFrom("mode=0700"));
            if (result != 0) {
                throw LibBpf.failed("mount type=bpf target=" + target, errno);
            }
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }

    /** A clock's time in nanoseconds. */
    public static long clockNanos(int clock) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = arena.allocate(16, 8);
            MemorySegment errno = LibBpf.errnoBuffer(arena);
            if ((int) LibBpf.CLOCK_GETTIME.invokeExact(errno, clock, time) != 0) {
                throw LibBpf.failed("clock_gettime clock=" + clock, errno);
            }
            return time.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L + time.get(ValueLayout.JAVA_LONG, 8);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }
}
