package dev.marrow.stress.load;

import dev.marrow.bpf.Abi;
import dev.marrow.stress.load.KeyChooser.Distribution;
import dev.marrow.stress.load.LoadPlan.Versus;
import dev.marrow.stress.load.OperationSource.ValueSize;
import dev.marrow.wal.Durability;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Option;

/** The options of {@code marrow stress}, and what contradicts what. */
public final class LoadOptions {
    static final int KEYS_MAX = 100_000_000;
    static final int PIPELINE_MAX = 1_000;
    static final int CONNECTIONS_MAX = 1_000;
    /** Each has histograms of some 700 KB a kind of operation. */
    static final int THREADS_MAX = 32;
    static final int RATE_MAX = 10_000_000;
    static final double SECONDS_MIN = 0.1;
    static final int SECONDS_MAX = 3_600;
    static final int WARMUP_SECONDS_MAX = 600;
    static final long OPERATIONS_MAX = 1_000_000_000_000L;
    /** Each round has the next seed. */
    static final long SEED_MAX = Long.MAX_VALUE - 1_000;
    static final int ROUNDS_MAX = 100;
    static final int ROUNDS_DEFAULT = 3;
    static final double SECONDS_DEFAULT = 10;
    static final double WARMUP_DEFAULT = 1;
    static final int CONNECTIONS_DEFAULT = 50;
    /** Of all connections' requests and replies together. */
    static final long BUFFER_BYTES_MAX = 192L << 20;

    @Option(names = "--target", paramLabel = "HOST:PORT",
            description = "The server to load: Marrow, Redis, Valkey. Default: a Marrow that is started for the run, in a"
            + " temporary directory, and leaves nothing behind. Keys key:000000000000 and so on are overwritten. A server that wants a"
            + " password gets the one in the environment, REDISCLI_AUTH.")
    private Optional<String> target = Optional.empty();

    @Option(names = "--vs", paramLabel = "HOST:PORT|redis",
            description = "A second server for the same load, in turns with the first. redis: a redis-server from the PATH,"
            + " started for the run with the same durability.")
    private Optional<String> versus = Optional.empty();

    @Option(names = "--rounds", paramLabel = "N", description = "With --vs: measurements of each server (default " + ROUNDS_DEFAULT + ").")
    private Optional<String> rounds = Optional.empty();

    @Option(names = "--durability", paramLabel = "MODE",
            description = "Of servers that are started for the run: always or everysec (default: always, or what --target is).")
    private Optional<String> durability = Optional.empty();

    @Option(names = "--on-host", paramLabel = "on|off",
            description = "Whether the Marrow that is started serves local clients inside their own send() (default on).")
    private Optional<String> onHost = Optional.empty();

    @Option(names = "--work", paramLabel = "DIR",
            description = "Where servers that are started write their logs, on the disk in question (default: the system's temporary"
            + " directory).")
    private Optional<Path> work = Optional.empty();

    @Option(names = "--workload", paramLabel = "LETTER",
            description = "YCSB's core workloads: a (get=50,set=50; the default), b (get=95,set=5), c (get=100), d (get=95,insert=5),"
            + " e (scan=95,insert=5), f (get=50,rmw=50).")
    private Optional<String> workload = Optional.empty();

    @Option(names = "--mix", paramLabel = "KIND=N,...",
            description = "A mix of one's own out of get, set, insert, scan, rmw, incr, del: get=80,set=15,incr=5.")
    private Optional<String> mix = Optional.empty();

    @Option(names = "--distribution", paramLabel = "NAME",
            description = "Of the keys: uniform, zipfian, latest (default zipfian, for workload d latest).")
    private Optional<String> distribution = Optional.empty();

    @Option(names = "--keys", paramLabel = "N", description = "Records that are there from the beginning (default ${DEFAULT-VALUE}).")
    private String keys = "100000";

    @Option(names = "--value-size", paramLabel = "N|MIN-MAX", description = "Bytes of a value (default ${DEFAULT-VALUE}).")
    private String valueSize = "100";

    @Option(names = "--pipeline", paramLabel = "N", description = "Requests that a connection sends in one write (default ${DEFAULT-VALUE}).")
    private String pipeline = "1";

    @Option(names = "--connections", paramLabel = "N", description = "Default " + CONNECTIONS_DEFAULT + ".")
    private String connections = Integer.toString(CONNECTIONS_DEFAULT);

    @Option(names = "--threads", paramLabel = "N",
            description = "Of the load (default: as many as processors, at most a connection each). As many as connections: each one"
            + " is a plain blocking client.")
    private Optional<String> threads = Optional.empty();

    @Option(names = "--rate", paramLabel = "N",
            description = "Open loop: operations a second, whether the server keeps up or not; latencies count from when an operation"
            + " should have begun. Default: closed loop, the next operation begins when the last is answered.")
    private Optional<String> rate = Optional.empty();

    @Option(names = "--seconds", paramLabel = "S", description = "Length of a measurement (default 10).")
    private Optional<String> seconds = Optional.empty();

    @Option(names = "--operations", paramLabel = "N", description = "So many operations a measurement, instead of --seconds.")
    private Optional<String> operations = Optional.empty();

    @Option(names = "--warmup", paramLabel = "S", description = "Load before each measurement that is not recorded (default 1; with --operations 0).")
    private Optional<String> warmup = Optional.empty();

    @Option(names = "--no-fill", description = "Do not write all records first.")
    private boolean noFill;

    @Option(names = "--seed", paramLabel = "N", description = "The same operations again on each connection. Default: a new one, which is printed.")
    private Optional<String> seed = Optional.empty();

    @Option(names = "--check", description = "Have clients beside the load whose whole history is recorded and checked: linearizable, nothing"
            + " lost, versions that"
            + " rise. Keys check:... are theirs.")
    private boolean check;

    @Option(names = "--chaos", description = "Check, and meanwhile kill the server (-9) and start it again (in always also without its"
            + " tables), freeze it, close all its connections, fill its disk, at random. Only for the Marrow that is started, on a file system"
            + " of its own.")
    private boolean chaos;

    @Option(names = "--json", paramLabel = "FILE", description = "All that was measured.")
    private Optional<Path> json = Optional.empty();

    @Option(names = "--html", paramLabel = "FILE", description = "The same as a page that needs no network.")
    private Optional<Path> html = Optional.empty();

    /** @throws IllegalArgumentException something is out of range, or contradicts something else */
    LoadPlan plan() {
        Optional<Versus> second = versus.map(Versus::parse);
        refuse(workload.isPresent() && mix.isPresent(), "--workload and --mix exclude each other");
        refuse(seconds.isPresent() && operations.isPresent(), "--seconds and --operations exclude each other");
        refuse(rounds.isPresent() && second.isEmpty(), "--rounds needs --vs: rounds alternate between two servers");
        refuse(target.isPresent() && onHost.isPresent(), "--on-host is for the Marrow that is started here; with --target none is");
        refuse(chaos && target.isPresent(), "--chaos kills the server: it is for the Marrow that is started here; with --target none is");
        refuse(chaos && second.isPresent(), "--chaos and --vs exclude each other: nobody compares servers that are killed");
        boolean starts = target.isEmpty() || second.isPresent() && second.get() instanceof Versus.StartedRedis;
        refuse(!starts && durability.isPresent(), "--durability is for servers that are started here; with --target and --vs HOST:PORT none is");
        refuse(!starts && work.isPresent(), "--work is for servers that are started here; with --target and --vs HOST:PORT none is");
        int keyCount = (int) whole("--keys", keys, 1, KEYS_MAX);
        int batch = (int) whole("--pipeline", pipeline, 1, PIPELINE_MAX);
        int lines = (int) whole("--connections", connections, 1, CONNECTIONS_MAX);
        int threadsDefault = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, Math.min(lines, THREADS_MAX));
        int workers = threads.map(text -> (int) whole("--threads", text, 1, THREADS_MAX)).orElse(threadsDefault);
        refuse(workers > lines, "--threads " + workers + " is more than --connections " + lines);
        int turns = rounds.map(text -> (int) whole("--rounds", text, 1, ROUNDS_MAX)).orElse(second.isPresent() ? ROUNDS_DEFAULT : 1);
        double perSecond = rate.map(text -> number("--rate", text, 1, RATE_MAX)).orElse(0.0);
        double length = seconds.map(text -> number("--seconds", text, SECONDS_MIN, SECONDS_MAX)).orElse(SECONDS_DEFAULT);
        long count = operations.map(text -> whole("--operations", text, 1, OPERATIONS_MAX)).orElse(Long.MAX_VALUE);
        double warm = warmup.map(text -> number("--warmup", text, 0, WARMUP_SECONDS_MAX)).orElse(operations.isPresent() ? 0 : WARMUP_DEFAULT);
        refuse(warm > 0 && operations.isPresent(), "--warmup is a time, and --operations counts every operation: leave one of them out");
        long first = seed.map(text -> whole("--seed", text, Long.MIN_VALUE, Long.MAX_VALUE))
                .orElseGet(() -> ThreadLocalRandom.current().nextLong(SEED_MAX));
        Mix chosen = chosenMix();
        ValueSize values = values();
        refuse(chosen.has(OperationKind.RMW) && batch > 1,
                "a read-modify-write waits for its own read: " + (mix.isPresent() ? "rmw" : "--workload f") + " needs --pipeline 1");
        buffers(chosen, values, batch, lines);
        json.ifPresent(file -> requireDirectory("--json", file));
        html.ifPresent(file -> requireDirectory("--html", file));
        refuse(json.isPresent() && json.equals(html), "--json and --html name the same file");
        Optional<Address> server = target.map(text -> Address.parse("--target", text));
        refuse(server.isPresent() && second.isPresent() && second.get() instanceof Versus.Running(Address other) && other.equals(server.get()),
                "--vs names the server of --target");
        return new LoadPlan(mix.isPresent() ? Optional.empty() : Optional.of(letter()), chosen, distribution(), keyCount, values, batch, lines,
                workers, perSecond, operations.isPresent() ? 0 : length, count, warm, first, !noFill, server, second, turns,
                durability.map(LoadOptions::durability), onHost(), work.orElse(Path.of(System.getProperty("java.io.tmpdir"))), check || chaos,
                chaos, json, html);
    }

    private static void refuse(boolean contradiction, String message) {
        if (contradiction) {
            throw new IllegalArgumentException(message);
        }
    }

    private static long whole(String option, String text, long least, long most) {
        try {
            long value = Long.parseLong(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException notANumber) {
            // the same message
        }
        throw new IllegalArgumentException(option + " must be a whole number from " + least + " to " + most + ", not " + text);
    }

    private static double number(String option, String text, double least, double most) {
        try {
            double value = Double.parseDouble(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException notANumber) {
            // the same message
        }
        throw new IllegalArgumentException(option + " must be a number from " + LoadPlan.number(least) + " to " + LoadPlan.number(most) + ", not "
                + text);
    }

    private String letter() {
        return workload.orElse("a").toLowerCase(Locale.ROOT);
    }

    private Mix chosenMix() {
        try {
            return mix.isPresent() ? Mix.parse(mix.get())
                    : Mix.ycsb(letter()).orElseThrow(
                            () -> new IllegalArgumentException("--workload must be a, b, c, d, e or f, not " + workload.orElse("")));
        } catch (IllegalArgumentException malformed) {
            throw mix.isPresent() ? new IllegalArgumentException("--mix: " + malformed.getMessage(), malformed) : malformed;
        }
    }

    private Distribution distribution() {
        return distribution.map(word -> Distribution.of(word).orElseThrow(
                () -> new IllegalArgumentException("--distribution must be uniform, zipfian or latest, not " + word)))
                .orElse(mix.isEmpty() && letter().equals("d") ? Distribution.LATEST : Distribution.ZIPFIAN);
    }

    private ValueSize values() {
        String[] ends = valueSize.split("-", -1);
        try {
            int least = Integer.parseInt(ends[0]);
            int most = Integer.parseInt(ends[ends.length - 1]);
            if (ends.length <= 2 && least >= 1 && least <= most && most <= Abi.VALUE_BYTES_MAX) {
                return new ValueSize(least, most);
            }
        } catch (NumberFormatException notANumber) {
            // the same message
        }
        throw new IllegalArgumentException("--value-size must be a number from 1 to " + Abi.VALUE_BYTES_MAX + ", or two like 10-1000, not "
                + valueSize);
    }

    private static void buffers(Mix chosen, ValueSize values, int batch, int lines) {
        long each = (long) batch * RequestEncoder.operationBytesMax(chosen, values.max()) + Session.IN_BYTES
                + (chosen.has(OperationKind.RMW) ? values.max() : 0);
        refuse(each * lines > BUFFER_BYTES_MAX, String.format(Locale.ROOT,
                "%d connections that send %d operations of up to %,d bytes at once need %,d MiB of"
                + " buffers, more than %,d MiB: lower --connections, --pipeline or --value-size", lines, batch, values.max(), each * lines >> 20,
                BUFFER_BYTES_MAX >> 20));
    }

    private static void requireDirectory(String option, Path file) {
        Path parent = file.toAbsolutePath().getParent();
        refuse(parent == null || !Files.isDirectory(parent), option + " " + file + ": there is no such directory");
        refuse(Files.isDirectory(file), option + " " + file + " is a directory");
    }

    private static Durability durability(String word) {
        try {
            return Durability.parse(word);
        } catch (IllegalArgumentException unknown) {
            throw new IllegalArgumentException("--durability must be always or everysec, not " + word, unknown);
        }
    }

    private boolean onHost() {
        String word = onHost.orElse("on");
        refuse(!word.equals("on") && !word.equals("off"), "--on-host must be on or off, not " + word);
        return word.equals("on");
    }
}
