package dev.marrow.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The file {@code FAILED} in the data directory: the log failed, and a restart must not carry on as if it had not (I7). It is there
 * until somebody clears it who has made the whole store durable anew.
 */
public final class FailedMarker {

    static final String FILE_NAME = "FAILED";
    private static final String BOOT = "\nboot ";
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /** A full disk still takes an empty file. */
    private static final String UNWRITTEN = "the cause could not be written: the disk was full, or is broken; after a reboot delete this file by hand";

    private FailedMarker() {}

    /** Why the log failed, empty when there is no marker. */
    public static Optional<String> read(Path directory, Storage storage) throws IOException {
        return content(directory, storage).map(text -> text.split(BOOT, 2)[0].strip()).map(cause -> cause.isEmpty() ? UNWRITTEN : cause);
    }

    private static Optional<String> content(Path directory, Storage storage) throws IOException {
        Path path = directory.resolve(FILE_NAME);
        if (!storage.exists(path)) {
            return Optional.empty();
        }
        try (StorageFile file = storage.openReadOnly(path)) {
            return Optional.of(new String(file.read(Math.toIntExact(file.size())), StandardCharsets.UTF_8));
        }
    }

    /**
     * Whether the log failed since the machine was booted: then the page cache may still tell of writes that the disk never got. After a boot
     * the files say what the disk has.
     */
    public static boolean isOfThisBoot(Path directory, Storage storage) throws IOException {
        Optional<String> text = content(directory, storage);
        return text.isPresent() && (text.get().indexOf(BOOT) < 0 || text.get().contains(BOOT + bootId()));
    }

    private static String bootId() throws IOException {
        return Files.readString(BOOT_ID).strip();
    }

    /** @throws LogFailedException when there is a marker */
    static void refuse(LogDirectory directory) throws IOException {
        Optional<String> failure = read(directory.path(), directory.storage());
        if (failure.isPresent()) {
            throw new LogFailedException(directory.path(), failure.get());
        }
    }

    /** Leaves the marker; an existing one is kept, because the first failure is the one that explains. */
    static void write(Path directory, Storage storage, String text) throws IOException {
        Path path = directory.resolve(FILE_NAME);
        if (storage.exists(path)) {
            return;
        }
        try (StorageFile file = storage.create(path)) {
            file.write(new ByteBuffer[] {ByteBuffer.wrap((text + BOOT + bootId() + "\n").getBytes(StandardCharsets.UTF_8))}, 0);
            file.force();
        }
        storage.syncDirectory(directory);
    }

    /** A sync. */
    interface Sync {
        void run() throws IOException;
    }

    /** A sync of a start. One that fails leaves the marker: the next start must not sync again what this one could not, and find it well (I7). */
    static void syncOrFail(Path directory, Storage storage, Sync sync) throws IOException {
        try {
            sync.run();
        } catch (IOException failure) {
            try {
                write(directory, storage, failure.toString());
            } catch (IOException alsoFailed) {
                failure.addSuppressed(alsoFailed);
            }
            throw failure;
        }
    }

    /** Removes the marker; no error when there is none. */
    public static void clear(Path directory, Storage storage) throws IOException {
        Path path = directory.resolve(FILE_NAME);
        if (storage.exists(path)) {
            storage.delete(path);
            storage.syncDirectory(directory);
        }
    }
}
