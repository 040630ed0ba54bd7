package dev.marrow.bpf.libbpf;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * What libbpf says while an object is loaded: kept, not printed, so that a refusal by the verifier can be shown by its
 * telling lines. Bounded: the last {@value #LINES_MAX} lines.
 */
final class BpfLog {
    private static final int LINES_MAX = 400;
    private static final int LINE_BYTES_MAX = 1 << 20;
    private static final int LEVEL_DEBUG = 2;

    private static final ArrayDeque<String> LINES = new ArrayDeque<>();
    private static final MethodHandle VSNPRINTF = Linker.nativeLinker().downcallHandle(
            Linker.nativeLinker().defaultLookup().findOrThrow("vsnprintf"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));

    private BpfLog() {}

    static void install() {
        try {
            MethodHandle print = MethodHandles.lookup().findStatic(BpfLog.class, "print",
                    MethodType.methodType(int.class, int.class, MemorySegment.class, MemorySegment.class));
            LibBpf.setPrint(Linker.nativeLinker().upcallStub(
                    print, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS), Arena.global()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Called by libbpf. An exception that left this method would end the JVM, so none does. */
    private static int print(int level, MemorySegment format, MemorySegment arguments) {
        if (level >= LEVEL_DEBUG) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(LINE_BYTES_MAX);
            int written = (int) VSNPRINTF.invokeExact(text, (long) LINE_BYTES_MAX, format, arguments);
            synchronized (LINES) {
                for (String line : text.getString(0).split("\n")) {
                    LINES.addLast(line);
                    if (LINES.size() > LINES_MAX) {
                        LINES.removeFirst();
                    }
                }
            }
            return written;
        } catch (Throwable t) {
            return 0;
        }
    }

    static void clear() {
        synchronized (LINES) {
            LINES.clear();
        }
    }

    /** The last lines, newest last. */
    static List<String> tail(int count) {
        synchronized (LINES) {
            List<String> all = new ArrayList<>(LINES);
            return List.copyOf(all.subList(Math.max(0, all.size() - count), all.size()));
        }
    }
}
