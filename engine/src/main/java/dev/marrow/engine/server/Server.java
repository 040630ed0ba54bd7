package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.BpfFs;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.bpf.StoreMaps;
import dev.marrow.engine.command.CheckpointInfo;
import dev.marrow.engine.command.ColdCommands;
import dev.marrow.engine.command.Diagnostics;
import dev.marrow.engine.command.ServerControl;
import dev.marrow.engine.command.StoreInfo;
import dev.marrow.engine.config.ConfigException;
import dev.marrow.engine.config.ServerConfig;
import dev.marrow.recovery.StartReport;
import dev.marrow.recovery.StoreOpener;
import dev.marrow.recovery.tiertwo.TierTwo;
import dev.marrow.wal.Durability;
import dev.marrow.wal.DurabilityListener;
import dev.marrow.wal.FileStorage;
import dev.marrow.wal.LogCutPlace;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogStats;
import dev.marrow.wal.LogWriter;
import dev.marrow.wal.LogWriterOptions;
import dev.marrow.wal.Storage;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.nio.channels.SocketChannel;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A running store with its server door. Start: lock the directory, adopt or rebuild the tables, start the log, listen. Stop:
 * close the door, drain, sync, seal, unpin.
 */
public final class Server implements ServerControl, AutoCloseable {
    private static final String TIER_TWO_NAME = "tier-two";
    private static final String VERSION = "0.1.0";
    private static final int CLIENT_HEAP_DIVISOR = 4;
    private static final int HEAP_VALUE_DIVISOR = 8;
    private static final int RING_WAKE_DIVISOR = 4;
    private static final long DRAIN_NANOS_MAX = 10_000_000_000L;
    /** I2: a log that is behind by more than its second and a slow sync acknowledges nothing at once, as Redis does after two seconds. */
    private static final long LOG_LATE_NANOS = 2_000_000_000L;

    private final PrintStream console;
    private final LogDirectory directory;
    private final KernelStore store;
    private final StartReport report;
    private final LogWriter log;
    private final TierTwo tierTwo;
    private final MemoryThread memory;
    private final Acceptor acceptor;
    private final ExpiryThread expiry;
    private final CheckpointThread checkpoints;
    private final Optional<OnHostDoor> onHost;
    private final CommandGate gate;
    private final ServerClients clients;
    private final Diagnostics diagnostics = new Diagnostics();
    private final List<EventLoop> loops = new ArrayList<>();
    private final CountDownLatch stopRequested = new CountDownLatch(1);
    private final String runId;
    private final long startTimeMillis = System.currentTimeMillis();
    private final long clientBytesMax;
    private final long ringWakeBytes;

    private volatile ServerConfig config;
    private volatile Throwable failure;
    private volatile boolean logLate;
    private volatile Traffic trafficBase = new Traffic(0, 0, 0, 0, 0);

    /**
     * Starts a server.
     *
     * @param console where the start is reported
     * @throws IOException the directory, the log or the address cannot be used; the message says which and why
     */
    public Server(ServerConfig config, PrintStream console) throws IOException {
        this(config, console, Optional.empty());
    }

    /** @param cut where a damaged log may be cut */
    public Server(ServerConfig config, PrintStream console, Optional<LogCutPlace> cut) throws IOException {
        this(config, console, cut, new FileStorage(), OnHostDoor::attach);
    }

    /** @param storage what the log is kept on; tests put faults behind it */
    Server(ServerConfig config, PrintStream console, Storage storage) throws IOException {
        this(config, console, Optional.empty(), storage, OnHostDoor::attach);
    }

    /** How the on-host door is made; tests load programs that are broken on purpose. */
    @FunctionalInterface
    interface OnHostFactory {
        OnHostDoor attach(StoreMaps store, ServerConfig config, int port, List<InetAddress> listeners) throws IOException;
    }

    Server(ServerConfig config, PrintStream console, Optional<LogCutPlace> cut, Storage storage, OnHostFactory onHostFactory) throws IOException {
        this.config = config;
        this.console = console;
        byte[] id = new byte[20];
        new SecureRandom().nextBytes(id);
        this.runId = HexFormat.of().formatHex(id);
        this.clientBytesMax = Runtime.getRuntime().maxMemory() / CLIENT_HEAP_DIVISOR / config.eventLoops();
        this.ringWakeBytes = config.ringBytes() / RING_WAKE_DIVISOR;
        this.directory = LogDirectory.open(config.dir(), storage);
        Opening opening = new Opening();
        try {
            this.acceptor = opening.add(new Acceptor(this, config.bind(), config.port()), Acceptor::stop);
            StoreGeometry geometry = new StoreGeometry(config.capacity(), config.memoryBytes(), config.ringBytes());
            // two slots a loop (its batch, its cold commands), one for expiry, one for checkpoints, one for tier two
            int slots = 2 * config.eventLoops() + 3;
            this.tierTwo = opening.add(new TierTwo(config.dir().resolve(TIER_TWO_NAME), config.tierTwoBytes()), TierTwo::close);
            LogWriterOptions atStart = LogWriterOptions.defaults().withDurability(config.durability()).withSegmentBytes(config.logSegmentBytes());
            OnHostStart onHostStart = opening.add(new OnHostStart(maps -> onHostFactory.attach(maps, config, acceptor.port(), acceptor.addresses())),
                    OnHostStart::undo);
            StoreOpener.OnMaps onMaps = config.onHost() ? onHostStart::begin : StoreOpener.OnMaps.NOBODY;
            StoreOpener.Opened opened = StoreOpener.open(directory, new StoreOpener.Options(geometry, slots, atStart, cut, tierTwo, onMaps, console));
            this.store = opening.add(opened.store(), KernelStore::close);
            store.staging().limitRedo(atStart.redoBytesMax());
            this.report = opened.report();
            this.memory = opening.add(new MemoryThread(store, console, this::lookAfter, this::fail), thread -> { });
            // never behind the time that programs have used: what has expired stays expired after a cold start
            LongSupplier clock = () -> Math.max(System.currentTimeMillis(), store.control().clockFloorMillis());
            LogWriterOptions options = atStart.withClockMillis(clock);
            this.log = new LogWriter(store.ring(), directory, opened.logStart(), options, new LogEvents());
            this.onHost = config.onHost() ? Optional.of(onHostStart.await()) : Optional.empty();
            this.gate = new CommandGate(config.eventLoops(), onHost);
            this.clients = new ServerClients(this, gate);
            this.expiry = new ExpiryThread(this, store.slot(slots - 3));
            this.checkpoints = new CheckpointThread(this, directory, options, store.slot(slots - 2));
            for (int i = 0; i < config.eventLoops(); i++) {
                KernelDoor door = new KernelDoor(this, store.slot(2 * i + 1));
                loops.add(new EventLoop(this, i, store.slot(2 * i), new ColdCommands(door, this), new UploadArguments(this, door)));
            }
        } catch (IOException | RuntimeException | Error e) {
            opening.undo(e);
            directory.close();
            throw e;
        }
        tierTwo.onFailure(this::fail);
        log.start();
        tierTwo.logRuns(() -> log.awaitWritten(store.ring().producerPosition()));
        memory.start();
        expiry.start();
        checkpoints.start();
        loops.forEach(EventLoop::start);
        vouchForLog();
        onHost.ifPresent(OnHostDoor::open);
        acceptor.start();
    }

    /** What a start that fails half-way has to take back. */
    private static final class Opening {
        private interface Undo {
            void run() throws Exception;
        }

        private interface Closer<T> {
            void close(T resource) throws Exception;
        }

        private final List<Undo> undo = new ArrayList<>();

        <T> T add(T resource, Closer<T> closer) {
            undo.addFirst(() -> closer.close(resource));
            return resource;
        }

        void undo(Throwable cause) {
            for (Undo step : undo) {
                try {
                    step.run();
                } catch (Exception e) {
                    cause.addSuppressed(e);
                }
            }
        }
    }

    private final class LogEvents implements DurabilityListener {
        @Override
        public void onWritten(long lsn) {
            store.control().logLsn(lsn);
        }

        @Override
        public void onDurable(long position) {
            store.control().durable(position);
            for (EventLoop loop : loops) {
                loop.durableMoved();
            }
        }

        /** The pins say it first: the disk that failed may never take the marker, and a start after a kill must not trust it. */
        @Override
        public void onFailing() {
            store.control().state(Abi.STATE_FAILED);
            onHost.ifPresent(OnHostDoor::shut);
        }

        @Override
        public void onFailure(Throwable cause) {
            fail(cause);
        }
    }

    // ---- life ----

    /** Waits until somebody asks for a stop or something breaks. */
    public void awaitStop() throws InterruptedException {
        stopRequested.await();
    }

    /** What broke, when {@link #awaitStop} returned for that reason. */
    public Throwable failure() {
        return failure;
    }

    /** Whether a stop has begun: nobody waits for long any more. */
    boolean isStopping() {
        return stopRequested.getCount() == 0;
    }

    /** Something that must not happen did: no more replies (I7). */
    void fail(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
        onHost.ifPresent(OnHostDoor::shut);
        stopRequested.countDown();
    }

    @Override
    public void shutdown(boolean save) {
        stopRequested.countDown();
    }

    /**
     * Stops. Clean: everything acknowledged and everything executed is synced, the log is sealed, the pins are removed. Every step
     * is tried, whatever the ones before it did; {@link #failure} says whether the stop was clean.
     */
    @Override
    public void close() throws IOException {
        stopRequested.countDown();
        step(acceptor::stop);
        // before the loops close their connections: whoever is acknowledged by the on-host door is in the log that is sealed below
        onHost.ifPresent(door -> step(door::drain));
        loops.forEach(EventLoop::stop);
        loops.forEach(loop -> step(loop::join));
        step(expiry::stop);
        step(checkpoints::stop);
        step(memory::stop);
        step(log::close);
        if (log.failed()) {
            fail(new IOException("the log failed"));
        }
        onHost.ifPresent(door -> step(door::close));
        step(() -> {
            if (failure == null) {
                tierTwo.closeClean();
            } else {
                tierTwo.close();
            }
        });
        if (failure == null) {
            step(store::close);
            step(() -> BpfFs.unpin(directory.instance()));
        }
        // after a failure a thread of the log may hang in a call on the ring's memory, so that stays mapped until the process ends
        step(directory::close);
        console.println(failure == null ? "stopped: log synced and sealed, pins removed" : "stopped after a failure: pins kept");
    }

    private interface Step {
        void run() throws Exception;
    }

    private void step(Step step) {
        try {
            step.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(e);
        } catch (Exception e) {
            fail(e);
        }
    }

    // ---- what the parts ask for ----

    /** Identity of the data directory, which its pins are named by. */
    byte[] instance() {
        return directory.instance();
    }

    KernelStore store() {
        return store;
    }

    /** What a connection that was just accepted is to the on-host door. */
    OnHostConnection registerOnHost(SocketChannel channel) {
        return onHost.map(door -> door.register(channel)).orElse(OnHostConnection.NONE);
    }

    /** For tests. */
    OnHostDoor onHostDoor() {
        return onHost.orElseThrow();
    }

    /** Called several times a second. */
    private void lookAfter() {
        loops.forEach(EventLoop::relieve);
        vouchForLog();
    }

    private void vouchForLog() {
        logLate = log.lagNanos() > LOG_LATE_NANOS;
        onHost.ifPresent(door -> {
            if (!logLate && !log.failed()) {
                door.logAlive();
            }
            if (door.shutIfUnsound()) {
                console.println("on-host: switched off, because the kernel could not give the reply of a command that was executed. A kernel"
                        + " without commit 5d609ba26247 (bpf_msg_pop_data, December 2024, in the stable series since) never can.");
            }
        });
    }

    CommandGate gate() {
        return gate;
    }

    LogWriter log() {
        return log;
    }

    TierTwo tierTwo() {
        return tierTwo;
    }

    MemoryThread memory() {
        return memory;
    }

    List<EventLoop> loops() {
        return loops;
    }

    /**
     * Programs have left redo records. In {@code always} whoever waits for them commits them ({@link LogWaits}). In {@code everysec} the log's writer
     * comes by itself within milliseconds, and a wake-up for every batch would cost more than the batch; it is called when the ring fills.
     */
    void wrote() {
        if (logIsBehind()) {
            log.wake();
        }
        memory.wakeIfNeeded();
    }

    /**
     * A chunk of a value that is not committed yet is in the ring. Where replies wait for the log, the log waits for the commit, unless there is much:
     * woken now it would sync the first chunks while the others come, and the commit would wait for two syncs. Elsewhere it writes meanwhile.
     */
    void appended() {
        if (acknowledgesAtOnce() || logIsBehind()) {
            log.wake();
        }
    }

    private boolean logIsBehind() {
        return store.ring().producerPosition() - store.ring().consumerPosition() > ringWakeBytes;
    }

    /** Ring position up to which replies may leave. */
    long durable() {
        return log.durable();
    }

    /** Whether replies wait for nothing ({@code everysec}, while the log keeps its second). */
    boolean acknowledgesAtOnce() {
        return config.durability() == Durability.EVERYSEC && !log.failed() && !logLate;
    }

    long stallTimeoutNanos() {
        return config.stallTimeoutMillis() * 1_000_000;
    }

    /** Bytes that the clients of one loop may hold together. */
    long clientBytesMax() {
        return clientBytesMax;
    }

    /** Longest value that a command may have on the heap as a whole (I10); most commands need not. */
    long heapValueBytesMax() {
        return Runtime.getRuntime().maxMemory() / HEAP_VALUE_DIVISOR / config.eventLoops();
    }

    /** Waits, within a bound, until everything that was executed so far is durable. */
    void awaitLogAtEnd() {
        try {
            if (failure == null) {
                log.wake();
                log.awaitDurable(store.ring().producerPosition(), DRAIN_NANOS_MAX);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- ServerControl ----

    @Override
    public ServerConfig config() {
        return config;
    }

    @Override
    public synchronized void reconfigure(ServerConfig next) throws ConfigException {
        log.durability(next.durability());
        config = next;
        onHost.ifPresent(door -> door.reconfigure(next));
    }

    @Override
    public boolean startCheckpoint() {
        return checkpoints.request();
    }

    @Override
    public void scheduleCheckpoint() {
        checkpoints.schedule();
    }

    @Override
    public CheckpointInfo checkpoint() {
        return checkpoints.info();
    }

    @Override
    public ServerClients clients() {
        return clients;
    }

    @Override
    public Diagnostics diagnostics() {
        return diagnostics;
    }

    @Override
    public void sleep(long nanos) {
        try {
            stopRequested.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void activeExpire(boolean on) {
        expiry.active(on);
    }

    @Override
    public int connectedClients() {
        return loops.stream().mapToInt(EventLoop::connectionCount).sum();
    }

    private long onHostCommands() {
        return onHost.map(OnHostDoor::commands).orElse(0L);
    }

    private Traffic total() {
        long cold = loops.stream().mapToLong(EventLoop::coldCommandCount).sum();
        return new Traffic(acceptor.accepted(), acceptor.rejected(), store.counters().commands() + onHostCommands() + cold,
                loops.stream().mapToLong(EventLoop::bytesIn).sum(), loops.stream().mapToLong(EventLoop::bytesOut).sum());
    }

    @Override
    public Traffic traffic() {
        Traffic now = total();
        Traffic base = trafficBase;
        return new Traffic(now.connectionsAccepted() - base.connectionsAccepted(), now.connectionsRejected() - base.connectionsRejected(),
                now.commands() - base.commands(), now.bytesIn() - base.bytesIn(), now.bytesOut() - base.bytesOut());
    }

    @Override
    public void resetStatistics() {
        trafficBase = total();
    }

    @Override
    public String version() {
        return VERSION;
    }

    @Override
    public String runId() {
        return runId;
    }

    @Override
    public int port() {
        return acceptor.port();
    }

    @Override
    public InstantSource clock() {
        return InstantSource.system();
    }

    @Override
    public long startTimeMillis() {
        return startTimeMillis;
    }

    public StartReport report() {
        return report;
    }

    StoreInfo info() {
        LogStats stats = log.stats();
        Map<String, Long> doors = new LinkedHashMap<>();
        doors.put("server", store.counters().commands());
        doors.put("on_host", onHostCommands());
        doors.put("java", loops.stream().mapToLong(EventLoop::coldCommandCount).sum());
        Map<String, Long> errors = new LinkedHashMap<>();
        errors.put("ring_full", store.counters().status(Abi.STATUS_RING_FULL));
        errors.put("growing", store.counters().status(Abi.STATUS_GROWING));
        errors.put("busy", store.counters().status(Abi.STATUS_BUSY));
        errors.put("memory_full", store.counters().status(Abi.STATUS_MEMORY_FULL));
        errors.put("table_full", store.counters().status(Abi.STATUS_TABLE_FULL));
        errors.put("clients_evicted", loops.stream().mapToLong(EventLoop::evictedCount).sum());
        return new StoreInfo(
                new StoreInfo.Table(store.counters().keys(), store.geometry().capacity()),
                new StoreInfo.Memory(store.heap().usedBytes(), store.heap().bytes(), store.geometry().memoryBytes()),
                new StoreInfo.TierTwo(tierTwo.describe(), tierTwo.bytes(), tierTwo.bytesMax()),
                new StoreInfo.Ring(store.ring().capacity(), store.ring().producerPosition() - store.ring().consumerPosition(),
                        stats.oldestBusyNanos() / 1_000_000),
                new StoreInfo.Log(stats.writtenPosition(), stats.durablePosition(), stats.records(), stats.batches(), stats.bytes(),
                        stats.syncs(), stats.syncNanosTotal() / 1000, stats.syncNanosMax() / 1000, Math.toIntExact(stats.segments()),
                        stats.failed()),
                new StoreInfo.Start(report.mode(), report.records(), report.seconds(), report.bytesCut()),
                doors, onHost.map(OnHostDoor::info).orElse(StoreInfo.OnHost.OFF), store.counters().writes(), store.counters().expired(), errors);
    }
}
