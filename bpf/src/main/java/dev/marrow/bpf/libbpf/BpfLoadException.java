package dev.marrow.bpf.libbpf;

import java.util.List;

/** The kernel did not take a map or a program. The message carries the telling end of libbpf's and the verifier's output. */
public final class BpfLoadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    BpfLoadException(int errno, String message, List<String> log) {
        super("the kernel refused the eBPF programs: errno=" + errno + " (" + message + ")"
                + (log.isEmpty() ? "" : "\n  " + String.join("\n  ", log)));
        this.errno = errno;
    }

    /** The kernel's error number, positive. */
    public int errno() {
        return errno;
    }
}
