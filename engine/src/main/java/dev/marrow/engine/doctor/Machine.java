package dev.marrow.engine.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The machine as {@link Doctor} sees it; a test puts a directory tree in its place.
 *
 * @param root         what stands for {@code /}: {@code proc}, {@code sys}, {@code etc} and {@code usr} are read below it
 * @param osName       as the property {@code os.name}
 * @param architecture as the property {@code os.arch}
 * @param jdkVersion   feature version of the running JDK
 * @param libraryPath  directories that the dynamic linker searches first, absolute
 */
public record Machine(Path root, String osName, String architecture, int jdkVersion, List<Path> libraryPath) {

    public Machine {
        libraryPath = List.copyOf(libraryPath);
    }

    /** The machine this JVM runs on. */
    public static Machine current() {
        return current(System.getenv());
    }

    private static Machine current(Map<String, String> environment) {
        List<Path> libraryPath = Arrays.stream(environment.getOrDefault("LD_LIBRARY_PATH", "").split(":"))
                .filter(directory -> directory.startsWith("/"))
                .map(Path::of)
                .toList();
        return new Machine(
                Path.of("/"),
                System.getProperty("os.name", "unknown"),
                System.getProperty("os.arch", "unknown"),
                Runtime.version().feature(),
                libraryPath);
    }

    /** The file at an absolute path of this machine. */
    Path at(String absolutePath) {
        return root.resolve(absolutePath.substring(1));
    }

    /** The text of a file, trimmed; empty if it cannot be read (absent, or a privilege is missing). */
    Optional<String> text(String absolutePath) {
        try {
            // Byte for byte: a path in a mount table need not be UTF-8.
            return Optional.of(Files.readString(at(absolutePath), StandardCharsets.ISO_8859_1).strip());
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }
}
