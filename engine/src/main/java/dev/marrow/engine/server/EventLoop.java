package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.engine.command.ColdCommands;
import dev.marrow.engine.resp.LargeArguments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/**
 * A thread that serves connections: reads from all that are ready into its io slot, has the kernel execute the whole of it in
 * one run, and sends the replies, or holds them until the log has caught up (I2, I3).
 *
 * <p>Everything about a connection happens on its loop's thread.
 */
final class EventLoop implements Runnable {
    /** A connection with more unsent replies is not read from until its client has caught up (I10). */
    static final int OUTPUT_PAUSE_BYTES = 1 << 20;
    /** Most bytes taken from one connection in one run, so that none starves the others. */
    private static final int READ_BYTES_MAX = 1 << 16;
    /** Free input space that makes a read worth while. */
    private static final int READ_BYTES_MIN = 1 << 12;
    /** A command that is longer and still not whole goes to Java, which keeps it argument by argument. */
    private static final int UNREAD_BYTES_MAX = 80 << 10;
    private static final int ARRIVALS_MAX = 1 << 14;
    private static final long SELECT_MILLIS = 100;
    private static final long RETRY_MILLIS = 1;
    private static final long WAIT_POLL_MILLIS = 10;

    private final Server server;
    private final int index;
    private final IoSlot slot;
    private final Selector selector;
    private final ColdPath coldPath;
    private final LargeArguments largeArguments;
    private final MpscVarHandleArrayQueue<Arrival> arrivals = new MpscVarHandleArrayQueue<>(ARRIVALS_MAX);

    /** The batch being gathered: connection i sent the input bytes [from[i], to[i]). */
    private final Connection[] batch = new Connection[Abi.REQUESTS_MAX];
    private final int[] from = new int[Abi.REQUESTS_MAX];
    private final int[] to = new int[Abi.REQUESTS_MAX];
    private int batchCount;
    private int inPosition;

    private final LoopThread thread;
    private final LogWaits waits;
    private final List<Connection> stalled = new ArrayList<>();
    /** Connections whose command waits for the end of a pause. */
    private final List<Connection> postponed = new ArrayList<>();
    /** Connections that somebody else wants something of, each once: so it is bounded by their number. */
    private final Queue<Connection> attention = new ConcurrentLinkedQueue<>();
    /** Connections that may execute again what a pause left of their input. */
    private final List<Connection> resumable = new ArrayList<>();
    private final PollWindow pollWindow;
    private final Consumer<SelectionKey> whenReady = this::ready;
    private final Set<Connection> connections = new HashSet<>();

    private volatile boolean stopping;
    private volatile int connectionCount;
    private volatile long evictedCount;
    private volatile long bytesIn;
    private volatile long bytesOut;
    private long nowNanos;
    /** Of this turn: whether it ends with a commit. */
    private boolean commitWanted;
    /** Of this turn: whether a connection was ready, and since when. */
    private boolean hadWork;
    private long wokenNanos;
    private long housekeepingNanos;
    /** Bytes that this loop's connections hold: unread input, unfinished commands, unsent replies. */
    private long heldBytes;

    private record Arrival(SocketChannel channel, long id) {}

    /** @param index among the server's loops */
    EventLoop(Server server, int index, IoSlot slot, ColdCommands commands, LargeArguments largeArguments) throws IOException {
        this.largeArguments = largeArguments;
        this.server = server;
        this.index = index;
        this.slot = slot;
        this.coldPath = new ColdPath(server, commands);
        this.thread = new LoopThread("marrow-loop-" + index, this, server::fail);
        this.waits = new LogWaits(server);
        this.selector = Selector.open();
        this.pollWindow = PollWindow.of(server.config().busyPollMicros() * 1_000L, Runtime.getRuntime().availableProcessors(), server.config().eventLoops());
    }

    // ---- from other threads ----

    void start() {
        thread.start();
    }

    /** Several times a second: has another thread go on if this one's commit hangs. */
    void relieve() {
        thread.relieve();
    }

    void join() throws InterruptedException {
        thread.join();
    }

    /** Hands a new connection over; false when too many are waiting already. */
    boolean accept(SocketChannel channel, long id) {
        boolean taken = arrivals.offer(new Arrival(channel, id));
        selector.wakeup();
        return taken;
    }

    /** The log has moved on. */
    void durableMoved() {
        if (waits.wantsWakeup()) {
            selector.wakeup();
        }
    }

    /** Somebody has changed what this loop should look at. */
    void wakeup() {
        selector.wakeup();
    }

    /** A connection was killed, or has something pushed to it. */
    void attention(Connection connection) {
        attention.add(connection);
        selector.wakeup();
    }

    int index() {
        return index;
    }

    /** Stops executing, sends what may be sent, closes. */
    void stop() {
        stopping = true;
        selector.wakeup();
    }

    int connectionCount() {
        return connectionCount;
    }

    long coldCommandCount() {
        return coldPath.commandCount();
    }

    /** Connections closed because clients held too much memory. */
    long evictedCount() {
        return evictedCount;
    }

    long bytesIn() {
        return bytesIn;
    }

    long bytesOut() {
        return bytesOut;
    }

    /** Bytes that its connections hold. For tests. */
    long heldBytes() {
        return heldBytes;
    }

    long durable() {
        return server.durable();
    }

    /** Where arguments go that are too long for the table. */
    LargeArguments largeArguments() {
        return largeArguments;
    }

    /** Whether Java executes everything of all connections. */
    boolean passesAll() {
        return server.gate().passesAll();
    }

    boolean authenticationRequired() {
        return server.config().authenticationRequired();
    }

    // ---- the loop ----

    @Override
    public void run() {
        try {
            while (!stopping) {
                turn();
                if (commitWanted && !commit()) {
                    return;
                }
            }
            finish();
        } catch (Throwable t) {
            server.fail(t);
        }
        close();
    }

    private void turn() throws IOException {
        select();
        server.gate().tick(nowNanos);
        arrive();
        attend();
        release();
        endPause();
        retryStalled();
        resumeAll();
        execute();
        housekeep();
    }

    /** Between two turns, when nothing lies read and not executed. False: it took so long that another thread has gone on with the loop. */
    private boolean commit() {
        waits.beginCommit();
        if (!thread.call(server.log()::commit)) {
            return false;
        }
        nowNanos = System.nanoTime();
        release();
        execute();
        return true;
    }

    private void close() {
        connections.forEach(Connection::close);
        try {
            selector.close();
        } catch (IOException e) {
            // nothing depends on it any more
        }
    }

    private void select() throws IOException {
        hadWork = false;
        if (!resumable.isEmpty() || waits.isCommitOwed() || pollWindow.looks(nowNanos)) {
            selector.selectNow(whenReady);
            nowNanos = System.nanoTime();
        } else {
            sleep();
        }
        boolean found = hadWork || waits.hasMoved();
        commitWanted = waits.wantCommit(found);
        if (found) {
            pollWindow.worked();
        } else if (!commitWanted) {
            pollWindow.foundNothing(nowNanos);
            // The client may be waiting for this very processor.
            Thread.yield();
        }
    }

    private void sleep() throws IOException {
        long begin = System.nanoTime();
        // Told before the last look at the log: whoever moves it on later wakes the loop.
        waits.beginSleep();
        if (waits.hasMoved()) {
            selector.selectNow(whenReady);
        } else {
            selector.select(whenReady, stalled.isEmpty() ? selectMillis() : RETRY_MILLIS);
        }
        waits.endSleep();
        nowNanos = System.nanoTime();
        // What is ready is read inside the call: its end is not the end of the sleep.
        pollWindow.slept(begin, hadWork ? wokenNanos : nowNanos);
    }

    private void ready(SelectionKey key) {
        if (!hadWork) {
            hadWork = true;
            wokenNanos = System.nanoTime();
        }
        Connection connection = (Connection) key.attachment();
        if (key.isValid() && key.isWritable()) {
            settle(connection);
        }
        if (key.isValid() && key.isReadable()) {
            read(connection);
        }
    }

    private long selectMillis() {
        return !waits.hasSuspended() && postponed.isEmpty() ? SELECT_MILLIS : WAIT_POLL_MILLIS;
    }

    private void attend() {
        for (Connection connection = attention.poll(); connection != null; connection = attention.poll()) {
            connection.attend();
            if (connection.isKilled()) {
                close(connection);
            } else {
                settle(connection);
            }
        }
    }

    void postponed(Connection connection) {
        postponed.add(connection);
    }

    void suspended(Connection connection) {
        waits.suspend(connection);
    }

    private void endPause() {
        if (!postponed.isEmpty() && !server.gate().isPaused()) {
            stalled.addAll(postponed);
            postponed.clear();
        }
    }

    private void arrive() {
        for (Arrival arrival = arrivals.poll(); arrival != null; arrival = arrivals.poll()) {
            try {
                SocketChannel channel = arrival.channel();
                SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
                Connection connection = new Connection(this, arrival.id(), channel, key,
                        server.config().clientQueryBufferLimit(), server.registerOnHost(channel));
                key.attach(connection);
                connections.add(connection);
                server.clients().opened(connection);
                connectionCount = connections.size();
            } catch (IOException e) {
                closeQuietly(arrival.channel());
            }
        }
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // it never became a connection
        }
    }

    // ---- input ----

    private void read(Connection connection) {
        if (!connection.accepts()) {
            connection.interest(false, !connection.output.isEmpty() && !connection.output.waitsFor(waits.durable()));
            return;
        }
        int unread = connection.unreadBytes();
        if (batchCount == Abi.REQUESTS_MAX || Abi.IN_BYTES - inPosition < unread + READ_BYTES_MIN) {
            execute();
        }
        ByteBuffer in = slot.inBuffer();
        int start = inPosition;
        in.limit(Abi.IN_BYTES).position(start);
        connection.takeUnread(in);
        in.limit(Math.min(Abi.IN_BYTES, in.position() + READ_BYTES_MAX));
        int count;
        try {
            count = connection.channel().read(in);
        } catch (IOException e) {
            close(connection);
            return;
        }
        if (count < 0) {
            connection.closeAfterReply();
            settle(connection);
            return;
        }
        bytesIn += count;
        connection.active(nowNanos);
        enqueue(connection, start, in.position());
    }

    /** Adds input bytes [start, end) to the batch; the beginning may belong to a command that Java is reading. */
    private void enqueue(Connection connection, int start, int end) {
        inPosition = end;
        queue(connection, connection.parser.idle() ? start : cold(connection, start, end), end);
    }

    /** Puts input bytes [at, end) into the next run, or keeps them when the connection must wait for something first. */
    private void queue(Connection connection, int at, int end) {
        if (at < end && connection.mayExecute()) {
            batch[batchCount] = connection;
            from[batchCount] = at;
            to[batchCount] = end;
            batchCount++;
        } else {
            connection.paused = at < end;
            pause(connection, at, end);
        }
    }

    // ---- execution ----

    /** Runs the batch until every connection's input is used up, incomplete, or has to wait. */
    private void execute() {
        while (batchCount > 0) {
            int count = batchCount;
            boolean wrote = false;
            server.gate().enter(index);
            for (int i = 0; i < count; i++) {
                int flags = batch[i].requestFlags();
                if (batch[i].stalledFor(nowNanos, server.stallTimeoutNanos())) {
                    flags |= Abi.REQUEST_FAIL_STALLED;
                }
                slot.request(i, from[i], batch[i].isKilled() ? from[i] : to[i], flags);
            }
            slot.serve(count);
            server.gate().leave(index);
            for (int i = 0; i < count; i++) {
                wrote |= slot.writes(i) > 0;
            }
            if (wrote) {
                server.wrote();
            }
            batchCount = 0;
            for (int i = 0; i < count; i++) {
                finishRequest(batch[i], i);
            }
        }
        inPosition = 0;
    }

    private void finishRequest(Connection connection, int i) {
        int at = slot.inOffset(i);
        int end = to[i];
        if (connection.isClosed()) {
            return;
        }
        connection.wrote(slot.writePosition(i));
        connection.answered(at - from[i], slot.outEnd(i) - slot.outOffset(i));
        reply(connection, slot.outOffset(i), slot.outEnd(i), slot.waitPosition(i));
        if (connection.isClosed()) {
            return;
        }
        if (slot.commands(i) > 0 || !stalls(slot.status(i))) {
            connection.notStalled();
        }
        switch (slot.status(i)) {
            case Abi.STATUS_DONE -> {
                if (end - at > UNREAD_BYTES_MAX) {
                    at = cold(connection, at, end);
                }
                pause(connection, at, end);
            }
            case Abi.STATUS_COLD -> queue(connection, cold(connection, at, end), end);
            case Abi.STATUS_OUT_FULL, Abi.STATUS_RUN_LIMIT -> queue(connection, at, end);
            case Abi.STATUS_RING_FULL, Abi.STATUS_GROWING, Abi.STATUS_BUSY -> {
                server.log().wake();
                server.memory().wakeIfNeeded();
                connection.stalled(nowNanos);
                stalled.add(connection);
                pause(connection, at, end);
            }
            default -> throw new IllegalStateException("the kernel side found an invariant broken: status=" + slot.status(i));
        }
    }

    private static boolean stalls(int status) {
        return status == Abi.STATUS_RING_FULL || status == Abi.STATUS_GROWING || status == Abi.STATUS_BUSY;
    }

    private void pause(Connection connection, int at, int end) {
        if (connection.isClosed()) {
            return;
        }
        connection.keepUnread(slot.inBuffer().limit(end).position(at));
        settle(connection);
    }

    /** The one command at {@code at} that is Java's; returns where the next one begins. */
    private int cold(Connection connection, int at, int end) {
        ByteBuffer in = slot.inBuffer().duplicate().limit(end).position(at);
        ColdPath.Outcome outcome = coldPath.take(connection, in, nowNanos);
        if (!goesOn(connection, outcome)) {
            return end;
        }
        settle(connection);
        return in.position();
    }

    private void retryCold(Connection connection, List<byte[]> arguments) {
        if (!goesOn(connection, coldPath.retry(connection, arguments, nowNanos))) {
            return;
        }
        settle(connection);
        if (connection.mayExecute()) {
            resume(connection);
        }
    }

    private boolean goesOn(Connection connection, ColdPath.Outcome outcome) {
        switch (outcome) {
            case GO_ON -> { }
            case RETRY -> stalled.add(connection);
            case BLOCKED -> {
                connection.blocked(true);
                stalled.add(connection);
            }
            case CLOSE -> close(connection);
        }
        return outcome != ColdPath.Outcome.CLOSE;
    }

    private void retryStalled() {
        if (stalled.isEmpty()) {
            return;
        }
        List<Connection> again = List.copyOf(stalled);
        stalled.clear();
        for (Connection connection : again) {
            if (connection.isClosed()) {
                continue;
            }
            connection.blocked(false);
            if (connection.waitingCommand().isPresent()) {
                retryCold(connection, connection.waitingCommand().get());
            } else if (connection.mayExecute()) {
                resume(connection);
            } else if (!connection.isClosing()) {
                // its replies have to leave first
                stalled.add(connection);
            }
        }
    }

    private void resumeAll() {
        if (resumable.isEmpty()) {
            return;
        }
        List<Connection> now = List.copyOf(resumable);
        resumable.clear();
        for (Connection connection : now) {
            connection.inResumableList = false;
            if (connection.mayExecute()) {
                resume(connection);
            }
        }
    }

    /** Executes what a pause left; the connection is not in the batch. */
    private void resume(Connection connection) {
        connection.paused = false;
        if (connection.isClosed() || connection.isClosing() || connection.unreadBytes() == 0 || connection.isSuspended()) {
            return;
        }
        if (batchCount == Abi.REQUESTS_MAX || Abi.IN_BYTES - inPosition < connection.unreadBytes()) {
            execute();
        }
        ByteBuffer in = slot.inBuffer();
        int start = inPosition;
        in.limit(Abi.IN_BYTES).position(start);
        connection.takeUnread(in);
        enqueue(connection, start, in.position());
    }

    // ---- output ----

    private void reply(Connection connection, int start, int end, long waitPosition) {
        if (start == end) {
            return;
        }
        ByteBuffer out = slot.outBuffer().limit(end).position(start);
        long wait = server.acknowledgesAtOnce() ? 0 : waitPosition;
        if (connection.output.isEmpty() && wait <= waits.durable()) {
            try {
                bytesOut += connection.channel().write(out);
            } catch (IOException e) {
                close(connection);
                return;
            }
        }
        connection.output.append(out, wait);
    }

    /** Sends what may be sent and sets what the selector should look for. */
    private void settle(Connection connection) {
        if (connection.isClosed()) {
            return;
        }
        try {
            long written = connection.output.flush(connection.channel(), waits.durable());
            if (written > 0) {
                bytesOut += written;
                connection.active(nowNanos);
            }
        } catch (IOException e) {
            close(connection);
            return;
        }
        boolean empty = connection.output.isEmpty();
        if (empty && connection.isClosing()) {
            close(connection);
            return;
        }
        boolean held = connection.output.waitsFor(waits.durable());
        if (held) {
            waits.hold(connection);
        }
        // Whatever made room for replies, even the pause's own flush: no event may follow, and an end of input must not come first
        if (connection.paused && !connection.inResumableList && connection.mayExecute()) {
            connection.inResumableList = true;
            resumable.add(connection);
        }
        connection.interest(connection.accepts(), !empty && !held);
        account(connection);
    }

    /** Keeps what all clients together hold within the budget: past it the one that holds most is closed (I10). */
    private void account(Connection connection) {
        heldBytes += connection.heldBytesChange();
        while (heldBytes > server.clientBytesMax()) {
            Connection largest = connection;
            for (Connection other : connections) {
                if (goesBefore(other, largest)) {
                    largest = other;
                }
            }
            evictedCount++;
            close(largest);
        }
    }

    /** Those that asked for it (CLIENT NO-EVICT) go last, but they go: memory is bounded. */
    private static boolean goesBefore(Connection one, Connection other) {
        return one.client().noEvict() == other.client().noEvict() ? one.heldBytes() > other.heldBytes() : other.client().noEvict();
    }

    /** Sends the replies that the log has freed, and ends the waits that are over. */
    private void release() {
        waits.release().forEach(this::settle);
        for (Connection connection : waits.suspended()) {
            int end = connection.isClosed() ? 0 : connection.suspensionEnd(nowNanos);
            if (end < 0) {
                continue;
            }
            waits.resume(connection);
            if (connection.isClosed()) {
                continue;
            }
            coldPath.resume(connection, connection.takeSuspended(), end == 1);
            settle(connection);
            resume(connection);
        }
    }

    private void close(Connection connection) {
        if (!connections.remove(connection)) {
            return;
        }
        connection.close();
        heldBytes += connection.heldBytesChange();
        waits.remove(connection);
        stalled.remove(connection);
        postponed.remove(connection);
        server.clients().closed(connection);
        connectionCount = connections.size();
    }

    // ---- now and then ----

    private void housekeep() {
        int timeoutSeconds = server.config().timeoutSeconds();
        if (timeoutSeconds == 0 || nowNanos - housekeepingNanos < 1_000_000_000L) {
            return;
        }
        housekeepingNanos = nowNanos;
        for (Connection connection : List.copyOf(connections)) {
            if (nowNanos - connection.lastActiveNanos() > timeoutSeconds * 1_000_000_000L && !connection.isBlocked()) {
                close(connection);
            }
        }
    }

    /** The last replies leave once the log holds what they say. */
    private void finish() throws IOException {
        server.awaitLogAtEnd();
        waits.release();
        for (Connection connection : List.copyOf(connections)) {
            settle(connection);
        }
    }
}
