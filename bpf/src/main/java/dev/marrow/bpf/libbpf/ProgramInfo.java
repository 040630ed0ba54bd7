package dev.marrow.bpf.libbpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the kernel says about a loaded program ({@code struct bpf_prog_info} of linux/bpf.h).
 *
 * @param name                  of its function; the kernel keeps 15 bytes
 * @param processedInstructions that the verifier went through to accept it, each as often as it did, global functions too: its "processed N insns"
 * @param translatedBytes       of the program as the kernel has rewritten it, before it becomes machine code; eight bytes are an instruction
 */
public record ProgramInfo(String name, long processedInstructions, long translatedBytes) {
    private static final int BYTES = 232;
    private static final int TRANSLATED_BYTES = 20;
    private static final int NAME = 64;
    /** Since 5.16; older kernels leave it 0. */
    private static final int VERIFIED_INSTRUCTIONS = 216;

    /** @param fd of the program */
    public static ProgramInfo of(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(BYTES, 8);
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_INT, BYTES);
            LibBpf.check((int) LibBpf.OBJ_GET_INFO_BY_FD.invokeExact(fd, info, bytes), "bpf_obj_get_info_by_fd fd=" + fd);
            return new ProgramInfo(info.getString(NAME), Integer.toUnsignedLong(info.get(ValueLayout.JAVA_INT, VERIFIED_INSTRUCTIONS)),
                    Integer.toUnsignedLong(info.get(ValueLayout.JAVA_INT, TRANSLATED_BYTES)));
        } catch (Throwable t) {
            throw LibBpf.rethrow(t);
        }
    }
}
