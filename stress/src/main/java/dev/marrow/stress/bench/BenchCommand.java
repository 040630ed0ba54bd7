package dev.marrow.stress.bench;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.engine.doctor.Doctor;
import dev.marrow.stress.MarkedText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code marrow bench}: runs the named benchmarks, prints their tables and leaves them in files. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Measure Marrow, beside its peer where it has one.",
            "server: redis-benchmark against Marrow and Debian's redis-server, alternating; another client against these and memcached.",
            "onhost: local clients served inside their own send(), beside redis-server over TCP and over its unix socket, and memcached.",
            "core: one transaction inside the kernel, beside the machine's cost of a cache miss.",
            "drain: the log writer on a full redo ring, beside plain writing of the same bytes.",
            "recovery: starts and checkpoints, beside redis-server's; five minutes, 4 GB of disk, 4 GB of memory.",
            "large: values of 100 KB to 10 MB, and small ones beside them, beside redis-server.",
            "memory: what a key takes in Marrow, redis-server and memcached; a gigabyte of disk, two of memory.",
            "growth: both doors, redis-server and memcached, with more keys, connections, bytes of a value, threads.",
            "jmh: the hot pieces of Java one by one, what they take and what they allocate.",
            "Quiet machine, please: everything else that runs is measured too."})
public final class BenchCommand implements Callable<Integer> {
    /** What can be measured; the words of the command line. */
    enum Kind {
        server("the server door beside redis-server and memcached", "durability, pipelining"),
        onhost("the on-host door beside redis-server over TCP and over its unix socket, and memcached",
                "size of the value, idle and busy cores, pipelining"),
        core("one transaction inside the kernel, beside a cache miss", "number of keys"),
        drain("the log writer on a full ring, beside plain writing", "durability"),
        recovery("starts and checkpoints beside redis-server's, bytes on disk per key", "number of keys"),
        large("large values beside redis-server, and small ones beside large ones", "size of the value, durability"),
        memory("memory of a key beside redis-server's and memcached's", "size of the value, number of keys"),
        growth("both doors, redis-server and memcached", "number of keys, connections, size of the value, threads"),
        jmh("the hot pieces of Java, one by one", "size of a batch");

        private final String what;
        private final String by;

        Kind(String what, String by) {
            this.what = what;
            this.by = by;
        }

        /** What is measured. */
        String what() {
            return what;
        }

        /** What its tables compare: how the numbers grow. */
        String by() {
            return by;
        }
    }

    /** The clients are given five minutes for a run. */
    private static final int SECONDS_MAX = 60;
    private static final int KEYS_MAX = 100_000_000;
    private static final int ROUNDS = 3;
    private static final double SECONDS = 1;
    /** Each of JMH's iterations. */
    private static final double JMH_SECONDS = 1;
    private static final List<Integer> CORE_KEYS = List.of(1_000, 1_000_000);
    private static final int CORE_VALUE_BYTES = 64;
    /** A start with ten million keys takes seconds, and a load has to last for several checkpoints. */
    private static final int RECOVERY_ROUNDS = 1;
    private static final double RECOVERY_SECONDS = 10;
    private static final List<Integer> RECOVERY_KEYS = List.of(1_000_000, 5_000_000, 10_000_000);
    private static final int RECOVERY_VALUE_BYTES = 32;
    private static final List<Integer> LARGE_VALUE_BYTES = List.of(100_000, 1_000_000, 10_000_000);
    /** With six of them, and some that are being replaced, in tier two's gigabyte. */
    private static final int LARGE_VALUE_BYTES_MAX = 100_000_000;
    private static final int LARGE_SMALL_BYTES = 64;
    private static final List<Integer> GROWTH_KEYS = List.of(10_000, 100_000, 1_000_000, 4_000_000);
    /** Our client's own bound. */
    static final int CONNECTIONS_MAX = 10_000;
    private static final int THREADS_MAX = 64;
    private static final List<Integer> MEMORY_KEYS = List.of(1_000_000);
    private static final List<Integer> MEMORY_VALUE_BYTES = List.of(32, 4096);

    @Spec
    private CommandSpec specification;

    @Parameters(arity = "0..*", paramLabel = "WHAT", description = "Any of ${COMPLETION-CANDIDATES} (default: all).")
    private List<Kind> kinds = List.of();

    @Option(names = "--rounds", paramLabel = "N",
            description = "Measurements of each row; medians are reported (default " + ROUNDS + ", recovery: " + RECOVERY_ROUNDS
                    + "; memory: always 1).")
    private Optional<Integer> rounds = Optional.empty();

    @Option(names = "--out", paramLabel = "DIR",
            description = "Where the tables (.md), all samples (.jsonl) and a page that lists them (index.md) go (default ${DEFAULT-VALUE}).")
    private Path out = Path.of("stress/target/bench");

    @Option(names = "--work", paramLabel = "DIR",
            description = "Where logs are written while measuring, on the disk in question; emptied afterwards (default: --out).")
    private Optional<Path> work = Optional.empty();

    @Option(names = "--readme", paramLabel = "FILE",
            description = "Put the overview of all results in --out into this file too, between its lines <!-- " + ResultsIndex.SUBJECT
                    + ": begin --> and <!-- " + ResultsIndex.SUBJECT + ": end -->.")
    private Optional<Path> readme = Optional.empty();

    @Option(names = "--seconds", paramLabel = "S",
            description = "server, onhost, recovery, large, growth, jmh: length of one measurement (default " + SECONDS + ", recovery: " + RECOVERY_SECONDS
                    + ", jmh: " + JMH_SECONDS + ").")
    private Optional<Double> seconds = Optional.empty();

    @Option(names = "--clients", paramLabel = "N", description = "server, onhost, recovery, growth: connections (default ${DEFAULT-VALUE}).")
    private int clients = 50;

    @Option(names = "--keyspace", paramLabel = "N",
            description = "server, onhost, large, growth: (small) keys, all present from the start (default ${DEFAULT-VALUE}).")
    private int keyspace = 100_000;

    @Option(names = "--payload", paramLabel = "BYTES", description = "server, onhost, growth: size of a value (default ${DEFAULT-VALUE}).")
    private int payload = 32;

    @Option(names = "--keys", paramLabel = "N", split = ",",
            description = "core: sizes of the table (default 1000,1000000). recovery: numbers of keys (default 1000000,5000000,10000000)."
                    + " memory: the most keys, as far as they fit a gibibyte (default 1000000). growth: numbers of keys (default"
                    + " 10000,100000,1000000,4000000).")
    private List<Integer> keys = List.of();

    @Option(names = "--value-bytes", paramLabel = "BYTES",
            description = "core, recovery: size of a value (default " + CORE_VALUE_BYTES + ", recovery: " + RECOVERY_VALUE_BYTES + ").")
    private Optional<Integer> valueBytes = Optional.empty();

    @Option(names = "--large-bytes", paramLabel = "BYTES", split = ",",
            description = "large: sizes of values (default 100000,1000000,10000000); the largest are streamed beside small ones.")
    private List<Integer> largeBytes = LARGE_VALUE_BYTES;

    @Option(names = "--memory-bytes", paramLabel = "BYTES", split = ",",
            description = "memory: sizes of values, each alone; a mix of sizes is measured in any case (default 32,4096).")
    private List<Integer> memoryBytes = MEMORY_VALUE_BYTES;

    @Option(names = "--budget", paramLabel = "BYTES",
            description = "memory: the --memory that Marrow is given to be filled (default ${DEFAULT-VALUE}).")
    private long budgetBytes = 256L << 20;

    @Option(names = "--ring", paramLabel = "BYTES",
            description = "drain: size of the redo ring that is filled and drained (default ${DEFAULT-VALUE}).")
    private long ringBytes = 256L << 20;

    @Option(names = "--grow-connections", paramLabel = "N", split = ",", description = "growth: numbers of connections (default 1,10,50,200,1000).")
    private List<Integer> growConnections = List.of(1, 10, 50, 200, 1000);

    @Option(names = "--grow-bytes", paramLabel = "BYTES", split = ",", description = "growth: sizes of a value (default 16,256,4096,65536).")
    private List<Integer> growBytes = List.of(16, 256, 4096, 65_536);

    @Option(names = "--grow-threads", paramLabel = "N", split = ",", description = "growth: event loops of each server (default 1,2).")
    private List<Integer> growThreads = List.of(1, 2);

    @Option(names = "--filter", paramLabel = "REGEX",
            description = "jmh: only benchmarks whose name (package, class and method) matches somewhere (default: all).")
    private Pattern filter = Pattern.compile("");

    @Override
    public Integer call() throws Exception {
        require(rounds.orElse(ROUNDS) >= 1, "--rounds", 1, Integer.MAX_VALUE);
        require(clients >= 1 && clients <= CONNECTIONS_MAX, "--clients", 1, CONNECTIONS_MAX);
        require(keyspace >= 1, "--keyspace", 1, Integer.MAX_VALUE);
        require(seconds.orElse(SECONDS) > 0 && seconds.orElse(SECONDS) <= SECONDS_MAX, "--seconds", 0, SECONDS_MAX);
        require(payload >= 1 && payload <= Abi.VALUE_BYTES_MAX, "--payload", 1, Abi.VALUE_BYTES_MAX);
        require(valueBytes.orElse(0) >= 0 && valueBytes.orElse(0) <= Abi.VALUE_BYTES_MAX, "--value-bytes", 0, Abi.VALUE_BYTES_MAX);
        require(keys.stream().allMatch(count -> count >= 1 && count <= KEYS_MAX), "--keys", 1, KEYS_MAX);
        require(growConnections.stream().allMatch(count -> count >= 1 && count <= CONNECTIONS_MAX), "--grow-connections", 1, CONNECTIONS_MAX);
        require(growBytes.stream().allMatch(bytes -> bytes >= 1 && bytes <= Abi.VALUE_BYTES_MAX), "--grow-bytes", 1, Abi.VALUE_BYTES_MAX);
        require(growThreads.stream().allMatch(count -> count >= 1 && count <= THREADS_MAX), "--grow-threads", 1, THREADS_MAX);
        require(largeBytes.stream().allMatch(bytes -> bytes > Abi.VALUE_BYTES_MAX && bytes <= LARGE_VALUE_BYTES_MAX), "--large-bytes",
                Abi.VALUE_BYTES_MAX + 1, LARGE_VALUE_BYTES_MAX);
        require(memoryBytes.stream().allMatch(bytes -> bytes >= 1 && bytes <= Abi.VALUE_BYTES_MAX), "--memory-bytes", 1, Abi.VALUE_BYTES_MAX);
        require(budgetBytes >= MemoryBench.BUDGET_BYTES_MIN && budgetBytes <= MemoryBench.BUDGET_BYTES_MAX, "--budget",
                MemoryBench.BUDGET_BYTES_MIN, MemoryBench.BUDGET_BYTES_MAX);
        require(Long.bitCount(ringBytes) == 1 && ringBytes >= StoreGeometry.RING_BYTES_MIN && ringBytes <= StoreGeometry.RING_BYTES_MAX,
                "--ring (a power of two)", StoreGeometry.RING_BYTES_MIN, StoreGeometry.RING_BYTES_MAX);
        Doctor.ofThisMachine().require();
        Files.createDirectories(out);
        // Before anything is measured: a file without the marks would be found out after half an hour.
        Optional<MarkedText> marked = readme.isPresent() ? Optional.of(new MarkedText(readme.get(), ResultsIndex.SUBJECT)) : Optional.empty();
        EnumSet<Kind> wanted = kinds.isEmpty() ? EnumSet.allOf(Kind.class) : EnumSet.copyOf(kinds);
        for (Kind kind : wanted) {
            try (Teardown teardown = new Teardown()) {
                Path scratch = teardown.directory(work.orElse(out));
                Report report = new Report(kind.name(), Environment.describe(scratch), System.out);
                measure(kind, scratch, report, teardown);
                System.out.println("\nwritten: " + report.write(out) + ", " + ResultsIndex.write(out));
                if (marked.isPresent()) {
                    ResultsIndex.writeInto(marked.get(), readme.get(), out);
                    System.out.println("written: " + readme.get());
                }
            }
        }
        return 0;
    }

    private void require(boolean holds, String option, long least, long most) {
        if (!holds) {
            throw new ParameterException(specification.commandLine(), option + " must be from " + least + " to " + most);
        }
    }

    private void measure(Kind kind, Path scratch, Report report, Teardown teardown) throws Exception {
        int count = rounds.orElse(ROUNDS);
        Load load = new Load(count, seconds.orElse(SECONDS), clients, keyspace, payload);
        switch (kind) {
            case server -> new ServerBench(load, scratch, report, teardown).run();
            case onhost -> new OnHostBench(load, scratch, report, teardown).run();
            case core -> new CoreBench(keys.isEmpty() ? CORE_KEYS : keys, valueBytes.orElse(CORE_VALUE_BYTES), count, scratch, report, teardown).run();
            case recovery -> new RecoveryBench(new RecoveryBench.Plan(keys.isEmpty() ? RECOVERY_KEYS : keys,
                    valueBytes.orElse(RECOVERY_VALUE_BYTES), rounds.orElse(RECOVERY_ROUNDS), seconds.orElse(RECOVERY_SECONDS), clients),
                    scratch, report, teardown).run();
            case large -> new LargeBench(new LargeBench.Plan(largeBytes, LARGE_SMALL_BYTES, keyspace, count, seconds.orElse(SECONDS)), scratch,
                    report, teardown).run();
            case memory -> new MemoryBench(new MemoryBench.Plan(keys.isEmpty() ? MEMORY_KEYS : keys, memoryBytes, budgetBytes), scratch, report,
                    teardown).run();
            case growth -> new GrowthBench(new GrowthBench.Plan(new GrowthBench.Shape(keyspace, clients, payload, 1), keys.isEmpty() ? GROWTH_KEYS : keys,
                    growConnections, growBytes, growThreads, count, seconds.orElse(SECONDS)), scratch, report, teardown).run();
            case jmh -> new JmhBench(filter, count, seconds.orElse(JMH_SECONDS), scratch, report, teardown).run();
            case drain -> new DrainBench(ringBytes, count, scratch, report, teardown).run();
        }
    }
}
