package dev.marrow.engine.server;

import dev.marrow.wal.FileStorage;
import dev.marrow.wal.Storage;
import dev.marrow.wal.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** The real file system, except that a sync, or a write too, does not return while it is frozen. Closing thaws it, so that a failed test can stop. */
final class FrozenStorage implements Storage, AutoCloseable {
    private final Storage real = new FileStorage();
    private boolean frozen;
    private boolean syncs = true;
    private boolean writesFrozen;
    private boolean failing;
    private boolean failingOnce;

    /** The next sync fails, and from then on neither writes nor syncs return: a disk that is gone. */
    synchronized void failSyncs() {
        failing = true;
    }

    /** The next sync fails, and no other call. */
    synchronized void failOneSync() {
        failingOnce = true;
    }

    private synchronized boolean failsNow() {
        boolean fails = failingOnce;
        failingOnce = false;
        return fails;
    }

    private synchronized boolean failing() {
        return failing;
    }

    /** From now on a sync takes no time, and is none. */
    synchronized void withoutSyncs() {
        syncs = false;
    }

    private synchronized boolean syncs() {
        return syncs;
    }

    /** Syncs do not return. */
    synchronized void freeze() {
        frozen = true;
    }

    /** Neither writes nor syncs return. */
    synchronized void freezeWrites() {
        frozen = true;
        writesFrozen = true;
    }

    synchronized void thaw() {
        frozen = false;
        writesFrozen = false;
        notifyAll();
    }

    private synchronized void awaitThaw(boolean write) throws IOException {
        try {
            while (write ? writesFrozen : frozen) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while frozen", e);
        }
    }

    @Override
    public void close() {
        thaw();
    }

    private final class File implements StorageFile {
        private final StorageFile file;

        File(StorageFile file) {
            this.file = file;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void write(ByteBuffer[] sources, long position) throws IOException {
            awaitThaw(true);
            file.write(sources, position);
        }

        @Override
        public MemorySegment map(long bytes, Arena arena) throws IOException {
            return file.map(bytes, arena);
        }

        @Override
        public void force() throws IOException {
            if (failsNow()) {
                throw new IOException("failed once by the test");
            }
            if (failing()) {
                freezeWrites();
                throw new IOException("failed by the test");
            }
            awaitThaw(false);
            if (syncs()) {
                file.force();
            }
        }

        @Override
        public void truncate(long bytes) throws IOException {
            file.truncate(bytes);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    @Override
    public boolean exists(Path path) throws IOException {
        return real.exists(path);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        real.createDirectories(directory);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return real.list(directory);
    }

    @Override
    public StorageFile create(Path path) throws IOException {
        return new File(real.create(path));
    }

    @Override
    public StorageFile open(Path path) throws IOException {
        return new File(real.open(path));
    }

    @Override
    public StorageFile openReadOnly(Path path) throws IOException {
        return new File(real.openReadOnly(path));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        real.rename(from, to);
    }

    @Override
    public void delete(Path path) throws IOException {
        real.delete(path);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        real.syncDirectory(directory);
    }

    @Override
    public Closeable lock(Path path) throws IOException {
        return real.lock(path);
    }
}
