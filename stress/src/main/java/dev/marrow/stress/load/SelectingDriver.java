package dev.marrow.stress.load;

import dev.marrow.stress.crash.Endpoint;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Many connections: waits for whichever is ready. */
final class SelectingDriver implements Driver {
    private static final long WAIT_NANOS_MAX = 100_000_000;
    private static final long MILLI_NANOS = 1_000_000;
    /** A selector waits whole milliseconds; an operation that is due sooner is waited for in such naps, with a look at the replies between them. */
    private static final long NAP_NANOS = 20_000;

    private final Endpoint server;
    private final LoadClock clock;
    private final Troubles troubles;
    private final Selector selector;
    private final List<Line> lines = new ArrayList<>();
    private final Consumer<SelectionKey> ready = this::ready;
    /** Lines on which nothing is under way, and that are not at their end. */
    private int waiting;
    private int ended;
    private volatile boolean dropped;
    private volatile boolean stopped;

    /** One connection. */
    private static final class Line {
        final Session session;
        volatile SocketChannel channel;
        boolean underWay;
        boolean connected = true;
        boolean ended;
        long retryNanos;
        long giveUpNanos;

        Line(Session session, SocketChannel channel) {
            this.session = session;
            this.channel = channel;
        }
    }

    /** @param channels connected, one a session */
    SelectingDriver(List<Session> sessions, List<SocketChannel> channels, Endpoint server, LoadClock clock, Troubles troubles)
            throws IOException {
        this.server = server;
        this.clock = clock;
        this.troubles = troubles;
        selector = Selector.open();
        for (int i = 0; i < sessions.size(); i++) {
            Line line = new Line(sessions.get(i), channels.get(i));
            lines.add(line);
            register(line);
        }
        waiting = lines.size();
    }

    private void register(Line line) throws IOException {
        line.channel.configureBlocking(false);
        line.channel.register(selector, SelectionKey.OP_READ, line);
    }

    @Override
    public void run() {
        try {
            while (ended < lines.size() && !stopped) {
                long now = clock.nanos();
                await(now, serveWaiting(now));
                if (dropped) {
                    dropped = false;
                    tellDropped();
                }
            }
            selector.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } finally {
            lines.forEach(line -> close(line.channel));
        }
    }

    /** Begins what is due; returns when the next is, or the longest wait is over. */
    private long serveWaiting(long now) {
        long next = now + WAIT_NANOS_MAX;
        if (waiting == 0) {
            return next;
        }
        for (Line line : lines) {
            if (line.ended || line.underWay) {
                continue;
            }
            if (line.connected) {
                begin(line, now);
            } else {
                connectAgain(line, now);
            }
            if (!line.ended && !line.underWay) {
                next = Math.min(next, line.connected ? line.session.nextNanos(now) : line.retryNanos);
            }
        }
        return next;
    }

    private void await(long now, long until) throws IOException {
        long left = until - now;
        if (left >= MILLI_NANOS) {
            selector.select(ready, left / MILLI_NANOS);
        } else if (selector.selectNow(ready) == 0 && left > 0) {
            LockSupport.parkNanos(Math.min(left, NAP_NANOS));
        }
    }

    private void begin(Line line, long now) {
        if (line.session.begin(now)) {
            line.underWay = true;
            waiting--;
            try {
                write(line);
            } catch (IOException failure) {
                lost(line, failure);
            } catch (CancelledKeyException closedMeanwhile) {
                lost(line, new IOException(SILENT, closedMeanwhile));
            }
        } else if (line.session.nextNanos(now) == Pace.NEVER) {
            end(line);
        }
    }

    private void end(Line line) {
        line.session.end();
        line.ended = true;
        waiting--;
        ended++;
        close(line.channel);
    }

    private void write(Line line) throws IOException {
        line.channel.write(line.session.out());
        SelectionKey key = line.channel.keyFor(selector);
        int wanted = line.session.out().hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        if (key != null && key.interestOps() != wanted) {
            key.interestOps(wanted);
        }
    }

    private void ready(SelectionKey key) {
        Line line = (Line) key.attachment();
        try {
            if (key.isWritable()) {
                write(line);
            }
            if (key.isReadable()) {
                read(line);
            }
        } catch (IOException failure) {
            lost(line, failure);
        } catch (CancelledKeyException closedMeanwhile) {
            lost(line, new IOException(SILENT, closedMeanwhile));
        }
    }

    private void read(Line line) throws IOException {
        if (line.channel.read(line.session.in()) < 0) {
            throw new EOFException("the server closed it");
        }
        long now = clock.nanos();
        switch (line.session.received(now)) {
            case READ -> { }
            case WRITE -> write(line);
            case BEGIN -> {
                if (line.underWay) {
                    line.underWay = false;
                    waiting++;
                    begin(line, now);
                }
            }
        }
    }

    private void lost(Line line, IOException failure) {
        close(line.channel);
        if (stopped || line.ended || !line.connected) {
            return;
        }
        // nobody but dropSilent closes a channel before this
        line.session.lost(failure instanceof ClosedChannelException ? new IOException(SILENT, failure) : failure);
        waiting += line.underWay ? 1 : 0;
        line.underWay = false;
        line.connected = false;
        line.retryNanos = clock.nanos();
        line.giveUpNanos = line.retryNanos + GIVE_UP_NANOS;
    }

    private void connectAgain(Line line, long now) {
        if (line.session.nextNanos(now) == Pace.NEVER) {
            end(line);
            return;
        }
        if (now < line.retryNanos) {
            return;
        }
        try {
            line.channel = server.connect();
            register(line);
            line.connected = true;
        } catch (IOException refused) {
            line.retryNanos = now + RECONNECT_NANOS;
            if (now > line.giveUpNanos) {
                troubles.givenUp("a connection could not be made again: " + refused.getMessage());
                end(line);
            }
        }
    }

    /** A channel that another thread closed is in no selection any more. */
    private void tellDropped() {
        for (Line line : lines) {
            if (line.underWay && !line.channel.isOpen()) {
                lost(line, new IOException(SILENT));
            }
        }
    }

    @Override
    public void dropSilent(long beforeNanos) {
        for (Line line : lines) {
            if (line.session.silentSince() < beforeNanos) {
                close(line.channel);
                dropped = true;
            }
        }
        selector.wakeup();
    }

    @Override
    public void stop() {
        stopped = true;
        selector.wakeup();
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException alreadyGone) {
            // it is what was wanted
        }
    }
}
