package dev.marrow.engine.doctor;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.engine.doctor.Check.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DoctorTest {

    private static final int ELF_MACHINE_AARCH64 = 183;

    private static final int ELF_MACHINE_X86_64 = 62;

    @TempDir
    private Path root;

    private FakeMachine fake;

    @BeforeEach
    void aMachineThatSuffices() {
        fake = new FakeMachine(root);
    }

    @Test
    void acceptsAMachineThatHasAll() {
        assertDoesNotThrow(() -> new Doctor(fake.machine()).require());
        assertTrue(new Doctor(fake.machine()).checks().stream().allMatch(check -> check.verdict() == Verdict.OK));
    }

    @Test
    void oneMessageNamesAllThatIsMissingWithItsRemedy() {
        fake.write("/proc/sys/kernel/osrelease", "5.10.0-8-amd64\n");
        fake.delete(FakeMachine.LIBBPF);
        String message = assertThrows(EnvironmentException.class, () -> new Doctor(fake.machine()).require()).getMessage();
        assertTrue(message.contains("kernel: found 5.10.0-8-amd64, needed 6.1 or newer"), message);
        assertTrue(message.contains("libbpf: found none, needed libbpf.so.1"), message);
        assertTrue(message.contains("apt-get install libbpf1"), message);
        assertFalse(message.contains("BTF"), message);
    }

    @Test
    void withoutCgroupsOnlyTheOnHostDoorIsMissing() {
        fake.write("/proc/self/mounts", "bpf /sys/fs/bpf bpf rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n");
        assertEquals(Verdict.WARNING, check("cgroup v2").verdict());
        assertTrue(check("cgroup v2").remedy().contains("--on-host off"));
        assertDoesNotThrow(() -> new Doctor(fake.machine()).require());
    }

    @ParameterizedTest
    @CsvSource({"6.0.19,false", "5.19.0,false", "6.1,true", "6.1.0-40-amd64,true", "6.12.3,true", "7.0-rc1,true", "garbage,false"})
    void comparesKernelVersionsByNumber(String release, boolean suffices) {
        fake.write("/proc/sys/kernel/osrelease", release + "\n");
        assertEquals(suffices, check("kernel").ok());
    }

    @ParameterizedTest
    @CsvSource({
        "0000000000000000,'no CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN'",
        "0000008000001000,no CAP_PERFMON",
        "000000c000000000,no CAP_NET_ADMIN",
        "0000000000200000,no CAP_NET_ADMIN",
    })
    void namesTheCapabilitiesThatLack(String effective, String found) {
        fake.effectiveCapabilities(effective);
        assertFalse(check("privileges").ok());
        assertEquals(found, check("privileges").found());
    }

    @ParameterizedTest
    @ValueSource(strings = {"000000c000001000", "0000000000201000", "ffffffffffffffff"})
    void takesSysAdminForBpfAndPerfmon(String effective) {
        fake.effectiveCapabilities(effective);
        assertTrue(check("privileges").ok());
    }

    @Test
    void capabilitiesInAUserNamespaceDoNotCount() {
        fake.write("/proc/self/uid_map", "         0       1000          1\n");
        assertFalse(check("privileges").ok());
        assertTrue(check("privileges").remedy().contains("user namespace"));
    }

    @Test
    void bpfFileSystemMayBeMountedByTheServer() {
        fake.write("/proc/self/mounts", "proc /proc proc rw 0 0\n");
        assertEquals("can be mounted", check("bpffs").found());
        assertTrue(check("bpffs").ok());
    }

    @Test
    void bpfFileSystemMustBeMountedAlreadyForAProcessThatMayNotMount() {
        fake.effectiveCapabilities("000000c000001000");
        assertTrue(check("bpffs").ok());
        fake.write("/proc/self/mounts", "bpf /sys/fs/bpf bpf ro,relatime 0 0\n");
        assertFalse(check("bpffs").ok());
        assertTrue(check("bpffs").remedy().contains("mount -t bpf"));
    }

    @Test
    void refusesAKernelWithoutBpf() {
        fake.write("/proc/self/mounts", "");
        fake.write("/proc/filesystems", "nodev\tsysfs\n\text4\n");
        fake.delete("/sys/kernel/btf/vmlinux");
        assertFalse(check("bpffs").ok());
        assertFalse(check("BTF").ok());
    }

    @ParameterizedTest
    @CsvSource({
        "none integrity [confidentiality],confidentiality,false",
        "none [integrity] confidentiality,integrity,true",
    })
    void refusesOnlyTheStrictestLockdown(String modes, String mode, boolean suffices) {
        fake.write("/sys/kernel/security/lockdown", modes + "\n");
        assertEquals(mode, check("lockdown").found());
        assertEquals(suffices, check("lockdown").ok());
    }

    @Test
    void interpretedProgramsAreAWarningOnly() {
        fake.write("/proc/sys/net/core/bpf_jit_enable", "0\n");
        assertEquals(Verdict.WARNING, check("BPF JIT").verdict());
        assertDoesNotThrow(() -> new Doctor(fake.machine()).require());
    }

    @Test
    void whatThisKernelDoesNotShowIsNotHeldAgainstIt() {
        fake.delete("/proc/sys/net/core/bpf_jit_enable");
        fake.delete("/sys/kernel/security/lockdown");
        assertEquals(Verdict.OK, check("BPF JIT").verdict());
        assertEquals(Verdict.OK, check("lockdown").verdict());
    }

    @Test
    void refusesALibraryOfAnotherArchitecture() {
        fake.library(FakeMachine.LIBBPF, ELF_MACHINE_AARCH64);
        assertFalse(check("libbpf").ok());
        fake.write(FakeMachine.LIBBPF, "short");
        assertFalse(check("libbpf").ok());
    }

    @Test
    void findsTheLibraryWhereTheLinkersCacheSaysItIs() {
        fake.delete(FakeMachine.LIBBPF);
        fake.library("/opt/bpf/libbpf.so.1", ELF_MACHINE_X86_64);
        fake.write("/etc/ld.so.cache", "glibc-ld.so.cache1.1\0libbpf.so.1\0/gone/libbpf.so.1\0/opt/bpf/libbpf.so.1\0");
        assertEquals("/opt/bpf/libbpf.so.1", check("libbpf").found());
    }

    @Test
    void findsTheLibraryInTheCallersLibraryPath() {
        fake.delete(FakeMachine.LIBBPF);
        fake.library("/home/me/lib/libbpf.so.1", ELF_MACHINE_X86_64);
        Check libbpf = named("libbpf", new Doctor(fake.machineWithLibraryPath("/home/me/lib")));
        assertEquals("/home/me/lib/libbpf.so.1", libbpf.found());
    }

    @Test
    void refusesOtherSystemsAndOldJdks() {
        Machine other = new Machine(root, "Mac OS X", "aarch64", 21, List.of());
        assertFalse(named("platform", new Doctor(other)).ok());
        assertFalse(named("JDK", new Doctor(other)).ok());
    }

    @Test
    void looksAtAnEmptyMachineWithoutFailing() {
        Machine empty = new Machine(root.resolve("empty"), "Linux", "amd64", 25, List.of());
        assertThrows(EnvironmentException.class, () -> new Doctor(empty).require());
    }

    @Test
    void printsATableAndTheRemediesBelowIt() {
        fake.write("/proc/sys/net/core/bpf_jit_enable", "0\n");
        fake.effectiveCapabilities("0000000000000000");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        boolean ok = new Doctor(fake.machine()).print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        String table = bytes.toString(StandardCharsets.UTF_8);
        assertFalse(ok);
        assertTrue(table.contains("ok       platform"), table);
        assertTrue(table.contains("MISSING  privileges"), table);
        assertTrue(table.contains("warning  BPF JIT"), table);
        assertTrue(table.contains("Run as root"), table);
        assertTrue(table.contains("Marrow cannot run here."), table);
    }

    private Check check(String name) {
        return named(name, new Doctor(fake.machine()));
    }

    private static Check named(String name, Doctor doctor) {
        return doctor.checks().stream().filter(check -> check.name().equals(name)).findFirst().orElseThrow();
    }
}
