package dev.marrow.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Whole directories. */
public final class Trees {
    private Trees() {}

    /** Copies a file or a directory with all that is in it; the target's parents are made. */
    public static void copy(Path source, Path target) throws IOException {
        copy(source, target, path -> true);
    }

    /** The same without paths that are not wanted. */
    public static void copy(Path source, Path target, Predicate<Path> wanted) throws IOException {
        Files.createDirectories(target.getParent());
        for (Path path : paths(source)) {
            if (!wanted.test(path)) {
                continue;
            }
            // a file's way from itself is empty, and leads to the target
            Path copy = target.resolve(source.relativize(path).toString());
            if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectories(copy);
            } else {
                Files.copy(path, copy, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    public static void delete(Path root) throws IOException {
        for (Path path : paths(root).reversed()) {
            Files.delete(path);
        }
    }

    private static List<Path> paths(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.sorted(Comparator.naturalOrder()).toList();
        }
    }
}
