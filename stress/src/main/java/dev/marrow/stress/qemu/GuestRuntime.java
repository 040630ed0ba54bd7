package dev.marrow.stress.qemu;

import dev.marrow.stress.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a guest runs: our class path without what only tests bring, a JVM that has only the modules for it, and the native libraries of both. */
final class GuestRuntime {
    private static final String TESTS = ".*(/test-classes|/org/junit/|/opentest4j|/apiguardian|/surefire|/jspecify).*";

    private final Path cache;
    private final List<Path> classPath;

    /** @param cache directory that keeps the JVM */
    GuestRuntime(Path cache) {
        this.cache = cache;
        this.classPath = Stream.of(System.getProperty("java.class.path").split(":")).map(Path::of).filter(Files::exists)
                .filter(entry -> !entry.toString().matches(TESTS)).toList();
    }

    /**
     * Copies the class path.
     *
     * @return the copies, in order, as paths below the root
     */
    List<String> copyClassPath(Path root) throws IOException {
        List<String> copies = new ArrayList<>();
        for (Path entry : classPath) {
            String copy = "/marrow/class-path/" + copies.size() + "-" + entry.getFileName();
            Trees.copy(entry, root.resolve(copy.substring(1)));
            copies.add(copy);
        }
        return copies;
    }

    /** Copies JVM and libraries; the JVM to /marrow/jvm, libraries to where they are here. */
    void copyNative(Path root) throws IOException, InterruptedException {
        Path jvm = jvm();
        Trees.copy(jvm, root.resolve("marrow/jvm"));
        List<String> binaries = new ArrayList<>(List.of(jvm.resolve("bin/java").toString(), jvm.resolve("lib/server/libjvm.so").toString()));
        binaries.add(libbpf());
        List<String> ldd = new ArrayList<>(List.of("ldd"));
        ldd.addAll(binaries);
        Stream<String> needed = Tool.run(cache, ldd).lines().filter(line -> line.startsWith("\t"))
                .flatMap(line -> Stream.of(line.strip().split(" "))).filter(word -> word.startsWith("/"));
        for (String library : Stream.concat(needed, Stream.of(libbpf())).collect(Collectors.toSet())) {
            Path target = root.resolve(library.substring(1));
            if (!Path.of(library).startsWith(jvm)) {
                Trees.copy(Path.of(library).toRealPath(), target);
            }
        }
    }

    private String libbpf() throws IOException, InterruptedException {
        String known = Tool.run(cache, List.of("ldconfig", "-p"));
        return known.lines().filter(line -> line.contains("libbpf.so.1 ") && line.contains("x86-64"))
                .map(line -> line.substring(line.indexOf("=> ") + 3)).findFirst()
                .orElseThrow(() -> new IOException("ldconfig knows no libbpf.so.1"));
    }

    /** Linked once for each version of the JDK and each set of modules. */
    private Path jvm() throws IOException, InterruptedException {
        String bin = Path.of(System.getProperty("java.home"), "bin").toString();
        List<String> jdeps = new ArrayList<>(List.of(bin + "/jdeps", "--multi-release", "base", "--ignore-missing-deps", "--print-module-deps"));
        classPath.forEach(entry -> jdeps.add(entry.toString()));
        String modules = Tool.run(cache, jdeps).lines().toList().getLast(); // before it are warnings
        Path jvm = cache.resolve("jvm-" + Runtime.version() + "-" + modules.replace(',', '-'));
        if (!Files.exists(jvm)) {
            Path work = Files.createTempDirectory(cache, "linking-");
            try {
                Tool.run(cache, List.of(bin + "/jlink", "--add-modules", modules, "--strip-debug", "--no-man-pages", "--no-header-files",
                        "--generate-cds-archive", "--output", work.resolve("jvm").toString()));
                Files.move(work.resolve("jvm"), jvm, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Trees.delete(work);
            }
        }
        return jvm;
    }
}
