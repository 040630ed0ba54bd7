package dev.marrow.bpf.libbpf;

/** A call into the kernel or libbpf failed. */
public final class BpfException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    BpfException(String call, int errno, String message) {
        super("call=" + call + " errno=" + errno + " (" + message + ")");
        this.errno = errno;
    }

    /** The kernel's error number, positive. */
    public int errno() {
        return errno;
    }
}
