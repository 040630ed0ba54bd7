package dev.marrow.stress.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Load beside what is measured. One that takes nothing from anybody and keeps cores from falling asleep: a process of the scheduling class SCHED_IDLE on each; a
 * core that sleeps must be woken for every message of a server in another process, which costs more than the message. Or one that leaves a single core, so
 * that client and server take turns on it and none of them interrupts another core.
 */
final class BusyCores implements AutoCloseable {
    private static final String ALLOWED = "Cpus_allowed_list:";
    /** Ends with this JVM, even one that is killed. Asking for it after each bit of counting keeps the load off the kernel. */
    private static final String SPIN = "while kill -0 $1 2>/dev/null; do i=0; while [ $i -lt 10000 ]; do i=$((i+1)); done; done";

    private final List<Process> processes = new ArrayList<>();

    private BusyCores() {}

    static BusyCores none() {
        return new BusyCores();
    }

    /** Every core that this process may use. */
    static BusyCores all(Teardown teardown) throws IOException {
        BusyCores cores = new BusyCores();
        teardown.add(cores::stop);
        for (int core : allowed()) {
            cores.start(core, "chrt", "-i", "0");
        }
        return cores;
    }

    /** A process like any other on every core but the last that this process may use; with one core on none. */
    static BusyCores takenButOne(Teardown teardown) throws IOException {
        BusyCores cores = new BusyCores();
        teardown.add(cores::stop);
        List<Integer> allowed = allowed();
        for (int core : allowed.subList(0, allowed.size() - 1)) {
            cores.start(core);
        }
        return cores;
    }

    static List<Integer> allowed() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(ALLOWED)) {
                return numbers(line.substring(ALLOWED.length()).strip());
            }
        }
        throw new IOException("/proc/self/status has no " + ALLOWED);
    }

    /** The kernel's notation: {@code 0-3,8}. */
    static List<Integer> numbers(String list) {
        List<Integer> numbers = new ArrayList<>();
        for (String range : list.split(",")) {
            String[] ends = range.split("-");
            for (int number = Integer.parseInt(ends[0]); number <= Integer.parseInt(ends[ends.length - 1]); number++) {
                numbers.add(number);
            }
        }
        return numbers;
    }

    /** Each of these programs becomes the next, so there is one process to end. @param scheduling the command that chooses it */
    private synchronized void start(int core, String... scheduling) throws IOException {
        List<String> command = new ArrayList<>(List.of("taskset", "-c", Integer.toString(core)));
        command.addAll(List.of(scheduling));
        command.addAll(List.of("sh", "-c", SPIN, "sh", Long.toString(ProcessHandle.current().pid())));
        processes.add(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** @throws IOException a core was not kept busy until now: what was measured meanwhile is something else */
    void requireAlive() throws IOException {
        for (Process process : processes) {
            if (!process.toHandle().isAlive()) {
                String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                throw new IOException("the load that keeps a core busy ended: " + said.strip());
            }
        }
    }

    private synchronized void stop() {
        processes.forEach(process -> {
            try {
                process.destroyForcibly().waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Override
    public void close() {
        stop();
    }
}
