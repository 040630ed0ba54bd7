package dev.marrow.engine.doctor;

import dev.marrow.engine.doctor.Check.Verdict;
import java.io.PrintStream;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Says whether this machine can run Marrow, and if not, what is missing and how to get it.
 *
 * <p>Every check runs each time; none changes anything. The server calls {@link #require()} first of all, {@code marrow doctor}
 * prints the same checks as a table.
 */
public final class Doctor {

    /** The language level that the classes are compiled for. */
    static final int JDK_MIN = 25;

    private final Machine machine;

    public Doctor(Machine machine) {
        this.machine = machine;
    }

    /** For the machine this JVM runs on. */
    public static Doctor ofThisMachine() {
        return new Doctor(Machine.current());
    }

    /** All checks, the most basic first. */
    public List<Check> checks() {
        KernelChecks kernel = new KernelChecks(machine);
        PrivilegeCheck privileges = new PrivilegeCheck(machine);
        return List.of(
                platform(),
                kernel.version(),
                privileges.check(),
                kernel.typeInformation(),
                kernel.bpfFileSystem(privileges.mayMount()),
                kernel.cgroups(),
                kernel.lockdown(),
                kernel.justInTimeCompiler(),
                new LibbpfCheck(machine).check(),
                jdk());
    }

    /**
     * Returns if nothing that Marrow needs is missing.
     *
     * @throws EnvironmentException names all that is missing, with remedies, in one message
     */
    public void require() {
        List<Check> missing = checks().stream().filter(check -> !check.ok()).toList();
        if (!missing.isEmpty()) {
            throw new EnvironmentException(missing.stream()
                    .map(check -> "%n  %s: found %s, needed %s.%n    %s"
                            .formatted(check.name(), check.found(), check.needed(), check.remedy()))
                    .collect(Collectors.joining("", "this machine cannot run Marrow:", "")));
        }
    }

    /**
     * Prints the checks as a table, and below it a remedy for each that is not in order.
     *
     * @return whether Marrow can run here
     */
    public boolean print(PrintStream out) {
        List<Check> checks = checks();
        int nameWidth = width(checks, Check::name);
        int foundWidth = width(checks, Check::found);
        String row = "%-8s %-" + nameWidth + "s  %-" + foundWidth + "s  %s%n";
        out.printf(row, "", "check", "found", "needed");
        checks.forEach(check -> out.printf(row, label(check.verdict()), check.name(), check.found(), check.needed()));
        checks.stream()
                .filter(check -> check.verdict() != Verdict.OK)
                .forEach(check -> out.printf("%n%s: %s%n", check.name(), check.remedy()));
        boolean ok = checks.stream().allMatch(Check::ok);
        out.printf("%n%s%n", ok ? "Marrow can run here." : "Marrow cannot run here.");
        return ok;
    }

    private static int width(List<Check> checks, Function<Check, String> column) {
        return checks.stream().map(column).mapToInt(String::length).max().orElse(1);
    }

    private static String label(Verdict verdict) {
        return switch (verdict) {
            case OK -> "ok";
            case WARNING -> "warning";
            case MISSING -> "MISSING";
        };
    }

    private Check platform() {
        boolean holds = machine.osName().equals("Linux") && List.of("amd64", "x86_64").contains(machine.architecture());
        return Check.of(
                "platform",
                holds,
                Verdict.MISSING,
                machine.osName() + " " + machine.architecture(),
                "Linux amd64",
                "Use an x86-64 machine with Linux.");
    }

    private Check jdk() {
        return Check.of(
                "JDK",
                machine.jdkVersion() >= JDK_MIN,
                Verdict.MISSING,
                Integer.toString(machine.jdkVersion()),
                JDK_MIN + " or newer",
                "Install a JDK " + JDK_MIN + " (for example Eclipse Temurin) and set JAVA_HOME to it.");
    }
}
