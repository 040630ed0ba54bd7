package dev.marrow.stress.compat;

import dev.marrow.stress.SystemCommand;
import dev.marrow.stress.Trees;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The sources of the redis-server that is installed, from the distribution it came from. apt verifies them as it does packages; nothing is
 * installed, and the machine's own configuration of apt stays as it is.
 */
final class RedisSource {
    private static final Path APT = Path.of("/etc/apt");
    private static final String SECONDS_MAX = "300";

    private RedisSource() {}

    /**
     * The unpacked sources; downloaded (3 MB, and as a rule 10 MB of apt's lists) when the cache has none yet.
     *
     * @param cache directory that keeps what was downloaded
     */
    static Path fetch(Path cache) throws IOException, InterruptedException {
        String version = installedVersion();
        Path root = cache.resolve(version.replaceAll("[^0-9A-Za-z.+~-]", "_"));
        if (!Files.exists(root)) {
            Path work = Files.createTempDirectory(Files.createDirectories(cache), "fetching-");
            try {
                Path archive = download(version, work);
                Path unpacked = Files.createDirectory(work.resolve("unpacked"));
                SystemCommand.run("tar", "-xf", archive.toString(), "-C", unpacked.toString(), "--strip-components=1", "--no-same-owner");
                // What the cache has is whole: it comes there in one step.
                Files.move(unpacked, root, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Trees.delete(work);
            }
        }
        return root;
    }

    /** Of the source package. */
    private static String installedVersion() throws IOException, InterruptedException {
        Process query = new ProcessBuilder("dpkg-query", "-W", "-f", "${source:Version}", "redis-server")
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader output = query.inputReader()) {
            String version = output.readLine();
            if (query.waitFor() != 0 || version == null) {
                throw new IOException("redis-server is not installed as a package: give the sources of the same version with --redis-sources DIR");
            }
            return version;
        }
    }

    private static Path download(String version, Path work) throws IOException, InterruptedException {
        Path sources = Files.createDirectory(work.resolve("sources"));
        writeSourcesOfSources(sources);
        Path lists = work.resolve("lists");
        Files.createDirectories(lists.resolve("partial"));
        Path download = Files.createDirectory(work.resolve("download"));
        // apt-get writes into its working directory, and has no option for that
        List<String> apt = List.of("timeout", SECONDS_MAX, "env", "--chdir=" + download, "apt-get", "-o", "Dir::Etc::sourcelist=/dev/null",
                "-o", "Dir::Etc::sourceparts=" + sources, "-o", "Dir::State::lists=" + lists, "-o", "APT::Sandbox::User=root",
                "-o", "Acquire::Languages=none", "-o", "Acquire::Retries=2");
        Optional<IOException> updateFailure = Optional.empty();
        try {
            run(apt, "update");
        } catch (IOException e) {
            // a repository without sources is no harm, if Redis comes from another one
            updateFailure = Optional.of(e);
        }
        try {
            run(apt, "source", "--download-only", "redis=" + version);
        } catch (IOException e) {
            updateFailure.ifPresent(e::addSuppressed);
            throw new IOException("no sources of redis " + version
                    + " (an older version than the distribution's? then apt-get install --only-upgrade redis-server): "
                    + e.getMessage() + updateFailure.map(update -> "\n" + update.getMessage()).orElse(""), e);
        }
        try (Stream<Path> files = Files.list(download)) {
            return files.filter(file -> file.getFileName().toString().contains(".orig.tar.")).findFirst()
                    .orElseThrow(() -> new IOException("the sources of redis " + version + " have no original archive"));
        }
    }

    /** What apt gets packages from, as places to get their sources from. */
    private static void writeSourcesOfSources(Path target) throws IOException {
        List<Path> configured = new ArrayList<>();
        if (Files.exists(APT.resolve("sources.list"))) {
            configured.add(APT.resolve("sources.list"));
        }
        try (Stream<Path> parts = Files.list(APT.resolve("sources.list.d"))) {
            parts.filter(part -> part.toString().endsWith(".list") || part.toString().endsWith(".sources")).forEach(configured::add);
        }
        for (Path file : configured) {
            Files.write(target.resolve(file.getFileName()), Files.readAllLines(file).stream().filter(line -> !line.startsWith("deb-src"))
                    .map(line -> line.replaceFirst("^deb(?=\\s)", "deb-src").replaceFirst("^Types:.*", "Types: deb-src")).toList());
        }
    }

    private static void run(List<String> command, String... arguments) throws IOException, InterruptedException {
        SystemCommand.run(Stream.concat(command.stream(), Stream.of(arguments)).toArray(String[]::new));
    }
}
