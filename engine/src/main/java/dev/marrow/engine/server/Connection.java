package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.engine.command.ClientState;
import dev.marrow.engine.command.DurableReply;
import dev.marrow.engine.command.Multi;
import dev.marrow.engine.command.Session;
import dev.marrow.engine.resp.Arguments;
import dev.marrow.engine.resp.RequestParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** One client: its socket, what it sent and was not executed yet, its replies, and its state as cold commands see it. */
final class Connection implements Session {
    /** A longer wait is as good as none: a year. */
    private static final long WAIT_MILLIS_MAX = 365L * 24 * 3600 * 1000;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final EventLoop loop;
    private final long id;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final String remoteAddress;
    private final String localAddress;
    private final long openedNanos;
    final RequestParser parser;
    private final OnHostConnection onHost;
    final OutputQueue output = new OutputQueue();
    private final Multi multi = new Multi();
    private final ClientState client = new ClientState();
    /** What others want to say to this client. */
    private final PushQueue pushes = new PushQueue();
    /** Whether its loop was asked to look at it and has not yet. */
    private final AtomicBoolean attention = new AtomicBoolean();
    private volatile boolean killed;

    /** Received, not executed: the beginning of a command, or what a pause left. */
    private ByteBuffer unread = NOTHING;
    private long lastActiveNanos;
    private String name = "";
    private String libraryName = "";
    private String libraryVersion = "";
    private int protocol = 2;
    private boolean authenticated;
    private long lastWritePosition;
    private boolean closing;
    private long accountedBytes;
    private boolean closed;
    /** Bytes that the parser has taken for a command that is not answered yet. */
    private long takenBytes;

    /** What the reply of the running cold command depends on. */
    private long coldWait;
    /** When a write first found no room in the ring or the heap; 0: it is not stalled. */
    private long stalledSinceNanos;
    boolean inHeldList;
    /** The input waits for tier two or the log, in the middle of a large argument. */
    private boolean blocked;
    /** Whole commands may be among what was not executed: nothing more is read before them, not even the end of input. */
    boolean paused;
    boolean inResumableList;

    /** A cold command that found no room in the ring and will be tried again; null: none. */
    private List<byte[]> waitingCommand;
    /** Whether the running cold command has changed something, so that it must not begin again. */
    boolean coldStarted;
    /** Whether that command waits for the end of a pause. */
    private volatile boolean postponed;

    private volatile DurableReply suspendedReply;
    private BooleanSupplier suspendedUntil = () -> true;
    private long suspendedUntilNanos;
    /** Whether CLIENT UNBLOCK may end it. */
    private volatile boolean suspendedMayEnd;
    /** Null: nobody has; the answer when its wait was ended by CLIENT UNBLOCK: false, or true for the error. */
    private volatile Boolean unblockedWithError;

    Connection(EventLoop loop, long id, SocketChannel channel, SelectionKey key, long queryBufferLimit, OnHostConnection onHost)
            throws IOException {
        this.loop = loop;
        this.onHost = onHost;
        this.id = id;
        this.channel = channel;
        this.key = key;
        this.remoteAddress = address(channel.getRemoteAddress());
        this.localAddress = address(channel.getLocalAddress());
        this.openedNanos = System.nanoTime();
        this.lastActiveNanos = openedNanos;
        this.parser = new RequestParser(queryBufferLimit, loop.largeArguments());
    }

    private static String address(java.net.SocketAddress address) {
        return address instanceof java.net.InetSocketAddress inet
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : "?:0";
    }

    // ---- the event loop's view ----

    SocketChannel channel() {
        return channel;
    }

    /** Whether commands may run: the client has authenticated, or need not. */
    boolean mayCommand() {
        return authenticated || !loop.authenticationRequired();
    }

    /** Flags of this connection's requests in a run. */
    int requestFlags() {
        boolean inKernel = mayCommand() && !multi.isOpen() && !client.wantsAll() && !loop.passesAll();
        return (protocol == 3 ? Abi.REQUEST_RESP3 : 0) | (inKernel ? 0 : Abi.REQUEST_PASS_ALL);
    }

    /** Whole commands were executed, and their replies exist but are not written yet. */
    void answered(long commandBytes, long replyBytes) {
        onHost.answered((int) commandBytes, (int) replyBytes, (protocol == 3 ? Abi.ONHOST_RESP3 : 0)
                | (authenticated ? Abi.ONHOST_AUTHENTICATED : 0) | (closing || multi.isOpen() || client.wantsAll() ? Abi.ONHOST_PASS : 0));
    }

    /** The parser has taken so much of a command. */
    void took(int bytes) {
        takenBytes += bytes;
    }

    /** The command that the parser took is answered: its reply, of so many bytes, exists. */
    void takenAnswered(long replyBytes) {
        answered(takenBytes, replyBytes);
        takenBytes = 0;
    }

    int unreadBytes() {
        return unread.remaining();
    }

    /** Moves what was not executed to {@code to}; afterwards there is none. */
    void takeUnread(ByteBuffer to) {
        to.put(unread);
        unread = NOTHING;
    }

    /** Keeps a copy of what was not executed. */
    void keepUnread(ByteBuffer bytes) {
        if (bytes.hasRemaining()) {
            unread = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
        }
    }

    /** Whether input may be executed. */
    boolean mayExecute() {
        return !closed && !closing && !killed && suspendedReply == null && waitingCommand == null && !blocked
                && output.size() <= EventLoop.OUTPUT_PAUSE_BYTES;
    }

    /** Whether more should be read. */
    boolean accepts() {
        return mayExecute() && stalledSinceNanos == 0 && !paused;
    }

    /** Bytes of memory that this client holds now. */
    long heldBytes() {
        return closed ? 0 : output.capacity() + unread.capacity() + parser.bytesHeld() + multi.bytesHeld() + pushes.size();
    }

    /** How much that has changed since the last call. */
    long heldBytesChange() {
        long now = heldBytes();
        long change = now - accountedBytes;
        accountedBytes = now;
        return change;
    }

    /** Its input goes on when somebody says so. */
    void blocked(boolean value) {
        blocked = value;
    }

    void stalled(long nowNanos) {
        if (stalledSinceNanos == 0) {
            stalledSinceNanos = nowNanos == 0 ? 1 : nowNanos;
        }
    }

    /** Whether it has been stalled for longer than {@code nanos}. */
    boolean stalledFor(long nowNanos, long nanos) {
        return stalledSinceNanos != 0 && nowNanos - stalledSinceNanos > nanos;
    }

    void notStalled() {
        stalledSinceNanos = 0;
    }

    Optional<List<byte[]>> waitingCommand() {
        return Optional.ofNullable(waitingCommand);
    }

    /** Nothing more is executed before this command has been. */
    void commandWaits(List<byte[]> arguments) {
        waitingCommand = arguments;
    }

    /** A command begins, perhaps not for the first time. */
    void commandBegins() {
        coldStarted = false;
        postponed = false;
    }

    void commandDone() {
        waitingCommand = null;
    }

    void active(long nowNanos) {
        lastActiveNanos = nowNanos;
    }

    long lastActiveNanos() {
        if (onHost.wasUsed()) {
            lastActiveNanos = System.nanoTime();
        }
        return lastActiveNanos;
    }

    void wrote(long position) {
        if (position > lastWritePosition) {
            lastWritePosition = position;
        }
    }

    long takeColdWait() {
        long wait = coldWait;
        coldWait = 0;
        return wait;
    }

    boolean isSuspended() {
        return suspendedReply != null;
    }

    /** How its wait ended: 1 what it waited for has come, 0 too late; -1: still waiting. */
    int suspensionEnd(long nowNanos) {
        if (unblockedWithError != null) {
            return 0;
        }
        if (suspendedUntil.getAsBoolean()) {
            return 1;
        }
        return suspendedUntilNanos != 0 && nowNanos - suspendedUntilNanos >= 0 ? 0 : -1;
    }

    DurableReply takeSuspended() {
        DurableReply reply = suspendedReply;
        boolean withError = Boolean.TRUE.equals(unblockedWithError);
        suspendedReply = null;
        unblockedWithError = null;
        return withError ? (durable, out) -> out.error("UNBLOCKED client unblocked via CLIENT UNBLOCK") : reply;
    }

    boolean isClosing() {
        return closing;
    }

    boolean isClosed() {
        return closed;
    }

    void interest(boolean read, boolean write) {
        int ops = (read ? SelectionKey.OP_READ : 0) | (write ? SelectionKey.OP_WRITE : 0);
        if (key.isValid() && key.interestOps() != ops) {
            key.interestOps(ops);
        }
    }

    void close() {
        closed = true;
        parser.abandon();
        Optional.ofNullable(waitingCommand).ifPresent(Arguments::release);
        multi.end();
        output.close();
        key.cancel();
        try {
            channel.close();
        } catch (IOException e) {
            // the connection is gone either way
        }
        onHost.release();
    }

    // ---- from other threads ----

    EventLoop loop() {
        return loop;
    }

    /** Executes nothing that it has not begun yet; its loop closes it. */
    void kill() {
        killed = true;
        onHost.end();
        needsAttention();
    }

    boolean isKilled() {
        return killed;
    }

    /** Ends the wait of WAITAOF; no other wait can be given up. */
    boolean unblock(boolean withError) {
        if (suspendedReply == null || !suspendedMayEnd) {
            return false;
        }
        unblockedWithError = withError;
        loop.wakeup();
        return true;
    }

    /** Appends a line to what the client is sent; closes it when it has not read {@code limit} bytes. */
    void push(byte[] line, long limit) {
        if (!killed && !pushes.offer(line, limit - output.size())) {
            kill();
        }
        needsAttention();
    }

    private void needsAttention() {
        if (attention.compareAndSet(false, true)) {
            loop.attention(this);
        }
    }

    /** Called by its loop: what was pushed since is a reply now. */
    void attend() {
        attention.set(false);
        ByteBuffer lines = pushes.take();
        if (client.monitor() && !killed) {
            output.append(lines, 0);
        }
    }

    // ---- the cold commands' view ----

    @Override
    public long id() {
        return id;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void name(String value) {
        name = value;
    }

    @Override
    public String libraryName() {
        return libraryName;
    }

    @Override
    public void libraryName(String value) {
        libraryName = value;
    }

    @Override
    public String libraryVersion() {
        return libraryVersion;
    }

    @Override
    public void libraryVersion(String value) {
        libraryVersion = value;
    }

    @Override
    public int protocol() {
        return protocol;
    }

    @Override
    public void protocol(int version) {
        protocol = version;
    }

    @Override
    public boolean authenticated() {
        return mayCommand();
    }

    @Override
    public void authenticated(boolean value) {
        authenticated = value;
    }

    @Override
    public Multi multi() {
        return multi;
    }

    @Override
    public ClientState client() {
        return client;
    }

    @Override
    public boolean isBlocked() {
        return postponed || suspendedReply != null;
    }

    @Override
    public void postpone(List<byte[]> arguments) {
        commandWaits(arguments);
        postponed = true;
        loop.postponed(this);
    }

    boolean isPostponed() {
        return postponed;
    }

    @Override
    public String remoteAddress() {
        return remoteAddress;
    }

    @Override
    public String localAddress() {
        return localAddress;
    }

    @Override
    public long ageSeconds() {
        return (System.nanoTime() - openedNanos) / 1_000_000_000;
    }

    @Override
    public long idleSeconds() {
        return (System.nanoTime() - lastActiveNanos()) / 1_000_000_000;
    }

    @Override
    public long queryBufferBytes() {
        return unread.remaining() + parser.bytesHeld();
    }

    @Override
    public long outputBufferBytes() {
        return output.size();
    }

    @Override
    public long lastWritePosition() {
        return Math.max(lastWritePosition, onHost.writePosition());
    }

    @Override
    public boolean isDurable(long position) {
        return position <= loop.durable();
    }

    @Override
    public void waitFor(long position) {
        coldWait = Math.max(coldWait, position);
    }

    @Override
    public void suspendUntilDurable(long position, long timeoutMillis, DurableReply reply) {
        suspend(() -> isDurable(position), timeoutMillis, reply, true);
    }

    @Override
    public void suspendUntil(BooleanSupplier condition, long timeoutMillis, DurableReply reply) {
        suspend(condition, timeoutMillis, reply, false);
    }

    private void suspend(BooleanSupplier condition, long timeoutMillis, DurableReply reply, boolean mayEnd) {
        unblockedWithError = null;
        suspendedUntil = condition;
        suspendedMayEnd = mayEnd;
        suspendedUntilNanos = timeoutMillis == 0 ? 0 : System.nanoTime() + Math.min(timeoutMillis, WAIT_MILLIS_MAX) * 1_000_000;
        suspendedReply = reply;
        loop.suspended(this);
    }

    @Override
    public void closeAfterReply() {
        closing = true;
    }
}
