package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.Cgroups;
import dev.marrow.bpf.ChannelDescriptor;
import dev.marrow.bpf.StoreMaps;
import dev.marrow.bpf.OnHostPrograms;
import dev.marrow.bpf.libbpf.BpfException;
import dev.marrow.bpf.libbpf.BpfLoadException;
import dev.marrow.engine.command.StoreInfo;
import dev.marrow.engine.config.ServerConfig;
import dev.marrow.engine.doctor.EnvironmentException;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Local clients served inside their own {@code send()}: this server's part. It numbers the connections whose clients were taken over, says
 * when the programs may serve at all, and ends that before anything else ends. Thread-safe.
 */
final class OnHostDoor implements AutoCloseable {
    private static final String WAY_OUT = "; --on-host off serves local clients like remote ones";
    private static final long POLL_NANOS = 100_000;
    private static final long AWAIT_POLL_NANOS = 10_000;
    /** A program holds its claim for microseconds, unless its client is throttled half-way. */
    private static final long DRAIN_NANOS_MAX = 5_000_000_000L;

    private final OnHostPrograms programs;
    private final ChannelDescriptor descriptors;
    private final BitSet taken = new BitSet();
    private final int[] generations = new int[Abi.ONHOST_CONNECTIONS_MAX];
    private ServerConfig config;
    private boolean open;
    private boolean shut;
    private boolean holdsEverything;
    private boolean holdsWrites;

    private OnHostDoor(OnHostPrograms programs, ChannelDescriptor descriptors, ServerConfig config) {
        this.programs = programs;
        this.descriptors = descriptors;
        this.config = config;
    }

    /**
     * Takes local clients over from now on; they are served when {@link #open} says so.
     *
     * @throws EnvironmentException what this machine lacks for it
     */
    static OnHostDoor attach(StoreMaps store, ServerConfig config, int port, List<InetAddress> listeners) throws IOException {
        Path cgroup = Cgroups.root().orElseThrow(() -> new EnvironmentException(
                "on-host: no cgroup v2 is mounted (mount -t cgroup2 none /sys/fs/cgroup/unified)" + WAY_OUT));
        try {
            return attach(OnHostPrograms.load(store, cgroup, port, listeners), config);
        } catch (BpfException | BpfLoadException e) {
            throw new EnvironmentException("on-host: this kernel does not load or attach the programs: " + e.getMessage()
                    + "\n(it needs CONFIG_BPF_STREAM_PARSER and CONFIG_CGROUP_BPF; Debian's kernels have them)" + WAY_OUT);
        }
    }

    static OnHostDoor attach(OnHostPrograms programs, ServerConfig config) {
        try {
            return new OnHostDoor(programs, ChannelDescriptor.access(), config);
        } catch (IllegalStateException e) {
            programs.close();
            throw new EnvironmentException("on-host: " + e.getMessage() + WAY_OUT);
        }
    }

    // ---- the gate ----

    /** Lets the programs serve, unless {@link #shut} came first. */
    synchronized void open() {
        open = !shut;
        apply();
    }

    /** What the programs have to know of a new configuration, at once. */
    synchronized void reconfigure(ServerConfig next) {
        config = next;
        apply();
    }

    private void apply() {
        programs.mode((open && !holdsEverything ? Abi.ONHOST_OPEN : 0)
                | (config.durability() == Durability.EVERYSEC && !holdsWrites ? Abi.ONHOST_WRITES : 0)
                | (config.authenticationRequired() ? Abi.ONHOST_AUTHENTICATE : 0));
    }

    /** Leaves every message to the server, or those that write, until it is called again. Does not block: {@link #awaitEarlier}. */
    synchronized void hold(boolean everything, boolean writes) {
        holdsEverything = everything;
        holdsWrites = writes;
        apply();
    }

    /**
     * Waits until the programs have ended that began before now, and may not know of {@link #hold} or of a connection's flags.
     *
     * @return false: one has not, {@code nanosMax} after {@code startNanos}
     */
    boolean awaitEarlier(long startNanos, long nanosMax) {
        BitSet seenIdle = new BitSet();
        while (!programs.addIdle(seenIdle)) {
            if (System.nanoTime() - startNanos > nanosMax) {
                return false;
            }
            LockSupport.parkNanos(AWAIT_POLL_NANOS);
        }
        return true;
    }

    /** No program begins to serve any more, for good. Does not block. */
    synchronized void shut() {
        shut = true;
        open = false;
        apply();
    }

    /** The log keeps its second; called several times a second while that is so. */
    void logAlive() {
        programs.logAlive(System.nanoTime());
    }

    /** Shuts the gate when a reply of something that was executed has been lost; true the first time. */
    synchronized boolean shutIfUnsound() {
        if (shut || programs.lost() == 0) {
            return false;
        }
        shut();
        return true;
    }

    /**
     * Shuts the gate and waits for the programs that are inside: what is executed afterwards is executed by somebody else. A client that is not
     * scheduled holds its claim, and may go on with it whenever it is: hence the bound, and hence no clean stop behind it.
     */
    void drain() throws IOException, InterruptedException {
        shut();
        long start = System.nanoTime();
        while (!programs.idle()) {
            if (System.nanoTime() - start > DRAIN_NANOS_MAX) {
                throw new IOException("on-host: a client has been inside a command for " + DRAIN_NANOS_MAX / 1_000_000_000 + " s");
            }
            LockSupport.parkNanos(POLL_NANOS);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    // ---- connections ----

    /** Gives an accepted connection a number, if its client is on this host and there is one left. Before anything is read from it. */
    OnHostConnection register(SocketChannel channel) {
        long client;
        try {
            client = programs.client(descriptors.of(channel));
        } catch (BpfException e) {
            return OnHostConnection.NONE;       // a socket that is closing already
        }
        if (client == 0) {
            return OnHostConnection.NONE;
        }
        int index;
        int generation;
        synchronized (this) {
            index = taken.nextClearBit(0);
            if (index >= Abi.ONHOST_CONNECTIONS_MAX) {
                return OnHostConnection.NONE;
            }
            taken.set(index);
            generations[index]++;
            if (generations[index] == 0) {
                generations[index] = 1;     // 0 is nobody's
            }
            generation = generations[index];
        }
        programs.begin(index, generation, 0);
        OnHostConnection connection = new OnHostConnection(this, programs, client, index, generation);
        try {
            programs.link(client, index, generation);
        } catch (BpfException e) {
            // no memory for it in the kernel: this client is served like a remote one
            connection.release();
            return OnHostConnection.NONE;
        }
        return connection;
    }

    synchronized void release(int index) {
        taken.clear(index);
    }

    // ---- figures ----

    long commands() {
        return programs.commands();
    }

    /** For INFO. */
    StoreInfo.OnHost info() {
        Map<String, Long> passed = new LinkedHashMap<>();
        for (OnHostPass reason : OnHostPass.values()) {
            passed.put(reason.name().toLowerCase(Locale.ROOT), programs.passed(reason.code()));
        }
        int connections;
        synchronized (this) {
            connections = taken.cardinality();
        }
        return new StoreInfo.OnHost(true, connections, programs.messages(), programs.split(), programs.lost(), passed);
    }

    /** For tests. */
    OnHostPrograms programs() {
        return programs;
    }

    @Override
    public void close() {
        programs.close();
    }
}
