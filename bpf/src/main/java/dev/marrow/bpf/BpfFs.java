package dev.marrow.bpf;

import dev.marrow.bpf.libbpf.Bpf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;

/** The BPF file system, where a store's maps stay while no process has them. One directory a store, named by its instance. */
public final class BpfFs {
    static final String CONTROL = "control";
    private static final Path ROOT = Path.of("/sys/fs/bpf");

    private BpfFs() {}

    /** Directory of a store's pins; mounts the BPF file system at its usual place when the machine has none there. */
    public static Path directory(byte[] instance) {
        return ROOT.resolve("marrow-" + HexFormat.of().formatHex(instance));
    }

    /** Makes {@link #directory} usable: mounted, present, and nobody else's business. */
    public static Path prepare(byte[] instance) {
        try {
            if (!mounted()) {
                Bpf.mountBpfFs(ROOT);
            }
            Path directory = directory(instance);
            if (!Files.isDirectory(directory)) {
                Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the usual place is a BPF file system. */
    public static boolean mounted() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String[] fields = line.split(" ");
            if (fields.length > 2 && fields[1].equals(ROOT.toString()) && fields[2].equals("bpf")) {
                return true;
            }
        }
        return false;
    }

    public static boolean pinned(byte[] instance) {
        return Files.isDirectory(directory(instance));
    }

    /**
     * Removes a store's pins; the kernel frees the maps when no process has them any more.
     *
     * @return whether there were any
     */
    public static boolean unpin(byte[] instance) {
        Path directory = directory(instance);
        try {
            // first: without it nothing that is left can be taken for a store, should we be killed half-way
            Files.deleteIfExists(directory.resolve(CONTROL));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try (DirectoryStream<Path> pins = Files.newDirectoryStream(directory)) {
            for (Path pin : pins) {
                Files.delete(pin);
            }
            Files.delete(directory);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
