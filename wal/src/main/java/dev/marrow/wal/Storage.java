package dev.marrow.wal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The one seam between the log and the file system; tests put faults behind it. A call either does all it says or throws, and
 * nothing that this package does survives a power cut before the matching {@link StorageFile#force} or {@link #syncDirectory}.
 */
public interface Storage {

    boolean exists(Path path) throws IOException;

    /** Makes the directory and its missing parents, for the owner only. No error when it exists. */
    void createDirectories(Path directory) throws IOException;

    /** Names of the entries of a directory, in no order. */
    List<String> list(Path directory) throws IOException;

    /** Makes an empty file, for the owner only; fails when it exists. */
    StorageFile create(Path path) throws IOException;

    /** Opens an existing file to read and write. */
    StorageFile open(Path path) throws IOException;

    /** Opens an existing file to read. */
    StorageFile openReadOnly(Path path) throws IOException;

    /** Renames atomically, replacing {@code to}. */
    void rename(Path from, Path to) throws IOException;

    /** Deletes a file that exists. */
    void delete(Path path) throws IOException;

    /** Makes creations, renames and deletions in a directory durable. */
    void syncDirectory(Path directory) throws IOException;

    /**
     * Takes the lock that this file stands for until the result is closed or the process ends; makes the file when it is missing.
     *
     * @throws DirectoryInUseException when somebody holds it
     */
    Closeable lock(Path path) throws IOException;
}
