package dev.marrow.stress.qemu;

import dev.marrow.stress.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A kernel of Debian's, as its package has it: image and modules.
 *
 * @param release as uname has it
 * @param modules directory that /lib/modules/RELEASE is
 */
record GuestKernel(String release, Path image, Path modules) {

    /** The kernels that guests run on, by Debian release. */
    enum Series {
        V6_1("6.1", "bookworm"),
        V6_12("6.12", "trixie");

        private final String version;
        private final String suite;

        Series(String version, String suite) {
            this.version = version;
            this.suite = suite;
        }

        /** @throws IllegalArgumentException there is none of this name */
        static Series named(String version) {
            return Stream.of(values()).filter(series -> series.version.equals(version)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no kernel '" + version + "', there are " + List.of(values())));
        }

        @Override
        public String toString() {
            return version;
        }
    }

    /**
     * The newest kernel of a series; downloaded (27 to 45 MB) when the cache has none yet.
     *
     * @param cache directory that keeps what was downloaded
     */
    static GuestKernel fetch(Series series, Path cache) throws IOException, InterruptedException {
        Path root = cache.resolve("kernel-" + series);
        if (!Files.exists(root)) {
            Path work = Files.createTempDirectory(Files.createDirectories(cache), "fetching-");
            try {
                Path archive = new PrivateApt(work, series.suite).download("linux-image-cloud-amd64");
                Path unpacked = Files.createDirectory(work.resolve("unpacked"));
                Tool.run(work, List.of("dpkg-deb", "-x", archive.toString(), unpacked.toString()));
                // What the cache has is whole: it comes there in one step.
                Files.move(unpacked, root, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Trees.delete(work);
            }
        }
        return in(root);
    }

    private static GuestKernel in(Path root) throws IOException {
        List<Path> modules = new ArrayList<>();
        for (String parent : List.of("lib/modules", "usr/lib/modules")) {
            if (Files.isDirectory(root.resolve(parent))) {
                try (Stream<Path> releases = Files.list(root.resolve(parent))) {
                    releases.forEach(modules::add);
                }
            }
        }
        if (modules.size() != 1) {
            throw new IOException("one kernel's modules expected in " + root + ", there are " + modules);
        }
        String release = modules.getFirst().getFileName().toString();
        return new GuestKernel(release, root.resolve("boot/vmlinuz-" + release), modules.getFirst());
    }
}
