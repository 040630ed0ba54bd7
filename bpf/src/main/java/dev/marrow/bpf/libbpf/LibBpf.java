package dev.marrow.bpf.libbpf;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * The functions of libbpf 1.x and libc that Marrow calls; the only place that links native code.
 *
 * <p>libbpf's int functions return a negative errno, its pointer functions NULL with errno set; libc's return -1 with errno
 * set. {@link #check} and {@link #checkErrno} turn both into a {@link BpfException} that names the call.
 */
final class LibBpf {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBBPF = SymbolLookup.libraryLookup("libbpf.so.1", Arena.global());
    private static final SymbolLookup LIBC = LINKER.defaultLookup();
    private static final Linker.Option CAPTURE_ERRNO = Linker.Option.captureCallState("errno");
    private static final VarHandle ERRNO =
            Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

    static final MethodHandle OBJECT_OPEN_MEM = captured(LIBBPF, "bpf_object__open_mem", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle OBJECT_LOAD = plain(LIBBPF, "bpf_object__load", JAVA_INT, ADDRESS);
    static final MethodHandle OBJECT_CLOSE =
            LINKER.downcallHandle(LIBBPF.findOrThrow("bpf_object__close"), FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle FIND_MAP = captured(LIBBPF, "bpf_object__find_map_by_name", ADDRESS, ADDRESS, ADDRESS);
    static final MethodHandle FIND_PROGRAM = captured(LIBBPF, "bpf_object__find_program_by_name", ADDRESS, ADDRESS, ADDRESS);
    static final MethodHandle MAP_FD = plain(LIBBPF, "bpf_map__fd", JAVA_INT, ADDRESS);
    static final MethodHandle MAP_SET_MAX_ENTRIES = plain(LIBBPF, "bpf_map__set_max_entries", JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle MAP_SET_PIN_PATH = plain(LIBBPF, "bpf_map__set_pin_path", JAVA_INT, ADDRESS, ADDRESS);
    static final MethodHandle MAP_INITIAL_VALUE = captured(LIBBPF, "bpf_map__initial_value", ADDRESS, ADDRESS, ADDRESS);
    static final MethodHandle MAP_REUSE_FD = plain(LIBBPF, "bpf_map__reuse_fd", JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle MAP_CREATE =
            plain(LIBBPF, "bpf_map_create", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle MAP_UPDATE_ELEM = plain(LIBBPF, "bpf_map_update_elem", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    static final MethodHandle MAP_LOOKUP_ELEM = plain(LIBBPF, "bpf_map_lookup_elem", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    static final MethodHandle MAP_DELETE_ELEM = plain(LIBBPF, "bpf_map_delete_elem", JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle MAP_GET_NEXT_KEY = plain(LIBBPF, "bpf_map_get_next_key", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    static final MethodHandle MAP_UPDATE_BATCH =
            plain(LIBBPF, "bpf_map_update_batch", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    static final MethodHandle OBJ_GET_INFO_BY_FD = plain(LIBBPF, "bpf_obj_get_info_by_fd", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    static final MethodHandle OBJ_GET = plain(LIBBPF, "bpf_obj_get", JAVA_INT, ADDRESS);
    static final MethodHandle PROGRAM_FD = plain(LIBBPF, "bpf_program__fd", JAVA_INT, ADDRESS);
    static final MethodHandle PROG_ATTACH = plain(LIBBPF, "bpf_prog_attach", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle LINK_CREATE = plain(LIBBPF, "bpf_link_create", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle NUM_POSSIBLE_CPUS = plain(LIBBPF, "libbpf_num_possible_cpus", JAVA_INT);
    static final MethodHandle PROG_TEST_RUN = plain(LIBBPF, "bpf_prog_test_run_opts", JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle SET_PRINT = plain(LIBBPF, "libbpf_set_print", ADDRESS, ADDRESS);

    static final MethodHandle MMAP = captured(LIBC, "mmap", ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    static final MethodHandle MUNMAP = captured(LIBC, "munmap", JAVA_INT, ADDRESS, JAVA_LONG);
    static final MethodHandle CLOSE = captured(LIBC, "close", JAVA_INT, JAVA_INT);
    static final MethodHandle OPEN = captured(LIBC, "open", JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle SOCKET = captured(LIBC, "socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle GETSOCKOPT =
            captured(LIBC, "getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    static final MethodHandle MOUNT = captured(LIBC, "mount", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle CLOCK_GETTIME = captured(LIBC, "clock_gettime", JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle STRERROR = plain(LIBC, "strerror", ADDRESS, JAVA_INT);

    private LibBpf() {}

    private static MethodHandle plain(SymbolLookup library, String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(result, arguments));
    }

    /** First argument of the handle: a segment of {@link #errnoBuffer} that receives errno. */
    private static MethodHandle captured(SymbolLookup library, String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(result, arguments), CAPTURE_ERRNO);
    }

    static MemorySegment errnoBuffer(Arena arena) {
        return arena.allocate(Linker.Option.captureStateLayout());
    }

    static int errno(MemorySegment buffer) {
        return (int) ERRNO.get(buffer, 0L);
    }

    /** A result of libbpf: negative means -errno. */
    static int check(int result, String call) {
        if (result < 0) {
            throw new BpfException(call, -result, message(-result));
        }
        return result;
    }

    static BpfException failed(String call, MemorySegment errnoBuffer) {
        int errno = errno(errnoBuffer);
        return new BpfException(call, errno, message(errno));
    }

    static String message(int errno) {
        try {
            MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
            return text.reinterpret(256).getString(0);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** Diverts what libbpf prints to {@code print}, an upcall stub of {@code int (int level, const char *format, va_list)}; NULL: silence. */
    static void setPrint(MemorySegment print) {
        try {
            MemorySegment ignored = (MemorySegment) SET_PRINT.invokeExact(print);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** Method handles declare Throwable; none of these throws anything but unchecked ones. */
    static RuntimeException rethrow(Throwable t) {
        return switch (t) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(t);
        };
    }
}
