package dev.marrow.wal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A data directory whose lock is held:
 *
 * <pre>
 *   DIR/LOCK         the lock
 *   DIR/marrow.id    who the directory is
 *   DIR/FAILED       only after the log failed (I7)
 *   DIR/wal/         the segments
 * </pre>
 */
public final class LogDirectory implements Closeable {

    private static final String LOCK_NAME = "LOCK";
    private static final String WAL_NAME = "wal";
    static final String TEMPORARY_SUFFIX = ".tmp";

    private final Path path;
    private final Storage storage;
    private final byte[] instance;
    private final Closeable lock;

    private LogDirectory(Path path, Storage storage, byte[] instance, Closeable lock) {
        this.path = path;
        this.storage = storage;
        this.instance = instance;
        this.lock = lock;
    }

    /** Opens the directory on the real file system; see {@link #open(Path, Storage)}. */
    public static LogDirectory open(Path dir) throws IOException {
        return open(dir, new FileStorage());
    }

    /**
     * Opens a data directory, making what is missing in a fresh one, and deletes what a crash left half-made.
     *
     * @throws DirectoryInUseException when another instance holds it
     * @throws LogDamagedException     when there is a log without an identity, or an identity without its log directory
     */
    public static LogDirectory open(Path dir, Storage storage) throws IOException {
        storage.createDirectories(dir);
        Closeable lock = storage.lock(dir.resolve(LOCK_NAME));
        try {
            byte[] instance = InstanceFile.exists(dir, storage) ? readExisting(dir, storage) : create(dir, storage);
            LogDirectory directory = new LogDirectory(dir, storage, instance, lock);
            directory.deleteTemporaries();
            return directory;
        } catch (IOException | RuntimeException failure) {
            lock.close();
            throw failure;
        }
    }

    /** Opens an existing data directory to look at it; makes and deletes nothing. */
    static LogDirectory inspect(Path dir, Storage storage) throws IOException {
        Closeable lock = storage.exists(dir.resolve(LOCK_NAME)) ? storage.lock(dir.resolve(LOCK_NAME)) : () -> {};
        try {
            return new LogDirectory(dir, storage, readExisting(dir, storage), lock);
        } catch (IOException | RuntimeException failure) {
            lock.close();
            throw failure;
        }
    }

    private static byte[] readExisting(Path dir, Storage storage) throws IOException {
        byte[] instance = InstanceFile.read(dir, storage);
        // The log's directory is durable before the identity is: without it somebody lost or did not mount it.
        if (!storage.exists(dir.resolve(WAL_NAME))) {
            throw new LogDamagedException(dir.resolve(WAL_NAME), 0, "the log's directory", "nothing");
        }
        return instance;
    }

    private static byte[] create(Path dir, Storage storage) throws IOException {
        Path wal = dir.resolve(WAL_NAME);
        if (storage.exists(wal)) {
            for (String name : storage.list(wal)) {
                if (SegmentDescriptor.sequenceOf(name) != 0) {
                    throw new LogDamagedException(dir.resolve(InstanceFile.FILE_NAME), 0, "the identity of the log " + wal, "nothing");
                }
            }
        }
        storage.createDirectories(wal);
        storage.syncDirectory(dir);
        return InstanceFile.create(dir, storage);
    }

    private void deleteTemporaries() throws IOException {
        for (String name : storage.list(walPath())) {
            if (name.endsWith(TEMPORARY_SUFFIX)) {
                storage.delete(walPath().resolve(name));
            }
        }
    }

    /** Identity of the directory, 16 random bytes made with it. */
    public byte[] instance() {
        return instance.clone();
    }

    public Path path() {
        return path;
    }

    public Storage storage() {
        return storage;
    }

    /** Sequence numbers of the segments that exist, ascending. */
    public List<Long> segments() throws IOException {
        return storage.list(walPath()).stream().map(SegmentDescriptor::sequenceOf).filter(sequence -> sequence != 0).sorted().toList();
    }

    public Path segmentPath(long sequence) {
        return walPath().resolve(SegmentDescriptor.fileName(sequence));
    }

    /** Number of the first segment that must be there. Without checkpoints the log only grows, so it is always the very first. */
    long firstSegment() {
        return 1;
    }

    Path walPath() {
        return path.resolve(WAL_NAME);
    }

    /** Gives the lock back. */
    @Override
    public void close() throws IOException {
        lock.close();
    }
}
