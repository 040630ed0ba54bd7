package dev.marrow.stress.fuse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import org.cryptomator.jfuse.api.DirFiller;
import org.cryptomator.jfuse.api.Errno;
import org.cryptomator.jfuse.api.FileInfo;
import org.cryptomator.jfuse.api.FuseOperations;
import org.cryptomator.jfuse.api.Stat;

/** A {@link SectorDisk} as FUSE sees it. Each call that changes the disk first asks {@link Faults}. */
final class SectorFileSystem implements FuseOperations {
    /**
     * A file that the store maps. Its bytes come from the page cache when the kernel likes: that is no call of the store's, and its death does not stop
     * it. With the power off they are kept too, so that a cut may leave a map that looks good and is not.
     */
    private static final String MAPPED = "/tier-two/chunks";
    private static final int O_TRUNC = 01000;
    /** The disk is full when it takes so much of this process's heap, two thirds. */
    private static final long BYTES_MAX = Runtime.getRuntime().maxMemory() / 3 * 2;

    private final Errno errno;
    private final SectorDisk disk;
    private final Faults faults;
    private final Survival failedSyncs;
    private volatile Predicate<String> lies = path -> false;

    /** @param failedSyncs decides what a failed sync has written all the same */
    SectorFileSystem(Errno errno, SectorDisk disk, Faults faults, Survival failedSyncs) {
        this.errno = errno;
        this.disk = disk;
        this.faults = faults;
        this.failedSyncs = failedSyncs;
    }

    void lie(Predicate<String> paths) {
        lies = paths;
    }

    /** What is left when the power goes now. */
    synchronized SectorDisk survivor(Survival survival) {
        return disk.survivor(survival);
    }

    synchronized long bytesUsed() {
        return disk.bytesUsed();
    }

    @Override
    public Errno errno() {
        return errno;
    }

    @Override
    public Set<Operation> supportedOperations() {
        return EnumSet.of(Operation.GET_ATTR, Operation.READ_DIR, Operation.MKDIR, Operation.RMDIR, Operation.OPEN, Operation.CREATE, Operation.READ,
                Operation.WRITE, Operation.TRUNCATE, Operation.FSYNC, Operation.FSYNCDIR, Operation.RENAME, Operation.UNLINK);
    }

    // ---- calls that change nothing ----

    @Override
    public synchronized int getattr(String path, Stat stat, FileInfo file) {
        return disk.find(path).map(node -> {
            fill(stat, node);
            return 0;
        }).orElse(-SectorDisk.ENOENT);
    }

    private static void fill(Stat stat, Node node) {
        switch (node) {
            case DirectoryNode directory -> {
                stat.setMode(Stat.S_IFDIR | directory.mode());
                stat.setNLink((short) 2);
            }
            case FileNode file -> {
                stat.setMode(Stat.S_IFREG | file.mode());
                stat.setNLink((short) 1);
                stat.setSize(file.size());
            }
        }
    }

    @Override
    public synchronized int readdir(String path, DirFiller filler, long offset, FileInfo file, int flags) {
        if (disk.directory(path).isEmpty()) {
            return -SectorDisk.ENOENT;
        }
        try {
            filler.fill(".");
            filler.fill("..");
            for (String name : disk.directory(path).get().names()) {
                filler.fill(name);
            }
            return 0;
        } catch (IOException full) {
            return -SectorDisk.EIO;
        }
    }

    @Override
    public synchronized int read(String path, ByteBuffer target, long count, long offset, FileInfo file) {
        return disk.file(path).map(node -> {
            byte[] bytes = node.read(offset, Math.toIntExact(count));
            target.put(bytes);
            return bytes.length;
        }).orElse(-SectorDisk.ENOENT);
    }

    @Override
    public synchronized int open(String path, FileInfo file) {
        if (disk.file(path).isEmpty()) {
            return -SectorDisk.ENOENT;
        }
        return (file.getFlags() & O_TRUNC) == 0 ? 0 : truncate(path, 0, file);
    }

    // ---- calls that change something ----

    @Override
    public synchronized int create(String path, int mode, FileInfo file) {
        return counted("create", path, () -> disk.add(path, new FileNode(mode & 07777)));
    }

    @Override
    public synchronized int mkdir(String path, int mode) {
        return counted(Faults.Call.MKDIR, path, () -> disk.add(path, new DirectoryNode(mode & 07777)));
    }

    @Override
    public synchronized int rmdir(String path) {
        return counted("rmdir", path, () -> disk.removeDirectory(path));
    }

    @Override
    public synchronized int unlink(String path) {
        return counted("unlink", path, () -> disk.unlink(path));
    }

    @Override
    public synchronized int rename(String from, String to, int flags) {
        if (flags != 0) {
            return -SectorDisk.EINVAL;
        }
        return counted(SectorDisk.hides(to) ? "unlink" : "rename", from, () -> disk.rename(from, to));
    }

    @Override
    public synchronized int truncate(String path, long size, FileInfo file) {
        return counted("truncate", path, () -> {
            disk.file(path).ifPresent(node -> node.truncate(size));
            return disk.file(path).isPresent() ? 0 : SectorDisk.ENOENT;
        });
    }

    @Override
    public synchronized int write(String path, ByteBuffer source, long count, long offset, FileInfo file) {
        if (disk.file(path).isEmpty()) {
            return -SectorDisk.ENOENT;
        }
        if (disk.bytesUsed() > BYTES_MAX) {
            System.err.println("the FUSE disk is full, bytes=" + BYTES_MAX + ": give this process more heap (MARROW_JAVA_OPTS=-Xmx2g)");
            return -SectorDisk.ENOSPC;
        }
        FileNode node = disk.file(path).get();
        int length = Math.toIntExact(count);
        int half = Math.max(1, length / 2);
        if (path.endsWith(MAPPED)) {
            return write(node, source, length, offset);
        }
        return switch (faults.nextWrite(path, offset)) {
            case PROCEED -> write(node, source, length, offset);
            case HALF -> write(node, source, half, offset);
            case HALF_THEN_EIO -> {
                write(node, source, half, offset);
                yield -SectorDisk.EIO;
            }
            case EIO -> -SectorDisk.EIO;
            case ENOSPC -> -SectorDisk.ENOSPC;
        };
    }

    private static int write(FileNode node, ByteBuffer source, int length, long offset) {
        node.write(source.slice(source.position(), length), offset);
        return length;
    }

    @Override
    public synchronized int fsync(String path, int dataOnly, FileInfo file) {
        int result = counted(Faults.Call.SYNC, path, () -> {
            if (!lies.test(path)) {
                disk.file(path).ifPresent(FileNode::sync);
            }
            return 0;
        });
        // with the power off nothing is tried, so nothing is given up
        if (result != 0 && !faults.isOff()) {
            disk.file(path).ifPresent(node -> node.failSync(failedSyncs));
        }
        return result;
    }

    @Override
    public synchronized int fsyncdir(String path, int dataOnly, FileInfo file) {
        return counted(Faults.Call.SYNC, path, () -> {
            if (!lies.test(path)) {
                disk.directory(path).ifPresent(DirectoryNode::sync);
            }
            return 0;
        });
    }

    private int counted(String operation, String path, IntSupplier call) {
        return switch (faults.next(new Faults.Call(operation, path))) {
            case PROCEED, HALF -> -call.getAsInt();
            case EIO, HALF_THEN_EIO -> -SectorDisk.EIO;
            case ENOSPC -> -SectorDisk.ENOSPC;
        };
    }
}
