package dev.marrow.engine.doctor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A machine made of files below a directory; at first one that suffices in every point. */
final class FakeMachine {

    static final String LIBBPF = "/usr/lib/x86_64-linux-gnu/libbpf.so.1";

    private static final int ELF_MACHINE_X86_64 = 62;

    private final Path root;

    FakeMachine(Path root) {
        this.root = root;
        write("/proc/sys/kernel/osrelease", "6.1.0-40-amd64\n");
        write("/proc/sys/net/core/bpf_jit_enable", "1\n");
        write("/proc/filesystems", "nodev\tsysfs\nnodev\tbpf\n\text4\n");
        write("/proc/self/mounts", "proc /proc proc rw,nosuid 0 0\nbpf /sys/fs/bpf bpf rw,nosuid,mode=700 0 0\n"
                + "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n");
        write("/proc/self/uid_map", "         0          0 4294967295\n");
        write("/sys/kernel/btf/vmlinux", "btf");
        write("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
        effectiveCapabilities("000001ffffffffff");
        library(LIBBPF, ELF_MACHINE_X86_64);
    }

    Machine machine() {
        return new Machine(root, "Linux", "amd64", 25, List.of());
    }

    Machine machineWithLibraryPath(String directory) {
        return new Machine(root, "Linux", "amd64", 25, List.of(Path.of(directory)));
    }

    void effectiveCapabilities(String hexadecimal) {
        write("/proc/self/status", "Name:\tjava\nCapPrm:\t0000000000000000\nCapEff:\t" + hexadecimal + "\nSeccomp:\t0\n");
    }

    void library(String path, int elfMachine) {
        byte[] header = new byte[64];
        ByteBuffer.wrap(header)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1})
                .putShort(18, (short) elfMachine);
        write(path, new String(header, StandardCharsets.ISO_8859_1));
    }

    void write(String path, String text) {
        try {
            Path file = root.resolve(path.substring(1));
            Files.createDirectories(file.getParent());
            Files.writeString(file, text, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void delete(String path) {
        try {
            Files.delete(root.resolve(path.substring(1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
