package dev.marrow.bpf.libbpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One program made ready to be run on one packet, without allocation per run. For one thread at a time.
 *
 * <p>Layout of {@code struct bpf_test_run_opts} (80 bytes on LP64), from libbpf's bpf.h.
 */
public final class TestRun {
    private static final int OPTS_BYTES = 80;
    private static final int DATA_IN = 8;
    private static final int DATA_SIZE_IN = 24;
    private static final int RETVAL = 56;
    private static final int REPEAT = 60;
    /** XDP wants at least an Ethernet header. */
    private static final int PACKET_BYTES = 64;

    private final int programFd;
    private final MemorySegment options;

    /** @param words the packet's first words */
    public TestRun(int programFd, Arena arena, int... words) {
        this.programFd = programFd;
        MemorySegment packet = arena.allocate(PACKET_BYTES, 8);
        for (int i = 0; i < words.length; i++) {
            packet.setAtIndex(ValueLayout.JAVA_INT, i, words[i]);
        }
        options = arena.allocate(OPTS_BYTES, 8);
        options.set(ValueLayout.JAVA_LONG, 0, OPTS_BYTES);
        options.set(ValueLayout.ADDRESS, DATA_IN, packet);
        options.set(ValueLayout.JAVA_INT, DATA_SIZE_IN, PACKET_BYTES);
        options.set(ValueLayout.JAVA_INT, REPEAT, 1);
    }

    /**
     * Runs the program once.
     *
     * @return what the program returned
     */
    public int run() {
        try {
            int result = (int) LibBpf.PROG_TEST_RUN.invokeExact(programFd, options);
            if (result < 0) {
                LibBpf.check(result, "bpf_prog_test_run_opts");
            }
            return options.get(ValueLayout.JAVA_INT, RETVAL);
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }
}
