package dev.marrow.stress.fuse;

import dev.marrow.stress.SystemCommand;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.cryptomator.jfuse.api.Fuse;
import org.cryptomator.jfuse.api.FuseBuilder;
import org.cryptomator.jfuse.api.FuseMountFailedException;

/**
 * A file system in this process's memory that loses, tears and reorders what was not synced when its power goes, and fails the calls it is told to
 * fail. Needs root, /dev/fuse and libfuse3. Closing unmounts it and forgets what it holds.
 *
 * <p>This process may open, read and delete its files, but must not map them: a thread that waits for a page stops the collector, and the thread that
 * should bring the page waits for the collector.
 */
public final class SectorMount implements AutoCloseable {
    private static final List<Path> LIBRARY_DIRECTORIES = List.of(Path.of("/usr/lib/x86_64-linux-gnu"), Path.of("/usr/lib64"), Path.of("/usr/lib"));
    private static final String DATA = "data";
    private static final int UNMOUNT_TRIES_MAX = 20;
    private static final long UNMOUNT_PAUSE_MILLIS = 250;

    private final Path mountPoint;
    private final Faults faults = new Faults();
    private final Survival failedSyncs;
    private final Thread reaper;
    private SectorFileSystem fileSystem;
    private Fuse fuse;
    private boolean mounted;

    /**
     * Makes and mounts one that is empty but for {@link #dataDir}.
     *
     * @param parent existing directory for the mount point
     * @param seed decides what failed syncs lose
     */
    public SectorMount(Path parent, long seed) throws IOException {
        this.mountPoint = Files.createDirectory(parent.resolve("sectors"));
        this.failedSyncs = Survival.random(seed);
        this.reaper = Thread.ofPlatform().unstarted(this::detach);
        Runtime.getRuntime().addShutdownHook(reaper);
        SectorDisk disk = new SectorDisk();
        disk.add("/" + DATA, new DirectoryNode(0700));
        disk.directory("/").orElseThrow().sync();
        try {
            mount(disk);
        } catch (IOException failure) {
            close();
            throw failure;
        }
    }

    /** For a server's data. Its own name is durable from the beginning, as if an administrator had made it long ago. */
    public Path dataDir() {
        return mountPoint.resolve(DATA);
    }

    public Faults faults() {
        return faults;
    }

    /** How much of this process's heap the files take. At two thirds of the heap the disk is full. */
    public long bytesUsed() {
        return fileSystem.bytesUsed();
    }

    /**
     * Until the next power cut, syncs of these succeed and do nothing: the negative control of tests.
     *
     * @param paths of files and directories, absolute, from the root of this file system
     */
    public void lie(Predicate<String> paths) {
        fileSystem.lie(paths);
    }

    /**
     * A power cut and the reboot after it: unmounted, mounted again with what survived. No process may use it any more.
     *
     * @param survival decides what that is
     */
    public void cut(Survival survival) throws IOException, InterruptedException {
        faults.powerOff();
        unmount();
        SectorDisk disk = fileSystem.survivor(survival);
        faults.heal();
        mount(disk);
    }

    /**
     * As {@link #cut} with everything synced, but then one sector that was synced is not what it was.
     *
     * @param file absolute, on this file system
     * @param offset in bytes; its sector becomes zeros
     */
    public void damage(Path file, long offset) throws IOException, InterruptedException {
        faults.powerOff();
        unmount();
        SectorDisk disk = fileSystem.survivor(Survival.ofSynced());
        String path = "/" + mountPoint.relativize(file);
        disk.file(path).orElseThrow(() -> new IOException("no synced file " + path)).damage(offset);
        faults.heal();
        mount(disk);
    }

    private void mount(SectorDisk disk) throws IOException {
        FuseBuilder builder = Fuse.builder();
        builder.setLibraryPath(library().toString());
        fileSystem = new SectorFileSystem(builder.errno(), disk, faults, failedSyncs);
        fuse = builder.build(fileSystem);
        try {
            // one thread: the calls have an order; never forget a node: inode numbers stay, by which a store knows its directory
            fuse.mount("marrow-sectors", mountPoint, "-s", "-o", "noforget,fsname=marrow-sectors");
            mounted = true;
        } catch (FuseMountFailedException failure) {
            throw new IOException("cannot mount a FUSE file system at " + mountPoint, failure);
        }
    }

    /** By its file name: the link without a number belongs to the development package. */
    private static Path library() throws IOException {
        for (Path directory : LIBRARY_DIRECTORIES) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "libfuse3.so.[0-9]*")) {
                for (Path library : found) {
                    return library;
                }
            }
        }
        throw new IOException("no libfuse3 in " + LIBRARY_DIRECTORIES + " (Debian: libfuse3-3)");
    }

    /** The kernel may still hold a file of a process that has just died. */
    private void unmount() throws IOException, InterruptedException {
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
        closeFuse();
    }

    private void closeFuse() throws IOException {
        try {
            fuse.close();
        } catch (TimeoutException stuck) {
            throw new IOException("FUSE goes on at " + mountPoint, stuck);
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

    @Override
    public void close() throws IOException {
        try {
            unmount();
        } catch (IOException busy) {
            detach();
        } catch (InterruptedException e) {
            detach();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(mountPoint);
        try {
            Runtime.getRuntime().removeShutdownHook(reaper);
        } catch (IllegalStateException stopping) {
            // the hook is running
        }
    }
}
