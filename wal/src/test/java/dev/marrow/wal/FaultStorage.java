package dev.marrow.wal;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A file system in memory that knows what is synced and what is not. It fails the call it is told to fail, and a power cut leaves of
 * each unsynced 512-byte sector the new, the old, or a torn mixture, in any order, and of unsynced directory changes any first few.
 */
final class FaultStorage implements Storage {

    private static final int SECTOR = 512;

    /** How syncing lies; the negative controls of the tests. */
    enum Force { HONEST, NOTHING, LATE, NO_DIRECTORIES }

    private static final class Node {
        byte[] live = new byte[0];
        byte[] durable = new byte[0];
        final BitSet dirty = new BitSet();

        void sync() {
            durable = live.clone();
            dirty.clear();
        }
    }

    private record Entry(Path path, Node node, boolean present) {}

    private final Set<Path> directories = new HashSet<>();
    private final Map<Path, Node> files = new TreeMap<>();
    private final Map<Path, Node> durableFiles = new TreeMap<>();
    private final List<Entry> unsyncedEntries = new ArrayList<>();
    private final Set<Path> locks = new HashSet<>();
    private final List<Runnable> lateSyncs = new ArrayList<>();

    Force force = Force.HONEST;
    long calls;
    long bytesWritten;
    long failAtCall = -1;
    long offAtCall = -1;
    boolean faultFired;
    boolean faultWasLogForce;
    int logForcesAfterFault;
    /** Syncs that claim success and do nothing, by what they are: "force PATH", "sync directory PATH". */
    Predicate<String> ignored = what -> false;
    private boolean off;

    private boolean call(String what) throws IOException {
        if (off) {
            throw new IOException("power is off: " + what);
        }
        calls++;
        if (calls == offAtCall) {
            off = true;
            throw new IOException("power cut at " + what);
        }
        if (calls == failAtCall) {
            faultFired = true;
            return false;
        }
        return true;
    }

    private void callOrFail(String what) throws IOException {
        if (!call(what)) {
            throw new IOException("injected at call " + calls + ": " + what);
        }
    }

    synchronized boolean off() {
        return off;
    }

    /** Takes the power away and returns what the disk may hold afterwards; another call, another possibility. */
    synchronized FaultStorage powerCut(Random random) {
        off = true;
        FaultStorage image = new FaultStorage();
        image.directories.addAll(directories);
        Map<Path, Node> names = new TreeMap<>(durableFiles);
        for (Entry entry : unsyncedEntries.subList(0, random.nextInt(unsyncedEntries.size() + 1))) {
            apply(names, entry);
        }
        names.forEach((path, node) -> image.put(path, survivor(node, random)));
        return image;
    }

    private void put(Path path, byte[] content) {
        Node node = new Node();
        node.live = content;
        node.sync();
        files.put(path, node);
        durableFiles.put(path, node);
    }

    private static byte[] survivor(Node node, Random random) {
        byte[] result = Arrays.copyOf(node.durable, random.nextBoolean() ? node.durable.length : node.live.length);
        for (int sector = node.dirty.nextSetBit(0); sector >= 0; sector = node.dirty.nextSetBit(sector + 1)) {
            int from = sector * SECTOR;
            int to = Math.min(Math.min(from + SECTOR, result.length), node.live.length);
            int cut = switch (random.nextInt(4)) {
                case 0 -> from;
                case 1 -> from + random.nextInt(SECTOR);
                default -> to;
            };
            if (Math.min(cut, to) > from) {
                System.arraycopy(node.live, from, result, from, Math.min(cut, to) - from);
            }
        }
        return result;
    }

    /** The content of a file, to be damaged in place. */
    synchronized byte[] content(Path path) {
        return files.get(path).live;
    }

    synchronized void remove(Path path) {
        files.remove(path);
        durableFiles.remove(path);
    }

    synchronized void resize(Path path, int bytes) {
        files.get(path).live = Arrays.copyOf(files.get(path).live, bytes);
        files.get(path).sync();
    }

    /** A copy as a killed process leaves it: everything written is there, nothing is locked. */
    synchronized FaultStorage killed() {
        FaultStorage image = new FaultStorage();
        image.directories.addAll(directories);
        files.forEach((path, node) -> image.put(path, node.live.clone()));
        return image;
    }

    synchronized boolean unsynced() {
        return files.values().stream().anyMatch(node -> !node.dirty.isEmpty());
    }

    private static void apply(Map<Path, Node> entries, Entry entry) {
        if (entry.present()) {
            entries.put(entry.path(), entry.node());
        } else {
            entries.remove(entry.path());
        }
    }

    private void change(Entry... entries) {
        for (Entry entry : entries) {
            apply(files, entry);
            unsyncedEntries.add(entry);
        }
    }

    @Override
    public synchronized boolean exists(Path path) throws IOException {
        callOrFail("exists " + path);
        return files.containsKey(path) || directories.contains(path);
    }

    @Override
    public synchronized void createDirectories(Path directory) throws IOException {
        callOrFail("mkdir " + directory);
        directories.add(directory);
    }

    @Override
    public synchronized List<String> list(Path directory) throws IOException {
        callOrFail("list " + directory);
        return files.keySet().stream().filter(path -> path.getParent().equals(directory)).map(path -> path.getFileName().toString()).toList();
    }

    @Override
    public synchronized StorageFile create(Path path) throws IOException {
        callOrFail("create " + path);
        if (files.containsKey(path)) {
            throw new IOException("exists: " + path);
        }
        change(new Entry(path, new Node(), true));
        return new OpenFile(path, files.get(path));
    }

    @Override
    public synchronized StorageFile open(Path path) throws IOException {
        callOrFail("open " + path);
        if (!files.containsKey(path)) {
            throw new NoSuchFileException(path.toString());
        }
        return new OpenFile(path, files.get(path));
    }

    @Override
    public StorageFile openReadOnly(Path path) throws IOException {
        return open(path);
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        callOrFail("rename " + from);
        // One journal transaction: both or neither is what a prefix of single entries could not say, so the old name may linger.
        change(new Entry(to, files.get(from), true), new Entry(from, files.get(from), false));
    }

    @Override
    public synchronized void delete(Path path) throws IOException {
        callOrFail("delete " + path);
        change(new Entry(path, files.get(path), false));
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        callOrFail("sync directory " + directory);
        if (force == Force.NO_DIRECTORIES || ignored.test("sync directory " + directory)) {
            return;
        }
        unsyncedEntries.stream().filter(entry -> entry.path().getParent().equals(directory)).forEach(entry -> apply(durableFiles, entry));
        unsyncedEntries.removeIf(entry -> entry.path().getParent().equals(directory));
    }

    @Override
    public synchronized Closeable lock(Path path) throws IOException {
        callOrFail("lock " + path);
        if (!locks.add(path)) {
            throw new DirectoryInUseException(path);
        }
        return () -> {
            synchronized (this) {
                locks.remove(path);
            }
        };
    }

    private final class OpenFile implements StorageFile {
        private final Path path;
        private final Node node;

        OpenFile(Path path, Node node) {
            this.path = path;
            this.node = node;
        }

        @Override
        public long size() throws IOException {
            synchronized (FaultStorage.this) {
                callOrFail("size " + path);
                return node.live.length;
            }
        }

        @Override
        public void write(ByteBuffer[] sources, long position) throws IOException {
            synchronized (FaultStorage.this) {
                boolean whole = off || call("write " + path);
                if (off) {
                    throw new IOException("power is off");
                }
                int remaining = Arrays.stream(sources).mapToInt(ByteBuffer::remaining).sum();
                ByteBuffer all = ByteBuffer.allocate(remaining);
                for (ByteBuffer source : sources) {
                    all.put(source);
                }
                // A write that fails may have written its first half.
                int length = whole ? remaining : remaining / 2;
                bytesWritten += length;
                int at = (int) position;
                node.live = at + length > node.live.length ? Arrays.copyOf(node.live, at + length) : node.live;
                System.arraycopy(all.array(), 0, node.live, at, length);
                node.dirty.set(at / SECTOR, (at + Math.max(length, 1) - 1) / SECTOR + 1);
                if (!whole) {
                    throw new IOException("injected at call " + calls + ": write " + path);
                }
            }
        }

        @Override
        public MemorySegment map(long bytes, Arena arena) throws IOException {
            synchronized (FaultStorage.this) {
                callOrFail("map " + path);
                return MemorySegment.ofArray(Arrays.copyOf(node.live, (int) bytes)).asReadOnly();
            }
        }

        @Override
        public void force() throws IOException {
            synchronized (FaultStorage.this) {
                logForcesAfterFault += faultFired && path.toString().endsWith(".wal") ? 1 : 0;
                faultWasLogForce |= calls + 1 == failAtCall && path.toString().endsWith(".wal");
                callOrFail("force " + path);
                if (ignored.test("force " + path)) {
                    return;
                }
                switch (force) {
                    case HONEST, NO_DIRECTORIES -> node.sync();
                    case NOTHING -> { }
                    case LATE -> {
                        lateSyncs.forEach(Runnable::run);
                        lateSyncs.clear();
                        lateSyncs.add(node::sync);
                    }
                }
            }
        }

        @Override
        public void truncate(long bytes) throws IOException {
            synchronized (FaultStorage.this) {
                callOrFail("truncate " + path);
                node.live = Arrays.copyOf(node.live, (int) bytes);
            }
        }

        @Override
        public void close() throws IOException {
            // Closing needs no disk.
        }
    }
}
