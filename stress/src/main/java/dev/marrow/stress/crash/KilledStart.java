package dev.marrow.stress.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A start that is killed as it enters its N-th bpf() call, while it makes, fills or adopts tables, or behind that, in service. A life before it was
 * told things, and the start after it must have them all. strace counts the calls of each thread by itself: the one that starts makes far the most
 * until the server serves, then those that serve do.
 */
enum KilledStart {
    WARM_ALWAYS("always", "warm"),
    /** What the killed start finds in the ring is nowhere else. */
    WARM_EVERYSEC("everysec", "warm"),
    COLD_ALWAYS("always", "cold"),
    COLD_EVERYSEC("everysec", "cold");

    /** A shell's code for SIGKILL, with which strace too ends what it started. */
    private static final int EXIT_KILLED = 137;
    private static final long READY_MILLIS_MAX = 60_000;
    /** In service a load makes about sixty calls. */
    private static final int LOADS_MAX = 20;
    /** So many calls behind readiness, of a thread that serves. */
    private static final List<Integer> IN_SERVICE = List.of(2, 20, 60, 120);
    /** A second start, from what the first one made of it, takes a second. */
    private static final int THOROUGH_ODDS = 3;

    private final String durability;
    private final String mode;

    KilledStart(String durability, String mode) {
        this.durability = durability;
        this.mode = mode;
    }

    String durability() {
        return durability;
    }

    /** As the table of results names it. */
    String title() {
        return "kill -9 at a bpf() call, " + mode + " start";
    }

    /** How many bpf() calls the busiest thread of an unharmed start has made when it serves. */
    int calls(Path parent) throws IOException, InterruptedException {
        Path trace = parent.resolve("trace");
        ServerProcess.Launch launch = launch(parent);
        try (Store store = launch.store()) {
            List<String> wrong = new ArrayList<>();
            firstLife(launch, store, new SmallLoad(0), wrong);
            try (ServerProcess server = traced(launch, trace, List.of()).serve()) {
                boolean ready = server.awaitReady(READY_MILLIS_MAX);
                long most = traceLines(trace).stream().collect(Collectors.groupingBy(line -> line.substring(0, line.indexOf(' ')), Collectors.counting()))
                        .values().stream().mapToLong(Long::longValue).max().orElse(0);
                server.kill();
                if (!ready || !server.startMode().equals(Optional.of(mode)) || !wrong.isEmpty() || most == 0) {
                    throw new IOException("no unharmed " + mode + " start: " + wrong + server.output());
                }
                return Math.toIntExact(most);
            }
        }
    }

    /** Which calls to kill at, in which order: the first, the last, a random one and some in service in random order, then the rest. */
    static List<Long> numbers(int calls, Random random) {
        Set<Long> numbers = new LinkedHashSet<>(List.of(1L, (long) calls, 1L + random.nextInt(calls)));
        IN_SERVICE.forEach(behind -> numbers.add((long) calls + behind));
        List<Long> order = new ArrayList<>(numbers);
        Collections.shuffle(order, random);
        List<Long> rest = new ArrayList<>();
        for (long number = 1; number <= calls; number++) {
            if (!numbers.contains(number)) {
                rest.add(number);
            }
        }
        Collections.shuffle(rest, random);
        order.addAll(rest);
        return order;
    }

    /** The three lives, on a new store. */
    CallRun.Outcome strike(Path parent, long seed, long number) throws IOException, InterruptedException {
        return strike(parent, seed, number, launch -> { });
    }

    /** What happens between the killed start and the next; only controls do anything. */
    interface Between {
        void act(ServerProcess.Launch launch) throws IOException;
    }

    CallRun.Outcome strike(Path parent, long seed, long number, Between between) throws IOException, InterruptedException {
        ServerProcess.Launch launch = launch(parent);
        SmallLoad load = new SmallLoad(seed + number);
        List<String> wrong = new ArrayList<>();
        Optional<String> struck;
        try (Store store = launch.store()) {
            firstLife(launch, store, load, wrong);
            struck = killedLife(launch, parent.resolve("trace"), number, load, wrong);
            between.act(launch);
            goodLife("the start after the killed one", launch, load, wrong);
            if (new Random(seed + number).nextInt(THOROUGH_ODDS) == 0) {
                goodLife("the second start after the killed one", launch, load, wrong);
            }
        }
        CrashTable.Counts counts = load.counts().plus(new CrashTable.Counts(0, 0, 0, 0, wrong.size()));
        wrong.addAll(load.wrong());
        return new CallRun.Outcome(struck, counts, wrong);
    }

    /** Acknowledges writes, and leaves what this start needs: the tables, or only a log that holds everything. */
    private void firstLife(ServerProcess.Launch launch, Store store, SmallLoad load, List<String> wrong) throws IOException, InterruptedException {
        if (durability.equals("everysec") && mode.equals("cold")) {
            goodLife("the first life", launch, load, wrong);
            return;
        }
        try (ServerProcess server = launch.serve()) {
            if (!server.awaitReady(READY_MILLIS_MAX)) {
                wrong.add("the first life does not start: " + server.output());
                return;
            }
            load.run(server.port());
            server.kill();
        }
        if (mode.equals("cold")) {
            store.unpin();
        }
    }

    /** The call at which it was killed; empty when it made fewer. */
    private Optional<String> killedLife(ServerProcess.Launch launch, Path trace, long number, SmallLoad load, List<String> wrong)
            throws IOException, InterruptedException {
        try (ServerProcess server = traced(launch, trace, List.of("-e", "inject=bpf:signal=KILL:when=" + number)).serve()) {
            boolean ready = server.awaitReady(READY_MILLIS_MAX);
            boolean there = ready;
            for (int i = 0; there && i < LOADS_MAX; i++) {
                there = load.run(server.port());
            }
            if (there) {
                server.kill();
                return Optional.empty();
            }
            int exit = server.awaitExit().orElse(-1);
            if (exit != EXIT_KILLED) {
                wrong.add("the start that should be killed ended with " + exit + ": " + server.output());
                return Optional.empty();
            }
            // a line is: PID bpf(BPF_MAP_CREATE, …
            return Optional.of(traceLines(trace).getLast().replaceAll("^\\d+ +bpf\\((\\w+).*", "$1") + (ready ? " in service" : ""));
        }
    }

    private static void goodLife(String what, ServerProcess.Launch launch, SmallLoad load, List<String> wrong)
            throws IOException, InterruptedException {
        try (ServerProcess server = launch.serve()) {
            boolean ready = server.awaitReady(READY_MILLIS_MAX);
            if (ready) {
                load.run(server.port());
                server.terminate();
            }
            int exit = server.awaitExit().orElse(-1);
            if (!ready || exit != 0) {
                wrong.add(what + " ended with " + exit + ": " + server.output());
            }
        }
    }

    private ServerProcess.Launch launch(Path parent) {
        return new ServerProcess.Launch(parent.resolve("store"), durability);
    }

    private static ServerProcess.Launch traced(ServerProcess.Launch launch, Path trace, List<String> injection) {
        // without --seccomp-bpf, with which strace 6.1 did not send the signal at call 2, 10 or 50
        List<String> strace = new ArrayList<>(List.of("strace", "-f", "-o", trace.toString(), "-e", "trace=bpf", "-e", "verbose=none"));
        strace.addAll(injection);
        return new ServerProcess.Launch(launch.dir(), launch.durability(), strace, Map.of());
    }

    private static List<String> traceLines(Path trace) throws IOException {
        return Files.readAllLines(trace).stream().filter(line -> line.contains(" bpf(BPF_")).toList();
    }
}
