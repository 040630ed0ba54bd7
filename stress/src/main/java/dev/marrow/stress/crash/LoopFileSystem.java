package dev.marrow.stress.crash;

import dev.marrow.stress.SystemCommand;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A file system of its own in an image file, which can lose power: its shutdown drops everything that was not synced. Needs root and
 * loop devices. Closing unmounts it and deletes the image.
 */
public final class LoopFileSystem implements AutoCloseable {
    private static final long IMAGE_BYTES = 4L << 30;
    /** EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN: _IOR('X', 125, __u32). */
    private static final long SHUTDOWN_REQUEST = 0x8004587dL;
    /** EXT4_GOING_FLAGS_NOLOGFLUSH, XFS_FSOP_GOING_FLAGS_NOLOGFLUSH: not even the journal is flushed. */
    private static final int NO_LOG_FLUSH = 2;
    /** Seconds until ext4 commits names by itself: a power cut is to take whatever nobody synced, however long ago it was written. */
    private static final String LONG_COMMIT = "commit=600";
    private static final int UNMOUNT_TRIES_MAX = 20;
    private static final long UNMOUNT_PAUSE_MILLIS = 250;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle OPEN = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle IOCTL = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("ioctl"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("close"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final Path image;
    private final Path mountPoint;
    private final String type;
    private final Optional<Thread> reaper;
    private boolean mounted;

    /**
     * Makes and mounts one. When the process is told to stop it is taken out of the tree, whoever still uses it.
     *
     * @param parent existing directory for the image and the mount point
     * @param type "ext4" or "xfs"; its mkfs must be installed
     */
    LoopFileSystem(Path parent, String type) throws IOException, InterruptedException {
        this(parent, type, IMAGE_BYTES, true);
        make();
    }

    private LoopFileSystem(Path parent, String type, long bytes, boolean reaped) throws IOException {
        this.type = type;
        this.image = parent.resolve(type + ".img");
        this.mountPoint = Files.createDirectory(parent.resolve(type));
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
        this.reaper = reaped ? Optional.of(Thread.ofPlatform().unstarted(this::detach)) : Optional.empty();
        reaper.ifPresent(Runtime.getRuntime()::addShutdownHook);
    }

    /**
     * Makes and mounts one that a server uses which must be ended, and found by its directory, before the file system goes, also when the process
     * is told to stop.
     *
     * @param owner gets what unmounts and deletes it, before anything is mounted
     * @param bytes of the file system; the image takes as much of the disk as has ever been used of it
     */
    public static LoopFileSystem ownedBy(Consumer<Runnable> owner, Path parent, String type, long bytes) throws IOException, InterruptedException {
        LoopFileSystem made = new LoopFileSystem(parent, type, bytes, false);
        owner.accept(made::undo);
        made.make();
        return made;
    }

    private void make() throws IOException, InterruptedException {
        try {
            SystemCommand.run("mkfs." + type, "-q", image.toString());
            mount();
        } catch (IOException | InterruptedException failure) {
            close();
            throw failure;
        }
    }

    public Path mountPoint() {
        return mountPoint;
    }

    String type() {
        return type;
    }

    synchronized void mount() throws IOException, InterruptedException {
        SystemCommand.run("mount", "-t", type, "-o", type.equals("ext4") ? "loop," + LONG_COMMIT : "loop", image.toString(), mountPoint.toString());
        mounted = true;
    }

    /** The kernel may still hold a page of a process that has just died. */
    synchronized void unmount() throws IOException, InterruptedException {
        for (int tries = 1; mounted; tries++) {
            try {
                SystemCommand.run("umount", mountPoint.toString());
                mounted = false;
            } catch (IOException busy) {
                if (tries == UNMOUNT_TRIES_MAX) {
                    throw busy;
                }
                Thread.sleep(UNMOUNT_PAUSE_MILLIS);
            }
        }
    }

    /** From here on every write and sync fails, and what was not synced before is lost with {@link #unmount}. */
    void shutdown() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = (int) OPEN.invokeExact(arena.allocateFrom(mountPoint.toString()), 0);
            MemorySegment flags = arena.allocateFrom(ValueLayout.JAVA_INT, NO_LOG_FLUSH);
            int result = (int) IOCTL.invokeExact(descriptor, SHUTDOWN_REQUEST, flags);
            int closed = (int) CLOSE.invokeExact(descriptor);
            if (descriptor < 0 || result != 0 || closed != 0) {
                throw new IOException("shutdown of " + mountPoint + " failed: open=" + descriptor + " ioctl=" + result + " close=" + closed);
            }
        } catch (IOException failure) {
            throw failure;
        } catch (Throwable failure) {
            throw new IllegalStateException(failure);
        }
    }

    /** Out of the tree now, out of the kernel when nobody uses it any more. */
    private void detach() {
        try {
            if (mounted) {
                SystemCommand.run("umount", "--lazy", mountPoint.toString());
                mounted = false;
            }
        } catch (IOException | InterruptedException failure) {
            System.err.println("left mounted: " + mountPoint + ": " + failure);
        }
    }

    private void undo() {
        try {
            close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        try {
            unmount();
        } catch (IOException busy) {
            detach();
        } catch (InterruptedException e) {
            detach();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(image);
        Files.deleteIfExists(mountPoint);
        try {
            reaper.ifPresent(Runtime.getRuntime()::removeShutdownHook);
        } catch (IllegalStateException stopping) {
            // the hook is running
        }
    }
}
