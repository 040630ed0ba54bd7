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

    private final Socket socket;
    private final ReplyReader replies;
    private final RefusalListener refusals;
    private final Thread reader;

    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int buffered;

    // Guarded by this.
    private final long[] positions = new long[WINDOW];
    private long sent;
    private long flushed;
    private long answered;
    private boolean finished;
    private Optional<IOException> failure = Optional.empty();

    Pipeline(Socket socket, ReplyReader replies, RefusalListener refusals) {
        this.socket = socket;
        this.replies = replies;
        this.refusals = refusals;
        reader = Thread.ofPlatform().daemon().name("import-replies").start(this::readReplies);
    }

    /** @throws ServerLostException when the server went, or does not answer */
    void send(ImportRecord record) throws ServerLostException {
        if (inFlight() == WINDOW) {
            flush();
            awaitInFlight(WINDOW / 2);
        }
        byte[] command = record.command();
        if (buffered + command.length > BUFFER_BYTES) {
            flush();
        }
        synchronized (this) {
            positions[(int) (sent % WINDOW)] = record.position();
            sent++;
        }
        if (command.length > BUFFER_BYTES) {
            write(command, command.length);
        } else {
            System.arraycopy(command, 0, buffer, buffered, command.length);
            buffered += command.length;
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
            socket.getOutputStream().write(bytes, 0, length);
        } catch (IOException broken) {
            // The replies that came before it broke are still there to be read.
            joinReader();
            throw lost(broken);
        }
    }

    /** Waits for the replies to everything. */
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

    private synchronized ServerLostException lost(IOException cause) {
        IOException first = failure.orElse(cause);
        String reason = switch (first) {
            case SocketTimeoutException silent -> "the server does not answer any more";
            case SocketException broken -> "the connection to the server broke: " + broken.getMessage();
            default -> first.getMessage();
        };
        return new ServerLostException(reason + "; " + answered + " of " + sent + " records were answered", first);
    }

    private void readReplies() {
        try {
            while (awaitDue()) {
                Optional<String> error = replies.next();
                long position = countReply();
                error.ifPresent(text -> refusals.refused(position, text));
            }
        } catch (IOException lost) {
            fail(lost);
        } catch (RuntimeException fault) {
            fail(new IOException("a fault while replies were read: " + fault, fault)); // or the sender would wait for ever
        }
    }

    private void fail(IOException cause) {
        synchronized (this) {
            failure = Optional.of(cause);
            notifyAll();
        }
        closeQuietly(socket); // ends a write that waits
    }

    /** False when no further reply is to come. */
    private synchronized boolean awaitDue() {
        while (answered == flushed && !finished) {
            uninterrupted(this::wait);
        }
        return answered < flushed;
    }

    /** Counts a reply; returns the position of its command. */
    private synchronized long countReply() {
        long position = positions[(int) (answered % WINDOW)];
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
        closeQuietly(socket);
    }
}
