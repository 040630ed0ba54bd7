package dev.marrow.engine.doctor;

import dev.marrow.bpf.Cgroups;
import dev.marrow.engine.doctor.Check.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the running kernel offers, by its files below {@code /proc} and {@code /sys}. */
final class KernelChecks {

    /** Debian 12's own kernel: the oldest whose verifier takes the programs. */
    static final int KERNEL_MAJOR_MIN = 6;

    static final int KERNEL_MINOR_MIN = 1;

    private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");

    private final Machine machine;

    KernelChecks(Machine machine) {
        this.machine = machine;
    }

    Check version() {
        String release = machine.text("/proc/sys/kernel/osrelease").orElse("unknown");
        Matcher numbers = RELEASE.matcher(release);
        boolean holds = false;
        if (numbers.matches()) {
            int major = Integer.parseInt(numbers.group(1));
            int minor = Integer.parseInt(numbers.group(2));
            holds = major > KERNEL_MAJOR_MIN || (major == KERNEL_MAJOR_MIN && minor >= KERNEL_MINOR_MIN);
        }
        return Check.of(
                "kernel",
                holds,
                Verdict.MISSING,
                release,
                KERNEL_MAJOR_MIN + "." + KERNEL_MINOR_MIN + " or newer",
                "Boot a newer kernel: Debian 12's own is 6.1, a newer one comes from its backports.");
    }

    /** libbpf needs the kernel's BTF to load the programs' maps and to relocate what they read. */
    Check typeInformation() {
        String path = "/sys/kernel/btf/vmlinux";
        boolean holds = Files.isReadable(machine.at(path));
        return Check.of(
                "BTF",
                holds,
                Verdict.MISSING,
                holds ? path : "no readable " + path,
                path,
                "Boot a kernel built with CONFIG_DEBUG_INFO_BTF=y (Debian's are), and mount sysfs at /sys.");
    }

    /** The pins that outlive the process (I8) need bpffs: mounted, or the server mounts it, which takes a right of its own. */
    Check bpfFileSystem(boolean mayMount) {
        Optional<String> mountPoint = writableBpfMount();
        boolean supported = machine.text("/proc/filesystems").orElse("").lines()
                .anyMatch(line -> line.strip().matches("nodev\\s+bpf"));
        String found;
        if (mountPoint.isPresent()) {
            found = "mounted at " + mountPoint.get();
        } else if (supported) {
            found = mayMount ? "can be mounted" : "not mounted, and no CAP_SYS_ADMIN to do it";
        } else {
            found = "not supported";
        }
        return Check.of(
                "bpffs",
                mountPoint.isPresent() || (supported && mayMount),
                Verdict.MISSING,
                found,
                "mounted, or mountable",
                supported
                        ? "As root: mount -t bpf bpf /sys/fs/bpf"
                        : "Boot a kernel built with CONFIG_BPF_SYSCALL=y (Debian's are).");
    }

    private Optional<String> writableBpfMount() {
        // device, mount point, type, options, 0, 0; blanks inside a field are escaped
        return machine.text("/proc/self/mounts").orElse("").lines()
                .map(line -> line.split(" "))
                .filter(fields -> fields.length >= 4 && fields[2].equals("bpf"))
                .filter(fields -> Arrays.asList(fields[3].split(",")).contains("rw"))
                .map(fields -> fields[1])
                .findFirst();
    }

    /** The on-host door sees local clients connect by a program on the cgroup tree; all else works without. */
    Check cgroups() {
        Optional<Path> root = Cgroups.root(machine.text("/proc/self/mounts").orElse(""));
        return Check.of(
                "cgroup v2",
                root.isPresent(),
                Verdict.WARNING,
                root.map(path -> "mounted at " + path).orElse("not mounted"),
                "mounted, for --on-host on",
                "As root: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified; or serve with --on-host off.");
    }

    /** In the mode "confidentiality" no program may read kernel memory, which the copies of large values do. */
    Check lockdown() {
        // "none [integrity] confidentiality": the brackets mark the mode in force
        String modes = machine.text("/sys/kernel/security/lockdown").orElse("[none]");
        String mode = Arrays.stream(modes.split("\\s+"))
                .filter(word -> word.startsWith("[") && word.endsWith("]"))
                .map(word -> word.substring(1, word.length() - 1))
                .findFirst()
                .orElse("none");
        return Check.of(
                "lockdown",
                !mode.equals("confidentiality"),
                Verdict.MISSING,
                mode,
                "none or integrity",
                "Boot without lockdown=confidentiality on the kernel's command line.");
    }

    /** Without the compiler programs are interpreted: right, but many times slower. */
    Check justInTimeCompiler() {
        // Absent in a network namespace other than the first: nothing can be said then.
        Optional<String> value = machine.text("/proc/sys/net/core/bpf_jit_enable");
        return Check.of(
                "BPF JIT",
                !value.equals(Optional.of("0")),
                Verdict.WARNING,
                value.map(setting -> setting.equals("0") ? "off" : "on").orElse("not visible"),
                "on",
                "Switch it on: sysctl -w net.core.bpf_jit_enable=1");
    }
}
