package dev.marrow.stress.compat;

import dev.marrow.stress.Trees;
import dev.marrow.stress.bench.Teardown;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Redis's own tests, run from outside against a server that is there already. */
final class RedisTests {
    /** The harness ends a test that takes longer. */
    private static final int TEST_SECONDS_MAX = 60;
    private static final int UNIT_SECONDS_MAX = 600;
    /** One database; no replica to compare with; no DEBUG. */
    private static final List<String> FIXED_OPTIONS =
            List.of("--singledb", "--durable", "--tags", "-needs:repl -needs:debug", "--timeout", Integer.toString(TEST_SECONDS_MAX));

    private static final List<String> HARNESS = List.of("tclsh", "tests/test_helper.tcl");

    private final List<String> harness;
    private final Path tree;
    private final Path scratch;
    private final Teardown teardown;
    private final int unitSecondsMax;

    /**
     * Uses a tree of Redis's sources.
     *
     * @param scratch directory for lists and outputs
     */
    RedisTests(Path tree, Path scratch, Teardown teardown) {
        this(HARNESS, tree, scratch, teardown, UNIT_SECONDS_MAX);
    }

    RedisTests(List<String> harness, Path tree, Path scratch, Teardown teardown, int unitSecondsMax) {
        this.harness = harness;
        this.tree = tree;
        this.scratch = scratch;
        this.teardown = teardown;
        this.unitSecondsMax = unitSecondsMax;
    }

    /**
     * Runs one file of tests. It always ends: what hangs is killed.
     *
     * @param skipped exact names of tests that are not to be run
     */
    UnitResult run(String unit, int port, Set<String> skipped) throws IOException, InterruptedException {
        Path skipFile = Files.createTempFile(scratch, "skip-", ".txt");
        Files.write(skipFile, skipped);
        List<String> command = new ArrayList<>(harness);
        command.addAll(List.of("--host", "127.0.0.1", "--port", Integer.toString(port), "--single", unit, "--skipfile", skipFile.toString()));
        command.addAll(FIXED_OPTIONS);
        Path output = Files.createTempFile(scratch, "output-", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).directory(tree.toFile()).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("TERM", "dumb"); // or it writes colours
        Process process = builder.start();
        teardown.add(() -> destroy(process));
        boolean ended = process.waitFor(unitSecondsMax, TimeUnit.SECONDS);
        destroy(process);
        // Tests write any bytes into it.
        UnitResult result = UnitResult.parse(unit, Files.readString(output, StandardCharsets.ISO_8859_1).lines().toList());
        return ended ? result : result.endedBecause("no end within " + unitSecondsMax + " s");
    }

    /** The harness runs the tests in a second process. */
    private static void destroy(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** Deletes what the harness writes beside the tests. */
    void cleanUp() throws IOException {
        Path written = tree.resolve("tests/tmp");
        if (Files.isDirectory(written)) {
            Trees.delete(written);
        }
        Files.createDirectories(written);
    }
}
