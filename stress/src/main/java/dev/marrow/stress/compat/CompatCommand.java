package dev.marrow.stress.compat;

import dev.marrow.stress.MarkedText;
import dev.marrow.stress.bench.ServerProcess;
import dev.marrow.stress.bench.Teardown;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code marrow test compat}: Redis's own tests against Marrow, and beside it against redis-server. */
@Command(name = "compat", mixinStandardHelpOptions = true, description = {
        "Run the tests of the installed redis-server's own sources, which are fetched by apt, against a new Marrow and a new redis-server.",
        "Exit code 0: all tests passed but those that the list of skipped tests names, and as many as the list demands; 1: else. Needs root."})
public final class CompatCommand implements Callable<Integer> {
    private static final String SUBJECT = "compat";

    /** Which of its doors Marrow has open. */
    enum OnHost { on, off, both }

    /** The words that both servers have. */
    enum Durability { everysec, always }

    @Option(names = "--on-host", paramLabel = "on|off|both", description = "Marrow's on-host door; both: one run each (default ${DEFAULT-VALUE}).")
    private OnHost onHost = OnHost.on;

    @Option(names = "--durability", paramLabel = "MODE", description = "everysec or always, of both servers (default ${DEFAULT-VALUE}).")
    private Durability durability = Durability.everysec;

    @Option(names = "--no-redis", negatable = true, description = "With (default) or without redis-server beside it.")
    private boolean redis = true;

    @Option(names = "--redis-sources", paramLabel = "DIR", description = "Sources of Redis 7.0 to use instead of fetched ones.")
    private Optional<Path> sources = Optional.empty();

    @Option(names = "--out", paramLabel = "FILE", description = "Text file; the tables replace what is between its lines '<!-- " + SUBJECT
            + ": begin -->' and '<!-- " + SUBJECT + ": end -->'.")
    private Optional<Path> out = Optional.empty();

    @Override
    public Integer call() throws IOException, InterruptedException {
        SkipList list = SkipList.committed();
        Optional<MarkedText> text = out.isPresent() ? Optional.of(new MarkedText(out.get(), SUBJECT)) : Optional.empty();
        Path tree = sources.isPresent() ? sources.get() : RedisSource.fetch(ownDirectory().resolve("redis"));
        List<Side> sides = new ArrayList<>();
        try (Teardown teardown = new Teardown()) {
            Path scratch = teardown.directory(Path.of(System.getProperty("java.io.tmpdir")));
            RedisTests tests = new RedisTests(tree, scratch, teardown);
            for (OnHost door : onHost == OnHost.both ? List.of(OnHost.on, OnHost.off) : List.of(onHost)) {
                try (ServerProcess marrow = ServerProcess.marrow(durability.name(), door == OnHost.on, scratch.resolve("marrow-" + door), teardown)) {
                    sides.add(run("Marrow, on-host " + door, true, marrow, tests, list));
                }
            }
            if (redis) {
                try (ServerProcess peer = ServerProcess.redis(durability.name(), scratch.resolve("redis"), teardown)) {
                    sides.add(run("redis-server", false, peer, tests, list));
                }
            }
            tests.cleanUp();
        }
        List<String> complaints = Verdict.complaints(list, sides);
        List<String> report = report(list, sides);
        report.forEach(System.out::println);
        System.out.println();
        complaints.forEach(complaint -> System.out.println("finding: " + complaint));
        System.out.println(complaints.isEmpty() ? "passed" : "not passed: " + complaints.size() + " findings");
        if (text.isPresent()) {
            text.get().replace(report);
        }
        return complaints.isEmpty() ? 0 : 1;
    }

    private static Side run(String name, boolean required, ServerProcess server, RedisTests tests, SkipList list)
            throws IOException, InterruptedException {
        List<UnitResult> results = new ArrayList<>();
        for (String unit : list.units()) {
            UnitResult result = tests.run(unit, server.port(), list.names(unit));
            System.out.printf("%s, %s: %d passed, %d failed%s%n", name, unit, result.passed().size(), result.failed().size(),
                    result.unfinished().map(why -> ", not finished: " + why).orElse(""));
            results.add(result);
        }
        return new Side(name, required, results);
    }

    private List<String> report(SkipList list, List<Side> sides) {
        List<String> lines = new ArrayList<>();
        lines.add("A run of " + LocalDate.now() + ", kernel " + System.getProperty("os.version") + ", durability " + durability + ":");
        lines.add("");
        lines.add("    ./marrow test compat --on-host " + onHost + " --durability " + durability + (redis ? "" : " --no-redis")
                + out.map(file -> " --out " + file).orElse(""));
        lines.add("");
        lines.addAll(CompatTable.text(list, sides));
        return lines;
    }

    /** Where this class was built: inside the source tree, whose {@code target} git ignores. */
    private static Path ownDirectory() {
        return Path.of(CompatCommand.class.getProtectionDomain().getCodeSource().getLocation().getPath()).getParent();
    }
}
