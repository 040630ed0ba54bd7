package dev.marrow.bpf;

import dev.marrow.bpf.libbpf.ProgramInfo;

/**
 * What one program costs the verifier.
 *
 * @param program   name of its function
 * @param object    source file of the object that it is in
 * @param processed instructions that the verifier went through
 * @param translated instructions of the program as the kernel keeps it
 */
record VerifierCost(String program, String object, long processed, long translated) {
    private static final int INSTRUCTION_BYTES = 8;

    static VerifierCost of(String object, ProgramInfo info) {
        return new VerifierCost(info.name(), object, info.processedInstructions(), info.translatedBytes() / INSTRUCTION_BYTES);
    }
}
