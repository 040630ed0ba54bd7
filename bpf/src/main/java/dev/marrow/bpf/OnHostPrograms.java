package dev.marrow.bpf;

import dev.marrow.bpf.libbpf.Bpf;
import dev.marrow.bpf.libbpf.BpfObject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * The kernel side of the on-host door (onhost.bpf.c), loaded over a store and attached: from now on clients that connect to the
 * listeners are taken over. Nothing is served before {@link #mode} opens the gate.
 *
 * <p>Nothing of it is pinned: it ends with this object, or with the process.
 */
public final class OnHostPrograms implements AutoCloseable {
    private static final String OBJECT = "/bpf/onhost.bpf.o";
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final long PAGE_BYTES = 4096;
    private static final int CLAIM_LINE_BYTES = 64;
    private static final int COUNTERS = Abi.ONHOST_GROUPS_MAX * Abi.ONHOST_BUFFERS_PER_GROUP;

    /** {@code struct onhost_config} in onhost_maps.h. */
    private static final int CONFIG_NETNS = 0;
    private static final int CONFIG_PORT = 8;
    private static final int CONFIG_LISTENER_COUNT = 12;
    private static final int CONFIG_GROUP_MASK = 16;
    private static final int CONFIG_LISTENERS = 24;
    private static final int ADDRESS_BYTES = 16;
    private static final int ENDS_BYTES = 48;

    private final Arena arena = Arena.ofShared();
    /** An automatic arena: a shared one would count its users in one word, on every batch of replies. */
    private final Arena pages = Arena.ofAuto();
    private final BpfObject object;
    private final int groups;
    private final MemorySegment page;
    private final MemorySegment connections;
    private final MemorySegment counters;
    private final int peersFd;
    private final int linksFd;
    private final int linkFd;
    private final MemorySegment zero = arena.allocate(4, 4);
    private boolean closed;

    private OnHostPrograms(byte[] image, StoreMaps store, Path cgroup, int port, List<InetAddress> listeners) {
        if (listeners.size() > Abi.ONHOST_LISTENERS_MAX) {
            throw new IllegalArgumentException("listeners=" + listeners.size() + " most=" + Abi.ONHOST_LISTENERS_MAX);
        }
        this.object = BpfObject.open(image);
        this.groups = Integer.highestOneBit(Math.min(Bpf.possibleCpus(), Abi.ONHOST_GROUPS_MAX));
        try {
            store.lend(object);
            object.map("slots").maxEntries(groups * Abi.ONHOST_BUFFERS_PER_GROUP);
            configure(port, listeners);
            object.load();
            page = map("onhost_page", Abi.SIZEOF_onhost_page);
            connections = map("onhost_connections", (long) Abi.SIZEOF_onhost_connection * Abi.ONHOST_CONNECTIONS_MAX);
            counters = map("onhost_counters", (long) Abi.SIZEOF_onhost_counters * COUNTERS);
            peersFd = object.map("onhost_peers").fd();
            linksFd = object.map("onhost_links").fd();
            linkFd = attach(cgroup);
        } catch (RuntimeException | Error e) {
            object.close();
            arena.close();
            throw e;
        }
    }

    private void configure(int port, List<InetAddress> listeners) {
        MemorySegment config = object.map(".rodata.onhost").initialValue();
        config.set(ValueLayout.JAVA_LONG, CONFIG_NETNS, Bpf.networkNamespace());
        config.set(ValueLayout.JAVA_INT, CONFIG_PORT, port);
        config.set(ValueLayout.JAVA_INT, CONFIG_LISTENER_COUNT, listeners.size());
        config.set(ValueLayout.JAVA_INT, CONFIG_GROUP_MASK, groups - 1);
        for (int i = 0; i < listeners.size(); i++) {
            MemorySegment.copy(mapped(listeners.get(i)), 0, config, ValueLayout.JAVA_BYTE, CONFIG_LISTENERS + (long) i * ADDRESS_BYTES,
                    ADDRESS_BYTES);
        }
    }

    /** As IPv6; zeros for a wildcard of either family. */
    private static byte[] mapped(InetAddress address) {
        byte[] mapped = new byte[ADDRESS_BYTES];
        if (address instanceof Inet4Address && !address.isAnyLocalAddress()) {
            mapped[10] = (byte) 0xff;
            mapped[11] = (byte) 0xff;
            System.arraycopy(address.getAddress(), 0, mapped, 12, 4);
        } else if (!address.isAnyLocalAddress()) {
            System.arraycopy(address.getAddress(), 0, mapped, 0, ADDRESS_BYTES);
        }
        return mapped;
    }

    /** Last the cgroup, which is where sockets come from: by then everything that they meet is in place. */
    private int attach(Path cgroup) {
        int entry = object.programFd("onhost_entry");
        int sockets = object.map("onhost_sockets").fd();
        MemorySegment target = arena.allocateFrom(ValueLayout.JAVA_INT, object.programFd("onhost"));
        Bpf.update(object.map("onhost_jump").fd(), zero, target);
        Bpf.attachToMessages(entry, sockets);
        return Bpf.attachToConnections(object.programFd("onhost_connect"), cgroup);
    }

    private MemorySegment map(String name, long bytes) {
        long whole = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        return Bpf.map(object.map(name).fd(), 0, whole, true, pages).asSlice(0, bytes);
    }

    /**
     * Loads and attaches.
     *
     * @param cgroup whose processes' connections are taken over: see {@link Cgroups#root}
     * @param listeners what the server listens on, wildcards too
     */
    public static OnHostPrograms load(StoreMaps store, Path cgroup, int port, List<InetAddress> listeners) {
        return load(KernelStore.image(OBJECT), store, cgroup, port, listeners);
    }

    /** {@link #load} with another object than ours: tests load programs that are broken on purpose. */
    public static OnHostPrograms load(byte[] image, StoreMaps store, Path cgroup, int port, List<InetAddress> listeners) {
        return new OnHostPrograms(image, store, cgroup, port, listeners);
    }

    // ---- gate ----

    /** Sets {@code Abi.ONHOST_OPEN | …}; programs that run already may still use what was set before. */
    public void mode(int mode) {
        INT.setVolatile(page, (long) Abi.onhost_page_mode, mode);
    }

    /** Whether no program runs that began before the last {@link #mode}. */
    public boolean idle() {
        for (int group = 0; group < groups; group++) {
            for (int i = 0; i < Abi.ONHOST_BUFFERS_PER_GROUP; i++) {
                if ((int) INT.getVolatile(page, claimAt(group, i)) != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Adds the buffers that no program holds now to {@code seenIdle}; true when it has all of them. Then no program runs that began before the
     * first call, however many have begun since.
     */
    public boolean addIdle(BitSet seenIdle) {
        for (int group = 0; group < groups; group++) {
            for (int i = 0; i < Abi.ONHOST_BUFFERS_PER_GROUP; i++) {
                if ((int) INT.getVolatile(page, claimAt(group, i)) == 0) {
                    seenIdle.set(group * Abi.ONHOST_BUFFERS_PER_GROUP + i);
                }
            }
        }
        return seenIdle.cardinality() == groups * Abi.ONHOST_BUFFERS_PER_GROUP;
    }

    private static long claimAt(int group, int buffer) {
        return Abi.onhost_page_claims + (long) group * CLAIM_LINE_BYTES + 4L * buffer;
    }

    /** Claims every buffer, as so many programs would that are descheduled half-way, or gives them back. For tests. */
    public void occupyBuffers(boolean occupied) {
        for (int group = 0; group < groups; group++) {
            for (int i = 0; i < Abi.ONHOST_BUFFERS_PER_GROUP; i++) {
                INT.setVolatile(page, claimAt(group, i), occupied ? 1 : 0);
            }
        }
    }

    /** The log keeps its second, as of this time by {@link System#nanoTime} (CLOCK_MONOTONIC on Linux). */
    public void logAlive(long nanos) {
        LONG.setRelease(page, (long) Abi.onhost_page_log_alive_ns, nanos);
    }

    // ---- connections ----

    /** Cookie of the client's socket at the other end of an accepted one; 0: it is not a client of ours. */
    public long client(int descriptor) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment cookie = local.allocate(8, 8);
            return Bpf.lookup(peersFd, local.allocateFrom(ValueLayout.JAVA_INT, descriptor), cookie)
                    ? cookie.get(ValueLayout.JAVA_LONG, 0) : 0;
        }
    }

    /** Tells the client's programs which connection is theirs. Its words must be set before. */
    public void link(long client, int connection, int generation) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment link = local.allocate(Abi.SIZEOF_onhost_link, 8);
            link.set(ValueLayout.JAVA_INT, Abi.onhost_link_connection, connection);
            link.set(ValueLayout.JAVA_INT, Abi.onhost_link_generation, generation);
            Bpf.update(linksFd, local.allocateFrom(ValueLayout.JAVA_LONG, client), link);
        }
    }

    /** Takes back a link that the client has not picked up. */
    public void unlink(long client) {
        try (Arena local = Arena.ofConfined()) {
            Bpf.delete(linksFd, local.allocateFrom(ValueLayout.JAVA_LONG, client));
        }
    }

    private static long at(int connection, int field) {
        return (long) connection * Abi.SIZEOF_onhost_connection + field;
    }

    /** Begins (generation above 0) or ends (0) a connection's use by the programs. */
    public void begin(int connection, int generation, int flags) {
        LONG.setRelease(connections, at(connection, Abi.onhost_connection_head), 0L);
        LONG.setVolatile(connections, at(connection, Abi.onhost_connection_progress), 0L);
        LONG.setRelease(connections, at(connection, Abi.onhost_connection_messages), 0L);
        LONG.setRelease(connections, at(connection, Abi.onhost_connection_write_position), 0L);
        head(connection, generation, flags);
    }

    /** Sets a connection's {@code Abi.ONHOST_RESP3 | …}; before the progress that goes with it. */
    public void head(int connection, int generation, int flags) {
        LONG.setRelease(connections, at(connection, Abi.onhost_connection_head), (long) generation << 32 | flags);
    }

    /** Publishes how far the server is, both modulo 2^32; before it writes the replies. */
    public void progress(int connection, int commandBytes, int replyBytes) {
        LONG.setRelease(connections, at(connection, Abi.onhost_connection_progress), (long) replyBytes << 32 | commandBytes & 0xffffffffL);
    }

    /** Messages of this connection that were served here. */
    public long messages(int connection) {
        return (long) LONG.getAcquire(connections, at(connection, Abi.onhost_connection_messages));
    }

    /** Highest log position of this connection's writes here; 0: none. */
    public long writePosition(int connection) {
        return (long) LONG.getAcquire(connections, at(connection, Abi.onhost_connection_write_position));
    }

    // ---- counters ----

    private long sum(int offset) {
        long sum = 0;
        for (int slot = 0; slot < COUNTERS; slot++) {
            sum += counters.get(ValueLayout.JAVA_LONG, (long) slot * Abi.SIZEOF_onhost_counters + offset);
        }
        return sum;
    }

    /** Commands served. */
    public long commands() {
        return sum(Abi.onhost_counters_commands);
    }

    /** Messages served, whole or in part. */
    public long messages() {
        return sum(Abi.onhost_counters_messages);
    }

    /** Messages whose end was left to the server because the store was full before it. */
    public long split() {
        return sum(Abi.onhost_counters_split);
    }

    /** Messages that were executed and whose reply the kernel could not give. */
    public long lost() {
        return sum(Abi.onhost_counters_lost);
    }

    /** Messages left to the server for this {@code Abi.ONHOST_PASS_*}. */
    public long passed(int reason) {
        return sum(Abi.onhost_counters_passed + 8 * reason);
    }

    /** Elements of the maps that grow with connections, by name. */
    public Map<String, Long> entries() {
        return Map.of("sockets", Bpf.count(object.map("onhost_sockets").fd(), 8), "links", Bpf.count(linksFd, 8),
                "connecting", Bpf.count(object.map("onhost_connecting").fd(), ENDS_BYTES));
    }

    /** Detaches. Sockets that were taken over keep the entry program, which leads nowhere any more. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Bpf.close(linkFd);
        Bpf.delete(object.map("onhost_jump").fd(), zero);
        object.close();
        arena.close();
    }
}
