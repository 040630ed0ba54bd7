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
    /** Each has histograms of some 2 MB a kind of operation. */
    static final int THREADS_MAX = 32;
    static final int RATE_MAX = 10_000_000;
    static final int SECONDS_MAX = 3_600;
    static final int WARMUP_SECONDS_MAX = 600;
    static final long OPERATIONS_MAX = 1_000_000_000_000L;
    static final int ROUNDS_MAX = 100;
    static final int ROUNDS_DEFAULT = 3;
    static final double SECONDS_DEFAULT = 10;
    static final double WARMUP_DEFAULT = 1;
    static final int CONNECTIONS_DEFAULT = 50;
    /** Of all connections' requests and replies together. */
    static final long BUFFER_BYTES_MAX = 192L << 20;

    @Option(names = "--target", paramLabel = "HOST:PORT", description = "The server to load: Marrow, Redis, Valkey. Default: a Marrow that is started for the run, in a"
            + " temporary directory, and leaves nothing behind. Keys key:000000000000 and so on are overwritten.")
    private Optional<String> target = Optional.empty();

    @Option(names = "--vs", paramLabel = "HOST:PORT|redis", description = "A second server for the same load, in turns with the first. redis: a redis-server from the PATH,"
            + " started for the run with the same durability.")
    private Optional<String> versus = Optional.empty();

    @Option(names = "--rounds", paramLabel = "N", description = "With --vs: measurements of each server (default " + ROUNDS_DEFAULT + ").")
    private Optional<Integer> rounds = Optional.empty();

    @Option(names = "--durability", paramLabel = "MODE", description = "Of servers that are started for the run: always or everysec (default: always, or what --target is).")
    private Optional<String> durability = Optional.empty();

    @Option(names = "--on-host", paramLabel = "on|off", description = "Whether the Marrow that is started serves local clients inside their own send() (default on).")
    private Optional<String> onHost = Optional.empty();

    @Option(names = "--work", paramLabel = "DIR", description = "Where servers that are started write their logs, on the disk in question (default: the system's temporary"
            + " directory).")
    private Optional<Path> work = Optional.empty();

    @Option(names = "--workload", paramLabel = "LETTER", description = "YCSB's core workloads: a (get=50,set=50; the default), b (get=95,set=5), c (get=100), d (get=95,insert=5),"
            + " e (scan=95,insert=5), f (get=50,rmw=50).")
    private Optional<String> workload = Optional.empty();

    @Option(names = "--mix", paramLabel = "KIND=N,...", description = "A mix of one's own out of get, set, insert, scan, rmw, incr, del: get=80,set=15,incr=5.")
    private Optional<String> mix = Optional.empty();

    @Option(names = "--distribution", paramLabel = "NAME", description = "Of the keys: uniform, zipfian, latest (default zipfian, for workload d latest).")
    private Optional<String> distribution = Optional.empty();

    @Option(names = "--keys", paramLabel = "N", description = "Records that are there from the beginning (default ${DEFAULT-VALUE}).")
    private int keys = 100_000;

    @Option(names = "--value-size", paramLabel = "N|MIN-MAX", description = "Bytes of a value (default ${DEFAULT-VALUE}).")
    private String valueSize = "100";

    @Option(names = "--pipeline", paramLabel = "N", description = "Requests that a connection sends in one write (default ${DEFAULT-VALUE}).")
    private int pipeline = 1;

    @Option(names = "--connections", paramLabel = "N", description = "Default " + CONNECTIONS_DEFAULT + ".")
    private int connections = CONNECTIONS_DEFAULT;

    @Option(names = "--threads", paramLabel = "N", description = "Of the load (default: as many as processors, at most a connection each). As many as connections: each one"
            + " is a plain blocking client.")
    private Optional<Integer> threads = Optional.empty();

    @Option(names = "--rate", paramLabel = "N", description = "Open loop: operations a second, whether the server keeps up or not; latencies count from when an operation"
            + " should have begun. Default: closed loop, the next operation begins when the last is answered.")
    private Optional<Double> rate = Optional.empty();

    @Option(names = "--seconds", paramLabel = "S", description = "Length of a measurement (default 10).")
    private Optional<Double> seconds = Optional.empty();

    @Option(names = "--operations", paramLabel = "N", description = "So many operations a measurement, instead of --seconds.")
    private Optional<Long> operations = Optional.empty();

    @Option(names = "--warmup", paramLabel = "S", description = "Load before each measurement that is not recorded (default 1; with --operations 0).")
    private Optional<Double> warmup = Optional.empty();

    @Option(names = "--no-fill", description = "Do not write all records first.")
    private boolean noFill;

    @Option(names = "--seed", paramLabel = "N", description = "The same operations again on each connection. Default: a new one, which is printed.")
    private Optional<Long> seed = Optional.empty();

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
        boolean starts = target.isEmpty() || second.isPresent() && second.get() instanceof Versus.StartedRedis;
        refuse(!starts && durability.isPresent(), "--durability is for servers that are started here; with --target and --vs HOST:PORT none is");
        refuse(!starts && work.isPresent(), "--work is for servers that are started here; with --target and --vs HOST:PORT none is");
        range("--keys", keys, 1, KEYS_MAX);
        range("--pipeline", pipeline, 1, PIPELINE_MAX);
        range("--connections", connections, 1, CONNECTIONS_MAX);
        threads.ifPresent(count -> range("--threads", count, 1, THREADS_MAX));
        refuse(threads.orElse(1) > connections, "--threads " + threads.orElse(1) + " is more than --connections " + connections);
        rounds.ifPresent(count -> range("--rounds", count, 1, ROUNDS_MAX));
        rate.ifPresent(perSecond -> range("--rate", perSecond, 1, RATE_MAX));
        seconds.ifPresent(length -> range("--seconds", length, 0.1, SECONDS_MAX));
        operations.ifPresent(count -> range("--operations", count, 1, OPERATIONS_MAX));
        warmup.ifPresent(length -> range("--warmup", length, 0, WARMUP_SECONDS_MAX));
        refuse(warmup.orElse(0.0) > 0 && operations.isPresent(), "--warmup is a time, and --operations counts every operation: leave one of them out");
        Mix chosen = chosenMix();
        ValueSize values = values();
        refuse(chosen.has(OperationKind.RMW) && pipeline > 1,
                "a read-modify-write waits for its own read: " + (mix.isPresent() ? "rmw" : "--workload f") + " needs --pipeline 1");
        buffers(chosen, values);
        json.ifPresent(file -> requireDirectory("--json", file));
        html.ifPresent(file -> requireDirectory("--html", file));
        refuse(json.isPresent() && json.equals(html), "--json and --html name the same file");
        Optional<Address> first = target.map(text -> Address.parse("--target", text));
        refuse(first.isPresent() && second.isPresent() && second.get() instanceof Versus.Running(Address other) && other.equals(first.get()),
                "--vs names the server of --target");
        return new LoadPlan(mix.isPresent() ? Optional.empty() : Optional.of(letter()), chosen, distribution(), keys, values, pipeline, connections,
                threads.orElse(Math.clamp(Runtime.getRuntime().availableProcessors(), 1, Math.min(connections, THREADS_MAX))), rate.orElse(0.0),
                operations.isPresent() ? 0 : seconds.orElse(SECONDS_DEFAULT), operations.orElse(Long.MAX_VALUE),
                operations.isPresent() ? 0 : warmup.orElse(WARMUP_DEFAULT), seed.orElseGet(() -> ThreadLocalRandom.current().nextLong(Long.MAX_VALUE)),
                !noFill, first, second, second.isPresent() ? rounds.orElse(ROUNDS_DEFAULT) : 1, durability.map(LoadOptions::durability), onHost(),
                work.orElse(Path.of(System.getProperty("java.io.tmpdir"))), json, html);
    }

    private static void refuse(boolean contradiction, String message) {
        if (contradiction) {
            throw new IllegalArgumentException(message);
        }
    }

    private static void range(String option, double value, double least, double most) {
        refuse(!(value >= least && value <= most), option + " must be from " + LoadPlan.number(least) + " to " + LoadPlan.number(most) + ", not "
                + LoadPlan.number(value));
    }

    private String letter() {
        return workload.orElse("a").toLowerCase(Locale.ROOT);
    }

    private Mix chosenMix() {
        try {
            return mix.isPresent() ? Mix.parse(mix.get())
                    : Mix.ycsb(letter()).orElseThrow(() -> new IllegalArgumentException("--workload must be a, b, c, d, e or f, not " + workload.orElse("")));
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
        throw new IllegalArgumentException("--value-size must be a number from 1 to " + Abi.VALUE_BYTES_MAX + ", or two like 10-1000, not " + valueSize);
    }

    private void buffers(Mix chosen, ValueSize values) {
        long each = (long) pipeline * RequestEncoder.operationBytesMax(chosen, values.max()) + Session.IN_BYTES
                + (chosen.has(OperationKind.RMW) ? values.max() : 0);
        refuse(each * connections > BUFFER_BYTES_MAX, String.format(Locale.ROOT,
                "%d connections that send %d operations of up to %,d bytes at once need %,d MiB of buffers, more than %,d MiB: lower --connections, --pipeline or"
                        + " --value-size", connections, pipeline, values.max(), each * connections >> 20, BUFFER_BYTES_MAX >> 20));
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
