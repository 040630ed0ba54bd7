package dev.marrow.engine.transfer;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Optional;

/**
 * Sends commands without waiting for their replies, up to {@value #WINDOW} ahead of them. A thread of its own takes the replies, so
 * that a server whose replies nobody reads never keeps us from sending. One thread sends; any may ask for the numbers.
 */
final class Pipeline implements Closeable {

    /** Commands without a reply. */
    static final int WINDOW = 1024;
    private static final int BUFFER_BYTES = 1 << 16;

    /** A connection that lets us in, for one pipeline after another. */
    record Connection(Socket socket, ReplyReader replies) {}

    /** Makes them. */
    @FunctionalInterface
    interface Connector {
        Connection connect() throws ServerUnavailableException;
    }

    private final Connector connector;
    private final RefusalListener refusals;
    private Connection connection;
    private Thread reader;

    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int buffered;

    // Guarded by this.
    private final long[] positions = new long[WINDOW];
    /** Commands that were given whole. */
    private long sent;
    /** Those of them that were written, so that their replies are due. */
    private long flushed;
    private long answered;
    /** One more has begun; its position has its place already. */
    private boolean begun;
    /** Nothing more is written: whatever the server has said is to be read. */
    private boolean broken;
    private boolean finished;
    private Optional<IOException> failure = Optional.empty();

    /** @throws ServerUnavailableException when there is no connection */
    Pipeline(Connector connector, RefusalListener refusals) throws ServerUnavailableException {
        this.connector = connector;
        this.refusals = refusals;
        open();
    }

    private void open() throws ServerUnavailableException {
        Connection opened = connector.connect();
        connection = opened;
        reader = Thread.ofPlatform().daemon().name("import-replies").start(() -> readReplies(opened));
    }

    /** @throws ServerLostException when the server went, or does not answer */
    void send(ImportRecord record) throws ServerLostException {
        if (record.first()) {
            begin(record.position());
        }
        byte[] bytes = record.bytes();
        if (buffered + bytes.length > BUFFER_BYTES) {
            flush();
        }
        if (record.last()) {
            end();
        }
        if (bytes.length > BUFFER_BYTES) {
            write(bytes, bytes.length);
        } else {
            System.arraycopy(bytes, 0, buffer, buffered, bytes.length);
            buffered += bytes.length;
        }
    }

    private void begin(long position) throws ServerLostException {
        if (inFlight() == WINDOW) {
            flush();
            awaitInFlight(WINDOW / 2);
        }
        synchronized (this) {
            positions[(int) (sent % WINDOW)] = position;
            begun = true;
        }
    }

    private synchronized void end() {
        begun = false;
        sent++;
    }

    /**
     * A command that was begun is not to be completed: its connection ends, so that the server forgets it, and what follows goes over another one.
     *
     * @throws ServerLostException as {@link #send}
     */
    void dropCommand() throws ServerLostException {
        if (!begun) {
            return;
        }
        finish();
        closeQuietly(connection.socket());
        synchronized (this) {
            begun = false;
            finished = false;
        }
        try {
            open();
        } catch (ServerUnavailableException gone) {
            throw lost(gone);
        }
    }

    private void flush() throws ServerLostException {
        if (buffered > 0) {
            write(buffer, buffered);
            buffered = 0;
        }
    }

    private void write(byte[] bytes, int length) throws ServerLostException {
        synchronized (this) {
            // Before the write: it may block until replies to its beginning are read.
            flushed = sent;
            notifyAll();
        }
        try {
            connection.socket().getOutputStream().write(bytes, 0, length);
        } catch (IOException failed) {
            // The replies that came before it broke are still there to be read.
            synchronized (this) {
                broken = true;
                notifyAll();
            }
            joinReader();
            throw lost(failed);
        }
    }

    /** Waits for the replies to everything that was given whole. */
    void finish() throws ServerLostException {
        flush();
        awaitInFlight(0);
        synchronized (this) {
            finished = true;
            notifyAll();
        }
        joinReader();
    }

    /** Ends when the reader takes replies or fails, which it does after the timeout at the latest. */
    private void awaitInFlight(int most) throws ServerLostException {
        synchronized (this) {
            while (sent - answered > most && failure.isEmpty()) {
                uninterrupted(this::wait);
            }
            if (sent - answered <= most) {
                return;
            }
        }
        throw lost(failure());
    }

    private synchronized IOException failure() {
        return failure.orElseThrow();
    }

    private ServerLostException lost(IOException cause) {
        long half = -1;
        ServerLostException lost;
        synchronized (this) {
            IOException first = failure.orElse(cause);
            String reason = switch (first) {
                case SocketTimeoutException silent -> "the server does not answer any more";
                case SocketException gone -> "the connection to the server broke: " + gone.getMessage();
                default -> first.getMessage();
            };
            lost = new ServerLostException(reason + "; " + answered + " of " + sent + " records were answered", first);
            half = begun ? positions[(int) (sent % WINDOW)] : half;
            begun = false;
        }
        if (half >= 0) {
            refusals.refused(half, "the connection ended within this record, so it is not there");
        }
        return lost;
    }

    private void readReplies(Connection from) {
        try {
            while (awaitDue()) {
                Optional<String> error = from.replies().next();
                long position = countReply();
                error.ifPresent(text -> refusals.refused(position, text));
            }
        } catch (IOException lost) {
            fail(lost, from);
        } catch (RuntimeException fault) {
            fail(new IOException("a fault while replies were read: " + fault, fault), from); // or the sender would wait for ever
        }
    }

    private void fail(IOException cause, Connection from) {
        synchronized (this) {
            failure = Optional.of(cause);
            notifyAll();
        }
        closeQuietly(from.socket()); // ends a write that waits
    }

    /** False when no further reply is to come. */
    private synchronized boolean awaitDue() {
        while (answered == flushed && !finished && !broken) {
            uninterrupted(this::wait);
        }
        return answered < flushed || broken;
    }

    /** Counts a reply; returns the position of its command. */
    private synchronized long countReply() {
        long position = positions[(int) (answered % WINDOW)];
        if (answered == sent && begun) {
            // a server that does not want to read a command to its end says so and closes
            begun = false;
            sent++;
            flushed = sent;
        }
        answered++;
        if (sent - answered <= WINDOW / 2) {
            notifyAll();
        }
        return position;
    }

    private synchronized long inFlight() {
        return sent - answered;
    }

    synchronized long sent() {
        return sent;
    }

    synchronized long answered() {
        return answered;
    }

    private void joinReader() {
        uninterrupted(reader::join);
    }

    @FunctionalInterface
    private interface Wait {
        void run() throws InterruptedException;
    }

    /** Nobody interrupts these threads. */
    private static void uninterrupted(Wait wait) {
        try {
            wait.run();
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException(unexpected);
        }
    }

    static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException alreadyClosed) {
            // nothing more is wanted of it
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            finished = true;
            notifyAll();
        }
        closeQuietly(connection.socket());
    }
}
