package dev.marrow.wal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A data directory whose lock is held:
 *
 * <pre>
 *   DIR/LOCK         the lock
 *   DIR/marrow.id    who the directory is
 *   DIR/MANIFEST     what belongs to it
 *   DIR/FAILED       only after the log failed (I7)
 *   DIR/base/        the last checkpoint
 *   DIR/wal/         the log behind it
 * </pre>
 */
public final class LogDirectory implements Closeable {

    private static final String LOCK_NAME = "LOCK";
    static final String TEMPORARY_SUFFIX = ".tmp";

    private final Path path;
    private final Storage storage;
    private final byte[] instance;
    private final Closeable lock;
    private volatile Manifest manifest;

    private LogDirectory(Path path, Storage storage, byte[] instance, Manifest manifest, Closeable lock) {
        this.path = path;
        this.storage = storage;
        this.instance = instance;
        this.manifest = manifest;
        this.lock = lock;
    }

    /** Opens the directory on the real file system; see {@link #open(Path, Storage)}. */
    public static LogDirectory open(Path dir) throws IOException {
        return open(dir, new FileStorage());
    }

    /**
     * Opens a data directory, making what is missing in a fresh one, and deletes what a crash left half-made or not yet deleted.
     *
     * @throws DirectoryInUseException when another instance holds it
     * @throws LogDamagedException     when there is a log without an identity, or an identity without the rest
     */
    public static LogDirectory open(Path dir, Storage storage) throws IOException {
        storage.createDirectories(dir);
        Closeable lock = storage.lock(dir.resolve(LOCK_NAME));
        try {
            byte[] instance = InstanceFile.exists(dir, storage) ? readExisting(dir, storage) : create(dir, storage);
            // A process that was killed between rename and sync leaves an identity that a power cut takes back, and the log built on it with it.
            // The same goes for a manifest, whose predecessor's files are deleted below.
            FailedMarker.syncOrFail(dir, storage, () -> storage.syncDirectory(dir));
            LogDirectory directory = new LogDirectory(dir, storage, instance, Manifest.read(dir, storage, instance), lock);
            directory.deleteTemporaries();
            directory.deleteObsolete();
            return directory;
        } catch (IOException | RuntimeException failure) {
            lock.close();
            throw failure;
        }
    }

    /**
     * Opens an existing data directory to look at it; makes and deletes nothing.
     *
     * @throws DirectoryInUseException when another instance holds it
     */
    public static LogDirectory inspect(Path dir) throws IOException {
        return inspect(dir, new FileStorage());
    }

    /**
     * The same beside whoever holds it, and may go on to the next checkpoint at any moment: then files that the manifest named are gone, and it is to
     * be opened again.
     */
    public static LogDirectory beside(Path dir) throws IOException {
        return look(dir, new FileStorage(), () -> { });
    }

    static LogDirectory inspect(Path dir, Storage storage) throws IOException {
        return look(dir, storage, storage.exists(dir.resolve(LOCK_NAME)) ? storage.lock(dir.resolve(LOCK_NAME)) : () -> { });
    }

    private static LogDirectory look(Path dir, Storage storage, Closeable lock) throws IOException {
        try {
            byte[] instance = readExisting(dir, storage);
            return new LogDirectory(dir, storage, instance, Manifest.read(dir, storage, instance), lock);
        } catch (IOException | RuntimeException failure) {
            lock.close();
            throw failure;
        }
    }

    /**
     * Identity of a data directory, whoever holds it and whatever else is wrong with it.
     *
     * @throws LogDamagedException when it is not what was written
     * @throws IOException when there is none
     */
    public static byte[] instanceOf(Path dir) throws IOException {
        return InstanceFile.read(dir, new FileStorage());
    }

    /**
     * Takes a data directory's lock and nothing else.
     *
     * @throws DirectoryInUseException when another instance holds it
     */
    public static Closeable lock(Path dir) throws IOException {
        return new FileStorage().lock(dir.resolve(LOCK_NAME));
    }

    private static byte[] readExisting(Path dir, Storage storage) throws IOException {
        byte[] instance = InstanceFile.read(dir, storage);
        // The directories are durable before the identity is: without one somebody lost or did not mount it.
        for (SegmentKind kind : SegmentKind.values()) {
            if (!storage.exists(dir.resolve(kind.directory))) {
                throw new LogDamagedException(dir.resolve(kind.directory), 0, "a directory", "nothing");
            }
        }
        return instance;
    }

    /** The identity comes last: with it, everything else must be there. */
    private static byte[] create(Path dir, Storage storage) throws IOException {
        for (SegmentKind kind : SegmentKind.values()) {
            Path segments = dir.resolve(kind.directory);
            storage.createDirectories(segments);
            for (String name : storage.list(segments)) {
                if (kind.sequenceOf(name) != 0) {
                    throw new LogDamagedException(dir.resolve(InstanceFile.FILE_NAME), 0, "the identity of " + segments, "nothing");
                }
            }
        }
        // The directory may be new itself, and its name is its parent's.
        Path parent = dir.toAbsolutePath().normalize().getParent();
        if (parent != null) {
            storage.syncDirectory(parent);
        }
        byte[] instance = InstanceFile.random();
        Manifest.fresh(instance).write(dir, storage);
        InstanceFile.create(dir, storage, instance);
        return instance;
    }

    private void deleteTemporaries() throws IOException {
        for (String name : storage.list(walPath())) {
            if (name.endsWith(TEMPORARY_SUFFIX)) {
                storage.delete(walPath().resolve(name));
            }
        }
    }

    /** What the manifest names no more, or not yet: an older base and the log before it, or an unfinished checkpoint. */
    void deleteObsolete() throws IOException {
        Manifest now = manifest;
        for (long sequence : sequences(SegmentKind.BASE)) {
            if (sequence < now.base().firstSegment() || sequence >= now.base().end()) {
                storage.delete(path(SegmentKind.BASE, sequence));
            }
        }
        for (long sequence : sequences(SegmentKind.LOG)) {
            if (sequence < now.logSegment()) {
                storage.delete(path(SegmentKind.LOG, sequence));
            }
        }
    }

    private List<Long> sequences(SegmentKind kind) throws IOException {
        return storage.list(path.resolve(kind.directory)).stream().map(kind::sequenceOf).filter(sequence -> sequence != 0).sorted().toList();
    }

    /** What the directory consists of now. */
    public Manifest manifest() {
        return manifest;
    }

    /** Changes what the directory consists of, durably. What that leaves over stays until {@link #deleteObsolete}. */
    synchronized void change(UnaryOperator<Manifest> change) throws IOException {
        Manifest next = change.apply(manifest);
        next.write(path, storage);
        manifest = next;
    }

    /**
     * These tables are now the ones that were filled from the directory last.
     *
     * @param id random, not 0
     */
    public void tables(long id) throws IOException {
        change(now -> now.withTables(id));
    }

    /**
     * Switches to a new checkpoint, durably, and deletes what it replaces.
     *
     * @param base from {@link BaseWriter#finish}
     * @param log where the log begins that holds everything which changed since the base was begun
     * @param versionMax no version given before {@code log} is higher
     * @param flushVersion version of the last FLUSHALL before {@code log}, 0 for none
     * @param timeMillis Unix time; the manifest's is never before that of the log which it replaces
     */
    public void checkpoint(BaseFiles base, LogPosition log, long versionMax, long flushVersion, long timeMillis, int durationMillis)
            throws IOException {
        change(now -> new Manifest(instance, now.hashSeed(), now.checkpoint() + 1, now.tablesId(), base, log.segment(), log.lsn(),
                Math.max(versionMax, log.versionMax()), flushVersion, Math.max(timeMillis, log.timeMaxMillis()), durationMillis));
        deleteObsolete();
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

    /** Sequence numbers of the log's segments, ascending. */
    public List<Long> segments() throws IOException {
        return sequences(SegmentKind.LOG).stream().filter(sequence -> sequence >= firstSegment()).toList();
    }

    public Path segmentPath(long sequence) {
        return path(SegmentKind.LOG, sequence);
    }

    Path path(SegmentKind kind, long sequence) {
        return path.resolve(kind.directory).resolve(kind.fileName(sequence));
    }

    /** Number of the first segment that must be there. */
    long firstSegment() {
        return manifest.logSegment();
    }

    Path walPath() {
        return path.resolve(SegmentKind.LOG.directory);
    }

    /** Gives the lock back. */
    @Override
    public void close() throws IOException {
        lock.close();
    }
}
