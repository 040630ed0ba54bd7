package dev.marrow.bpf.libbpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** setpriority(2), whose {@code who} 0 is the calling thread on Linux. */
public final class ThreadPriority {
    private static final int PRIO_PROCESS = 0;
    private static final MethodHandle SETPRIORITY = Linker.nativeLinker().downcallHandle(
            Linker.nativeLinker().defaultLookup().findOrThrow("setpriority"), FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

    private ThreadPriority() {}

    /**
     * Lets others go first.
     *
     * @param nice 0 (normal) to 19
     * @return whether the system took it
     */
    public static boolean lower(int nice) {
        try {
            return (int) SETPRIORITY.invokeExact(PRIO_PROCESS, 0, nice) == 0;
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }
}
