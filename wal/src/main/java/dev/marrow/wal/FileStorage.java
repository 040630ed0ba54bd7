package dev.marrow.wal;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The real file system. Directories get mode 0700, files 0600. Its threads must not be interrupted: that closes a FileChannel. */
public final class FileStorage implements Storage {

    private static final FileAttribute<Set<PosixFilePermission>> DIRECTORY_MODE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<Set<PosixFilePermission>> FILE_MODE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    /** Locks of this process: POSIX drops a process's lock as soon as it closes any descriptor of the file, so never open it twice. */
    private static final Set<Path> LOCKED_HERE = ConcurrentHashMap.newKeySet();

    @Override
    public boolean exists(Path path) {
        return Files.exists(path);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory, DIRECTORY_MODE);
        }
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        }
    }

    @Override
    public StorageFile create(Path path) throws IOException {
        Set<OpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        return new ChannelFile(path, FileChannel.open(path, options, FILE_MODE));
    }

    @Override
    public StorageFile open(Path path) throws IOException {
        return new ChannelFile(path, FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public StorageFile openReadOnly(Path path) throws IOException {
        return new ChannelFile(path, FileChannel.open(path, StandardOpenOption.READ));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(Path path) throws IOException {
        Files.delete(path);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            named("fsync", directory, () -> channel.force(true));
        }
    }

    @Override
    public Closeable lock(Path path) throws IOException {
        Path key = path.toAbsolutePath().getParent().toRealPath().resolve(path.getFileName());
        if (!LOCKED_HERE.add(key)) {
            throw new DirectoryInUseException(path);
        }
        try {
            Set<OpenOption> options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileChannel channel = FileChannel.open(path, options, FILE_MODE);
            if (channel.tryLock() == null) {
                channel.close();
                throw new DirectoryInUseException(path);
            }
            return () -> {
                channel.close();
                LOCKED_HERE.remove(key);
            };
        } catch (IOException | RuntimeException failure) {
            LOCKED_HERE.remove(key);
            throw failure;
        }
    }

    private interface Call {
        void run() throws IOException;
    }

    /** The system's message says neither what failed nor where, and whoever repairs the disk needs both (I7). */
    private static void named(String what, Path path, Call call) throws IOException {
        try {
            call.run();
        } catch (IOException failure) {
            throw new IOException(what + " of " + path + " failed: " + failure.getMessage(), failure);
        }
    }

    private record ChannelFile(Path path, FileChannel channel) implements StorageFile {
        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void write(ByteBuffer[] sources, long position) throws IOException {
            named("write", path, () -> writeAll(sources, position));
        }

        /** Without a mapping: a page of one that the disk cannot deliver is an error of the JVM's. */
        @Override
        public byte[] read(int bytes) throws IOException {
            ByteBuffer content = ByteBuffer.allocate(bytes);
            while (content.hasRemaining()) {
                if (channel.read(content, content.position()) < 0) {
                    throw new EOFException(path + " ends before " + bytes + " bytes");
                }
            }
            return content.array();
        }

        private void writeAll(ByteBuffer[] sources, long position) throws IOException {
            long remaining = 0;
            for (ByteBuffer source : sources) {
                remaining += source.remaining();
            }
            channel.position(position);
            while (remaining > 0) {
                remaining -= channel.write(sources);
            }
        }

        @Override
        public MemorySegment map(long bytes, Arena arena) throws IOException {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
        }

        @Override
        public void force() throws IOException {
            named("fdatasync", path, () -> channel.force(false));
        }

        @Override
        public void truncate(long bytes) throws IOException {
            named("truncate", path, () -> channel.truncate(bytes));
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
