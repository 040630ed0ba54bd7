package dev.marrow.stress.load;

import dev.marrow.engine.doctor.Doctor;
import dev.marrow.stress.bench.Environment;
import dev.marrow.stress.bench.ServerPair;
import dev.marrow.stress.bench.Teardown;
import dev.marrow.stress.bench.TimedServer;
import dev.marrow.stress.bench.Turns;
import dev.marrow.stress.crash.DiskFiller;
import dev.marrow.stress.crash.LoopFileSystem;
import dev.marrow.stress.load.LoadPlan.Versus;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** A whole run: the servers, their records, the rounds, the report. */
public final class StressRun {
    /** In the environment: the password of the servers that run already, as for redis-cli. An option would be there for all users to see. */
    static final String PASSWORD_VARIABLE = "REDISCLI_AUTH";
    /** Records are written in batches of so many, or of so many bytes. */
    private static final int FILL_PIPELINE = 200;
    private static final int FILL_BATCH_BYTES_MAX = 1 << 18;
    private static final int FILL_CONNECTIONS_MAX = 4;
    /** Room for the keys that are checked: most of them are SETNX races, each a new key, deleted at the end of a round. */
    private static final int CHECKED_KEYS = 20_000;
    /**
     * File system of a server whose disk will be full: old and new base, a log that may grow as large as the base before there is a new one and again
     * while that is written, twice over; and what else there is. The image takes what is used.
     */
    private static final long DISK_BYTES_LEAST = 2L << 30;
    private static final int DISK_BY_MEMORY = 8;

    private final LoadPlan plan;
    private final Optional<String> password;
    private final PrintStream out;
    private final PrintStream progress;
    private final Chaos.BeforeColdStart beforeColdStart;
    private volatile boolean interrupted;
    private Optional<Victim> victim = Optional.empty();

    /** The Marrow that chaos comes to. */
    private record Victim(TimedServer server, DiskFiller disk, Durability durability) {}

    private StressRun(LoadPlan plan, Optional<String> password, PrintStream out, PrintStream progress, Chaos.BeforeColdStart beforeColdStart) {
        this.plan = plan;
        this.password = password.map(StressRun::asSent);
        this.out = out;
        this.progress = progress;
        this.beforeColdStart = beforeColdStart;
    }

    /**
     * Runs what the options say.
     *
     * @param out gets the table
     * @param progress gets all else
     * @return 0; 1 after errors, 2 for wrong arguments
     * @throws IOException a server does not start or does not answer
     */
    public static int run(LoadOptions options, PrintStream out, PrintStream progress) throws IOException, InterruptedException {
        return run(options, Optional.ofNullable(System.getenv(PASSWORD_VARIABLE)), out, progress, directory -> { });
    }

    /**
     * The same.
     *
     * @param password of servers that run already and want one
     * @param beforeColdStart what is done to the data before each cold start
     */
    static int run(LoadOptions options, Optional<String> password, PrintStream out, PrintStream progress, Chaos.BeforeColdStart beforeColdStart)
            throws IOException, InterruptedException {
        LoadPlan plan;
        try {
            plan = options.plan();
        } catch (IllegalArgumentException wrong) {
            progress.println("marrow: " + wrong.getMessage());
            return 2;
        }
        return new StressRun(plan, password, out, progress, beforeColdStart).run();
    }

    private int run() throws IOException, InterruptedException {
        progress.println(plan.command());
        progress.println(plan.describe());
        if (plan.chaos()) {
            progress.println(Chaos.describe(ownDurability()));
        }
        try (Teardown teardown = new Teardown()) {
            Files.createDirectories(plan.work());
            LoadResult result = new LoadResult(plan, Environment.describe(plan.work()), peers(teardown));
            // Undone first: a run that is told to stop must not tell of the connections that it loses by that.
            teardown.add(() -> interrupted = true);
            return run(result);
        }
    }

    private int run(LoadResult result) throws IOException, InterruptedException {
        try {
            for (Peer peer : result.peers()) {
                fill(peer);
            }
            measure(result.peers());
            return report(result);
        } catch (IOException | IllegalStateException failure) {
            if (interrupted) {
                return 1;
            }
            throw failure;
        }
    }

    private List<Peer> peers(Teardown teardown) throws IOException, InterruptedException {
        boolean startsRedis = plan.versus().isPresent() && plan.versus().get() instanceof Versus.StartedRedis;
        if (startsRedis) {
            ServerPair.requireInstalled("redis-server");
        }
        List<Peer> peers = new ArrayList<>();
        if (plan.target().isPresent()) {
            peers.add(Peer.of(plan.target().get().resolve(), password, plan.keys()));
        } else {
            peers.add(Peer.of(startMarrow(teardown), Optional.empty(), plan.keys()));
        }
        if (startsRedis) {
            Durability durability = plan.durability().or(() -> peers.getFirst().durability().map(Durability::parse)).orElse(Durability.ALWAYS);
            peers.add(Peer.of(start(TimedServer.redis(durability, directory(teardown).resolve("redis"), teardown)), Optional.empty(), plan.keys()));
        } else if (plan.versus().isPresent() && plan.versus().get() instanceof Versus.Running(Address other)) {
            peers.add(Peer.of(other.resolve(), password, plan.keys()));
        }
        return peers.size() == 2 && peers.get(0).label().equals(peers.get(1).label())
                ? peers.stream().map(peer -> peer.renamed(peer.label() + " at " + peer.server())).toList() : peers;
    }

    private static String asSent(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private Durability ownDurability() {
        return plan.durability().orElse(Durability.ALWAYS);
    }

    /** With room for what the mix can add: inserted records and counters, as many as there are records. */
    private InetSocketAddress startMarrow(Teardown teardown) throws IOException, InterruptedException {
        Doctor.ofThisMachine().require();
        long all = plan.keys();
        all += plan.mix().has(OperationKind.INSERT) ? plan.keys() : 0;
        all += plan.mix().has(OperationKind.INCR) ? plan.keys() : 0;
        all += plan.check() ? CHECKED_KEYS : 0;
        int keys = Math.toIntExact(all);
        if (plan.chaos()) {
            return startVictim(keys, teardown);
        }
        return start(TimedServer.marrow(ownDurability(), keys, plan.values().max(), plan.onHost(), directory(teardown).resolve("marrow"), teardown));
    }

    /** On a disk that can be full without anybody else noticing. */
    private InetSocketAddress startVictim(int keys, Teardown teardown) throws IOException, InterruptedException {
        Path directory = directory(teardown);
        int valueBytes = plan.values().max();
        LoopFileSystem fileSystem = LoopFileSystem.ownedBy(teardown::add, directory, "ext4",
                DISK_BYTES_LEAST + DISK_BY_MEMORY * TimedServer.memoryBytes(keys, valueBytes));
        TimedServer server = TimedServer.compactedMarrow(ownDurability(), keys, valueBytes, plan.onHost(), fileSystem.mountPoint().resolve("marrow"),
                directory.resolve("marrow.out"), teardown);
        victim = Optional.of(new Victim(server, new DiskFiller(fileSystem.mountPoint()), ownDurability()));
        return start(server);
    }

    private Path directory(Teardown teardown) throws IOException {
        return teardown.directory(plan.work());
    }

    private static InetSocketAddress start(TimedServer server) throws IOException, InterruptedException {
        server.startEmpty();
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
    }

    private void fill(Peer peer) throws IOException, InterruptedException {
        if (!plan.fill()) {
            return;
        }
        Mix sets = new Mix(Map.of(OperationKind.SET, 1));
        int batch = Math.clamp(FILL_BATCH_BYTES_MAX / RequestEncoder.operationBytesMax(sets, plan.values().max()), 1, FILL_PIPELINE);
        int connections = Math.min(plan.connections(), FILL_CONNECTIONS_MAX);
        LoadRun.Shape shape = new LoadRun.Shape(sets, random -> OperationSource.fill(plan.values(), random), plan.values().max(), batch, connections,
                Math.min(plan.threads(), connections), 0, 0, plan.keys(), 0, plan.seed(), peer.rmw(), false, plan.keys(), false);
        long[] written = {0};
        Measurement filled = new LoadRun(shape, peer.server()).run(interval -> {
            written[0] += interval.all().operations();
            tell(String.format(Locale.ROOT, "%s: %,d of %,d records written (%d %%)", peer.label(), written[0], plan.keys(),
                    100 * written[0] / plan.keys()));
        });
        if (filled.allErrors() > 0) {
            throw new IOException(peer.label() + ": not all records could be written: " + String.join("; ", filled.texts()));
        }
        tell(String.format(Locale.ROOT, "%s: %,d records in %.1f s", peer.label(), plan.keys(), filled.seconds()));
    }

    private void measure(List<Peer> peers) throws IOException, InterruptedException {
        for (int round = 0; round < plan.rounds(); round++) {
            for (Peer peer : Turns.of(peers, round)) {
                String prefix = plan.rounds() == 1 ? peer.label() : String.format(Locale.ROOT, "round %d of %d, %s", round + 1, plan.rounds(),
                        peer.label());
                measure(peer, round, prefix);
            }
        }
    }

    private void measure(Peer peer, int round, String prefix) throws IOException, InterruptedException {
        boolean complete = plan.fill() && !plan.mix().has(OperationKind.DEL);
        LoadRun.Shape shape = new LoadRun.Shape(plan.mix(), random -> source(peer, random), plan.values().max(), plan.pipeline(), plan.connections(),
                plan.threads(), plan.rate(), plan.seconds(), plan.operations(), plan.warmupSeconds(), plan.seed() + round, peer.rmw(), complete,
                plan.keys(), plan.chaos());
        Optional<Commands> before = peer.commandsNow();
        SplittableRandom random = new SplittableRandom(plan.seed() + round);
        Optional<Chaos> chaos = victim.map(
                own -> new Chaos(own.server(), own.disk(), own.durability(), peer.server(), random.split(), beforeColdStart));
        Optional<Checking> checking = plan.check() ? Optional.of(new Checking(peer, chaos, random.split())) : Optional.empty();
        try (Progress seconds = new Progress(prefix, peer, progress)) {
            peer.add(new LoadRun(shape, peer.server()).run(interval -> {
                if (!interrupted) {
                    seconds.accept(interval);
                }
            }));
        } finally {
            if (checking.isPresent()) {
                peer.checked(checking.get().end());
            }
        }
        chaos.ifPresent(peer::suffered);
        Optional<Commands> after = lost(peer) ? Optional.empty() : peer.commandsNow();
        if (before.isPresent() && after.isPresent()) {
            peer.add(after.get().since(before.get()));
        }
    }

    private OperationSource source(Peer peer, SplittableRandom random) {
        return OperationSource.mixed(plan.mix(), KeyChooser.of(plan.distribution(), peer.records()), peer.records(), plan.values(), random);
    }

    /** A server that lost connections may be gone, and what it counted with it. */
    private static boolean lost(Peer peer) {
        return peer.measurements().getLast().lostConnections() > 0;
    }

    private void tell(String text) {
        if (!interrupted) {
            progress.println(text);
        }
    }

    private int report(LoadResult result) throws IOException {
        if (interrupted) {
            return 1;
        }
        out.println();
        LoadTable.lines(result).forEach(out::println);
        if (plan.json().isPresent()) {
            Files.writeString(plan.json().get(), LoadJson.text(result) + "\n");
            progress.println("written: " + plan.json().get());
        }
        if (plan.html().isPresent()) {
            Files.writeString(plan.html().get(), LoadHtml.text(result));
            progress.println("written: " + plan.html().get());
        }
        return result.errors() == 0 && result.peers().stream().allMatch(peer -> peer.findings().clean()) ? 0 : 1;
    }
}
