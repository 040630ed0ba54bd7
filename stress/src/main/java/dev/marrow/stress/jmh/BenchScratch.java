package dev.marrow.stress.jmh;

import java.nio.file.Path;

/** Where benchmarks in a JVM of their own put their files: told by whoever starts that JVM, who deletes it afterwards. */
public final class BenchScratch {
    private static final String PROPERTY = "marrow.bench.scratch";

    private BenchScratch() {}

    /** The JVM's flag for it. */
    public static String flag(Path directory) {
        return "-D" + PROPERTY + "=" + directory;
    }

    /** @throws IllegalStateException in a JVM that was not told */
    public static Path directory() {
        String directory = System.getProperty(PROPERTY);
        if (directory == null) {
            throw new IllegalStateException("run benchmarks with ./marrow bench jmh: " + PROPERTY + " is not set");
        }
        return Path.of(directory);
    }
}
