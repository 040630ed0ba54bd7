package dev.marrow.stress.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** apt with lists of its own, for a suite that the system itself need not have configured. Nothing is installed. */
final class PrivateApt {
    private static final String MIRROR_OTHERWISE = "http://deb.debian.org/debian/";
    /** Of Debian and Ubuntu; from the package debian-archive-keyring. */
    private static final String KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
    private static final String SECONDS_MAX = "30";

    private final Path root;
    private final List<String> options;

    /** @param root empty directory for lists and archives */
    PrivateApt(Path root, String suite) throws IOException, InterruptedException {
        this.root = root;
        Files.createDirectories(root.resolve("lists/partial"));
        Files.createDirectories(root.resolve("cache/archives/partial"));
        Path sources = root.resolve("sources.list");
        Files.writeString(sources, "deb [signed-by=" + KEYRING + "] " + mirror() + " " + suite + " main\n");
        options = List.of("-o", "Dir::Etc::sourcelist=" + sources, "-o", "Dir::Etc::sourceparts=/dev/null",
                "-o", "Dir::State::lists=" + root.resolve("lists"), "-o", "Dir::Cache=" + root.resolve("cache"),
                "-o", "APT::Architecture=amd64", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none",
                "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=" + SECONDS_MAX, "-o", "Acquire::https::Timeout=" + SECONDS_MAX);
        apt("apt-get", "update", "--error-on=any");
    }

    /** Where this machine gets Debian from. */
    private String mirror() throws IOException, InterruptedException {
        String configured = Tool.run(root, List.of("apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages"));
        return configured.lines().filter(line -> line.startsWith("Debian Debian ")).map(line -> line.substring("Debian Debian ".length()))
                .findFirst().orElse(MIRROR_OTHERWISE);
    }

    /**
     * The archive of the one package that a metapackage stands for.
     *
     * @throws IOException also when the mirror is slow: each step has its time
     */
    Path download(String metapackage) throws IOException, InterruptedException {
        String depends = apt("apt-cache", "depends", metapackage);
        String name = depends.lines().map(String::strip).filter(line -> line.startsWith("Depends: linux-image-"))
                .map(line -> line.substring("Depends: ".length())).findFirst()
                .orElseThrow(() -> new IOException(metapackage + " stands for no kernel: " + depends));
        apt("apt-get", "download", name);
        try (Stream<Path> files = Files.list(root)) {
            return files.filter(file -> file.toString().endsWith(".deb")).findFirst()
                    .orElseThrow(() -> new IOException("apt-get download " + name + " left no archive in " + root));
        }
    }

    private String apt(String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(options);
        command.addAll(List.of(arguments));
        return Tool.run(root, command);
    }
}
