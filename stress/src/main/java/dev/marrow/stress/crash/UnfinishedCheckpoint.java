package dev.marrow.stress.crash;

import dev.marrow.stress.Trees;
import dev.marrow.wal.LogVerify;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Whether a server that is gone was in the middle of a checkpoint. */
final class UnfinishedCheckpoint {
    private static final Pattern BASE_SEGMENTS = Pattern.compile("base_segments=(\\d+)");

    private UnfinishedCheckpoint() {}

    /** Base segments that the manifest does not name yet, or no more. A checkpoint that had written none is not seen. Changes nothing. */
    static boolean in(Path dir) throws IOException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        // A copy, because this process may be the directory's file system (SectorMount): a thread that waits for a page of a mapping would hold up
        // the JVM's next safepoint, and the thread that should deliver the page would wait for that.
        Path copy = Files.createTempDirectory("marrow-look");
        try {
            // what is in tier two's map, a log does not need, and it is a large file with holes
            Trees.copy(dir, copy.resolve("store"), path -> !path.startsWith(dir.resolve("tier-two")));
            LogVerify.run(copy.resolve("store"), false, new PrintStream(output, true, StandardCharsets.UTF_8));
        } finally {
            Trees.delete(copy);
        }
        Matcher named = BASE_SEGMENTS.matcher(output.toString(StandardCharsets.UTF_8));
        Path base = dir.resolve("base");
        if (!named.find() || !Files.isDirectory(base)) {
            return false;
        }
        try (Stream<Path> files = Files.list(base)) {
            return files.count() != Long.parseLong(named.group(1));
        }
    }
}
