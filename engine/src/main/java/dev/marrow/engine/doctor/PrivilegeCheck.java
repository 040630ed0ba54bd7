package dev.marrow.engine.doctor;

import dev.marrow.engine.doctor.Check.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether the process may load programs: CAP_BPF (maps, programs), CAP_PERFMON (reading kernel memory), CAP_NET_ADMIN (network
 * program types). CAP_SYS_ADMIN includes the first two. The kernel counts them only in its first user namespace.
 */
final class PrivilegeCheck {

    private static final String NAME = "privileges";

    private static final String NEEDED = "CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN";

    private static final String ROOT = "Run as root, or give the service CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN "
            + "(systemd: AmbientCapabilities=; docker: --privileged).";

    /** Bit numbers of linux/capability.h. */
    private enum Capability {
        CAP_NET_ADMIN(12),
        CAP_SYS_ADMIN(21),
        CAP_PERFMON(38),
        CAP_BPF(39);

        private final int bit;

        Capability(int bit) {
            this.bit = bit;
        }

        boolean in(long set) {
            return (set & (1L << bit)) != 0;
        }
    }

    private final Machine machine;

    PrivilegeCheck(Machine machine) {
        this.machine = machine;
    }

    Check check() {
        Optional<Long> effective = effectiveCapabilities();
        if (effective.isEmpty()) {
            return missing("unknown (no CapEff in /proc/self/status)", "Mount procfs: mount -t proc proc /proc");
        }
        List<String> lacking = lacking(effective.get());
        if (!lacking.isEmpty()) {
            return missing("no " + String.join(", ", lacking), ROOT);
        }
        if (inUserNamespace()) {
            return missing(
                    "capabilities of a user namespace only",
                    "Run outside of the user namespace (a rootless container is one): as root of the host.");
        }
        return new Check(NAME, Verdict.OK, "sufficient", NEEDED, "");
    }

    /** Whether the process may mount a file system. */
    boolean mayMount() {
        return effectiveCapabilities().filter(Capability.CAP_SYS_ADMIN::in).isPresent() && !inUserNamespace();
    }

    private static Check missing(String found, String remedy) {
        return new Check(NAME, Verdict.MISSING, found, NEEDED, remedy);
    }

    private Optional<Long> effectiveCapabilities() {
        return machine.text("/proc/self/status").orElse("").lines()
                .filter(line -> line.matches("CapEff:\\s*[0-9a-fA-F]{1,16}"))
                .map(line -> Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16))
                .findFirst();
    }

    private static List<String> lacking(long effective) {
        List<String> lacking = new ArrayList<>();
        boolean administrator = Capability.CAP_SYS_ADMIN.in(effective);
        for (Capability capability : List.of(Capability.CAP_BPF, Capability.CAP_PERFMON)) {
            if (!administrator && !capability.in(effective)) {
                lacking.add(capability.name());
            }
        }
        if (!Capability.CAP_NET_ADMIN.in(effective)) {
            lacking.add(Capability.CAP_NET_ADMIN.name());
        }
        return lacking;
    }

    /** The first user namespace maps all ids onto themselves; any other was given a part, or moved. */
    private boolean inUserNamespace() {
        return machine.text("/proc/self/uid_map")
                .map(map -> !map.strip().replaceAll("\\s+", " ").equals("0 0 4294967295"))
                .orElse(false);
    }
}
