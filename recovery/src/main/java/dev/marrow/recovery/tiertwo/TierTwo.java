package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.Stub;
import dev.marrow.bpf.libbpf.ThreadPriority;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogScan;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Values that are longer than the table's largest record. The table has a {@link Stub} in such a value's place; its bytes are in a Chronicle Map file, cut into
 * chunks. Base and log are the only durable truth, for these values as for all others: the map is made anew from them where it cannot be trusted.
 *
 * <ol>
 * <li>An {@link Upload} takes the bytes as they come: each chunk goes into the map, and through the kernel's ring into the log.
 * <li>A transaction commits the stub, behind the chunks in the ring; so a durable stub has durable chunks. It says so ({@link #committed}).
 * <li>A reader {@link #open}s it: the chunks stay until he has closed it.
 * <li>The transaction that replaces or removes the stub frees the value ({@link #free}). Ids are not given twice, so nobody meets other bytes.
 * </ol>
 *
 * Nothing of Chronicle Map is loaded before the first large value. Opening takes a second or more and is done by a thread of its own; who needs it waits.
 */
public final class TierTwo implements AutoCloseable {
    private static final String MAP_FILE = "chunks";
    private static final long PERIOD_MILLIS = 100;
    private static final int NICE = 10;

    /** Where large values are to come from when the store opens. */
    public enum Source {
        /** There are none. */
        NOTHING,
        /** The map that is there. */
        MAP,
        /** Base and log. */
        LOG
    }

    private enum State { CLOSED, OPENING, OPEN, UNAVAILABLE, FAILED }

    /** What it takes to open the map and to look for who refers to what in it. */
    private record Opening(KernelStore store, IoSlot slot, LogDirectory directory, Source source, Optional<LogScan> log, Optional<MemorySegment> rest) {}

    /** The log of a running server. */
    @FunctionalInterface
    public interface LiveLog {
        /** Waits until all that is in the kernel's ring now is in the log; returns how far it goes then. */
        LogScan drained() throws IOException, InterruptedException;
    }

    private final Path directory;
    private final long bytesMax;
    private final Pins pins = new Pins();
    private final Map<Long, Upload> uploads = new ConcurrentHashMap<>();
    private final List<CommitTracker> trackers = new ArrayList<>();
    private final ConcurrentLinkedQueue<MemorySegment> buffers = new ConcurrentLinkedQueue<>();
    private final LinkedBlockingQueue<Stub> frees = new LinkedBlockingQueue<>();
    private final AtomicInteger freeing = new AtomicInteger();
    private final CountDownLatch settled = new CountDownLatch(1);
    private final CompletableFuture<LiveLog> liveLog = new CompletableFuture<>();
    private final Thread thread = Thread.ofPlatform().name("marrow-tier-two").daemon().unstarted(this::run);
    private Optional<Opening> opening = Optional.empty();
    private Consumer<Throwable> onFailure = failure -> {};
    private volatile State state = State.CLOSED;
    private volatile Optional<ChunkMap> map = Optional.empty();
    private volatile String unavailable = "";
    private volatile boolean collectWanted;
    private volatile boolean closing;
    /** A lock of the map may be held for ever, by a write that did not come to its end. */
    private volatile boolean broken;
    private boolean started;

    /**
     * @param directory of the map, made when there is something to put there
     * @param bytesMax  of all large values together; 0: there shall be none
     */
    public TierTwo(Path directory, long bytesMax) {
        this.directory = directory;
        this.bytesMax = bytesMax;
    }

    // ---- life ----

    /**
     * The tables are there. Begins to open the map when they hold large values.
     *
     * @param slot   nobody else's, ever
     * @param log    the log as it is before the server writes to it; empty: tables were adopted, and what the log lacks is in the ring ({@link #logRuns})
     * @param rest   of a log that has failed: the ring's records behind it, which will not get into it before the map is open
     */
    public void begin(KernelStore store, IoSlot slot, LogDirectory logDirectory, Source source, Optional<LogScan> log, Optional<MemorySegment> rest) {
        opening = Optional.of(new Opening(store, slot, logDirectory, source, log, rest));
        if (source != Source.NOTHING) {
            store.control().hasLargeValues();
            want();
        }
    }

    /** Hears of what must not happen: values that are gone. */
    public void onFailure(Consumer<Throwable> listener) {
        onFailure = listener;
        if (state == State.FAILED) {
            listener.accept(new IOException(unavailable));
        }
    }

    /** What the directory's map is good for, when the tables were just filled from base and log. */
    public Source sourceOfColdStart(long stubsLoaded, long tablesBefore, boolean cleanStop) throws IOException {
        if (stubsLoaded == 0) {
            Files.deleteIfExists(directory.resolve(MAP_FILE));
            return Source.NOTHING;
        }
        Optional<TierTwoState> found = TierTwoState.read(directory);
        boolean ours = found.isPresent() && found.get().content() == TierTwoState.Content.CLEAN && found.get().tables() == tablesBefore
                && cleanStop;
        return ours ? Source.MAP : Source.LOG;
    }

    /** The same when the tables were adopted: the map, unless an earlier process had not filled it yet, or it is gone. */
    public Source sourceOfWarmStart(KernelStore store) throws IOException {
        if (!store.control().hasHadLargeValues()) {
            return Source.NOTHING;
        }
        boolean whole = Files.exists(directory.resolve(MAP_FILE)) && TierTwoState.read(directory)
                .filter(found -> found.tables() == store.control().tablesId() && found.content() != TierTwoState.Content.FILLING).isPresent();
        return whole ? Source.MAP : Source.LOG;
    }

    /** The log of adopted tables is written again. */
    public void logRuns(LiveLog log) {
        liveLog.complete(log);
    }

    /** Begins to open the map, if nobody has. */
    public synchronized void want() {
        if (!started && !closing && opening.isPresent()) {
            started = true;
            state = State.OPENING;
            thread.start();
        }
    }

    /** Waits until the map is open, if it is to be. */
    public void await() throws IOException, InterruptedException {
        synchronized (this) {
            if (!started) {
                return;
            }
        }
        settled.await();
        if (state == State.FAILED) {
            throw new IOException(unavailable);
        }
    }

    /** Whether base and log are being read for the map: nothing of them may be deleted. */
    public boolean isOpening() {
        return state == State.OPENING;
    }

    boolean isOpen() {
        if (state == State.UNAVAILABLE || state == State.FAILED) {
            throw new TierTwoUnavailableException(unavailable);
        }
        return state == State.OPEN;
    }

    private void run() {
        try {
            openMap(opening.orElseThrow());
            settled.countDown();
            // not before: clients may wait for it
            ThreadPriority.lower(NICE);
            while (!closing) {
                work();
            }
        } catch (TierTwoUnavailableException e) {
            // only who stores a large value has to hear of it, unless there are some already
            unavailable = String.valueOf(e.getMessage());
            state = opening.orElseThrow().source() == Source.NOTHING ? State.UNAVAILABLE : State.FAILED;
            if (state == State.FAILED) {
                onFailure.accept(e);
            }
        } catch (Throwable failure) {
            unavailable = "tier two has failed: " + failure;
            state = State.FAILED;
            if (!jvmEnds()) {
                onFailure.accept(failure);
            }
        } finally {
            settled.countDown();
        }
    }

    /** Classes of Chronicle's want to add a hook when they are loaded, and cannot any more. What is not open then, the next start fills from the log. */
    private static boolean jvmEnds() {
        Thread hook = Thread.ofPlatform().unstarted(() -> { });
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            Runtime.getRuntime().removeShutdownHook(hook);
            return false;
        } catch (IllegalStateException ending) {
            return true;
        }
    }

    private void openMap(Opening from) throws IOException, InterruptedException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Path file = directory.resolve(MAP_FILE);
        long tables = from.store().control().tablesId();
        boolean fills = from.source() != Source.MAP || from.log().isPresent();
        if (fills) {
            new TierTwoState(tables, TierTwoState.Content.FILLING).write(directory);
        }
        ChunkMap opened = switch (from.source()) {
            case NOTHING -> ChunkMap.create(file, bytesMax);
            case MAP -> adopt(from, file);
            case LOG -> rebuild(from, file);
        };
        map = Optional.of(opened);
        if (fills) {
            new TierTwoState(tables, TierTwoState.Content.WHOLE).write(directory);
        }
        state = State.OPEN;
    }

    private ChunkMap adopt(Opening from, Path file) throws IOException, InterruptedException {
        Optional<ChunkMap> found;
        String reason = "chunks are missing";
        try {
            found = Optional.of(ChunkMap.recover(file, bytesMax));
        } catch (IOException e) {
            found = Optional.empty();
            reason = String.valueOf(e.getMessage());
        }
        if (found.isPresent()) {
            if (Orphans.remove(found.get(), from.store(), from.slot())) {
                return found.get();
            }
            found.get().close();
        }
        if (from.log().isEmpty() && from.rest().isPresent()) {
            throw new IOException("neither the map of the large values, " + file + " (" + reason + "), nor the log can be used");
        }
        return rebuild(from, file);
    }

    private ChunkMap rebuild(Opening from, Path file) throws IOException, InterruptedException {
        ChunkMap fresh = ChunkMap.create(file, bytesMax);
        try {
            LogScan log = from.log().isPresent() ? from.log().get() : drainedLog();
            ChunkReplay.run(fresh, from.store(), from.slot(), from.directory(), log, from.rest().orElse(MemorySegment.NULL));
            return fresh;
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            fresh.close();
            throw e;
        }
    }

    private LogScan drainedLog() throws IOException, InterruptedException {
        try {
            return liveLog.get().drained();
        } catch (ExecutionException | CancellationException ended) {
            throw new IOException("the log does not run", ended);
        }
    }

    /** What the thread does when the map is open: gives chunks back. */
    private void work() throws IOException, InterruptedException {
        if (collectWanted) {
            collectWanted = false;
            collect();
        }
        Stub next = frees.poll(PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        if (next != null) {
            remove(next);
        }
    }

    private void remove(Stub stub) {
        ChunkMap chunks = map.orElseThrow();
        for (int index = 0; index < stub.chunks(); index++) {
            chunks.remove(stub.id(), index);
        }
        pins.freed(stub.id());
        freeing.decrementAndGet();
    }

    /** Ends without more ado: the map may be adopted by whoever adopts the tables. */
    @Override
    public void close() {
        synchronized (this) {
            closing = true;
            if (!started || broken) {
                return;
            }
        }
        enqueue(new Stub(0, 0));    // wakes it
        liveLog.cancel(false);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        map.ifPresent(ChunkMap::close);
        map = Optional.empty();
        state = State.CLOSED;
    }

    /** At the end of a clean stop: what is in the map then is what the sealed log says. */
    public void closeClean() throws IOException {
        boolean open = state == State.OPEN;
        close();
        if (!open) {
            return;
        }
        try (FileChannel file = FileChannel.open(directory.resolve(MAP_FILE), StandardOpenOption.WRITE)) {
            file.force(true);
        }
        new TierTwoState(opening.orElseThrow().store().control().tablesId(), TierTwoState.Content.CLEAN).write(directory);
    }

    // ---- values ----

    /** Most bytes of one value that it can hold at all. */
    public long bytesMax() {
        return bytesMax;
    }

    /** Bytes of the chunks that are there. */
    public long bytes() {
        return map.map(ChunkMap::bytes).orElse(0L);
    }

    /** What it is doing, in one word, for INFO. */
    public String describe() {
        return bytesMax == 0 ? "off" : state.name().toLowerCase(Locale.ROOT);
    }

    /** Begins a value of so many bytes, more than {@link Abi#VALUE_BYTES_MAX}. */
    public Upload upload(long length) {
        long id = opening.orElseThrow().store().control().nextLargeId();
        Upload upload = new Upload(this, new Stub(id, length));
        uploads.put(id, upload);
        return upload;
    }

    /**
     * Stubs are in the table now. Called by the committing thread before it leaves the staging area's monitor.
     *
     * @param stubs new ones, and old ones that were put under another key or with another deadline
     */
    public void committed(Collection<Stub> stubs) {
        for (Stub stub : stubs) {
            Optional.ofNullable(uploads.remove(stub.id())).ifPresent(Upload::committed);
            trackers.forEach(tracker -> tracker.add(stub));
        }
    }

    /** To be read; empty: it was freed, so its key has changed. */
    public Optional<LargeValue> open(Stub stub) {
        if (!isOpen() || !pins.pin(stub.id())) {
            return Optional.empty();
        }
        ChunkMap chunks = map.orElseThrow();
        if (chunks.length(stub.id(), 0) < 0) {
            unpin(stub);
            return Optional.empty();
        }
        return Optional.of(new LargeValue(this, chunks, stub));
    }

    /** Whether values can be read now; if not, it is seen to that they can soon. */
    public boolean isReady() {
        if (isOpen()) {
            return true;
        }
        want();
        return false;
    }

    void unpin(Stub stub) {
        if (pins.unpin(stub.id())) {
            enqueue(stub);
        }
    }

    /** No key refers to it any more. */
    public void free(Stub stub) {
        if (pins.doom(stub.id())) {
            enqueue(stub);
        }
    }

    private void enqueue(Stub stub) {
        freeing.incrementAndGet();
        frees.add(stub);
    }

    /** Many keys are gone at once, by FLUSHALL: whatever nobody refers to is looked for and given back. */
    public void collectSoon() {
        collectWanted = true;
    }

    void abandon(Upload upload) {
        uploads.remove(upload.stub().id());
        if (upload.chunksStored() > 0) {
            free(upload.stub());
        }
    }

    /** False: there is no room yet, but some is being given back. */
    boolean store(long id, int index, MemorySegment chunk) {
        boolean waits = freeing.get() > 0;
        try {
            map.orElseThrow().put(id, index, chunk);
            return true;
        } catch (TierTwoFullException full) {
            if (waits) {
                return false;
            }
            throw full;
        } catch (InternalError unwritable) {
            // the JVM's word for a page of a mapping that the disk has no room for: fail-stop, as with any write that fails (I7)
            broken = true;
            IOException failure = new IOException("a page of " + directory.resolve(MAP_FILE) + " could not be written; is the disk full?", unwritable);
            onFailure.accept(failure);
            throw new TierTwoUnavailableException(failure.getMessage());
        }
    }

    MemorySegment takeBuffer() {
        MemorySegment buffer = buffers.poll();
        return buffer != null ? buffer : Arena.ofAuto().allocate(Abi.VALUE_BYTES_MAX, Long.BYTES);
    }

    void giveBuffer(MemorySegment buffer) {
        buffers.add(buffer);
    }

    // ---- scans of the table beside transactions ----

    /** Everything that is committed from now on is told to the tracker; with it the values on their way in. */
    Map<Long, Upload> track(CommitTracker tracker) {
        synchronized (monitor()) {
            trackers.add(tracker);
            return Map.copyOf(uploads);
        }
    }

    void untrack(CommitTracker tracker) {
        synchronized (monitor()) {
            trackers.remove(tracker);
        }
    }

    Object monitor() {
        return opening.orElseThrow().store().staging();
    }

    Map<Long, Upload> uploads() {
        return uploads;
    }

    KernelStore tables() {
        return opening.orElseThrow().store();
    }

    /** Gives back what nobody refers to, while transactions go on. */
    private void collect() {
        ChunkMap chunks = map.orElseThrow();
        Map<Long, Integer> found = new HashMap<>();
        chunks.forEach((id, index, length) -> found.merge(id, index + 1, Math::max));
        CommitTracker tracker = new CommitTracker(Long.MAX_VALUE);
        found.keySet().removeAll(track(tracker).keySet());
        try {
            found.keySet().removeAll(StubScan.run(tables(), opening.orElseThrow().slot()).keySet());
            synchronized (monitor()) {
                found.keySet().removeAll(tracker.take().keySet());
            }
        } finally {
            untrack(tracker);
        }
        found.forEach((id, count) -> free(new Stub(id, (long) count * Abi.VALUE_BYTES_MAX)));
    }

    /** The large values' part of a checkpoint that begins now, its log in a new segment already. */
    public ChunkCheckpoint checkpoint() {
        return new ChunkCheckpoint(this);
    }
}
