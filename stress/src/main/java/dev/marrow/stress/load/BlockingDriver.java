package dev.marrow.stress.load;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;

/** One connection, as a plain blocking client uses it: write, read, nothing between them. */
final class BlockingDriver implements Driver {
    /** A larger batch could block a server that wants to be read from first, and this writer with it. */
    static final int BATCH_BYTES_MAX = 1 << 16;

    private final Session session;
    private final Connector connector;
    private final LoadClock clock;
    private final Troubles troubles;
    private volatile ByteChannel channel;
    private volatile boolean stopped;
    private volatile boolean dropped;
    private boolean abandoned;

    /** Makes a new connection. */
    interface Connector {
        ByteChannel connect() throws IOException;
    }

    BlockingDriver(Session session, ByteChannel channel, Connector connector, LoadClock clock, Troubles troubles) {
        this.session = session;
        this.channel = channel;
        this.connector = connector;
        this.clock = clock;
        this.troubles = troubles;
    }

    @Override
    public void run() {
        long now = clock.nanos();
        for (long next = session.nextNanos(now); next != Pace.NEVER && !stopped && !abandoned; next = session.nextNanos(now)) {
            if (next > now) {
                clock.sleepUntil(next);
            }
            if (session.begin(clock.nanos())) {
                exchange();
            }
            now = clock.nanos();
        }
        session.end();
        close(channel);
    }

    private void exchange() {
        try {
            write(session.out());
            Session.Next next = Session.Next.READ;
            while (next != Session.Next.BEGIN) {
                if (channel.read(session.in()) < 0) {
                    throw new EOFException("the server closed it");
                }
                next = session.received(clock.nanos());
                if (next == Session.Next.WRITE) {
                    write(session.out());
                }
            }
        } catch (IOException failure) {
            close(channel);
            if (!stopped) {
                session.lost(dropped ? new IOException(SILENT, failure) : failure);
                dropped = false;
                connectAgain();
            }
        }
    }

    private void write(ByteBuffer out) throws IOException {
        while (out.hasRemaining()) {
            channel.write(out);
        }
    }

    private void connectAgain() {
        long giveUp = clock.nanos() + GIVE_UP_NANOS;
        IOException last = new IOException("no attempt");
        for (long now = clock.nanos(); now < giveUp && !stopped; now = clock.nanos()) {
            if (session.nextNanos(now) == Pace.NEVER) {
                return;
            }
            try {
                channel = connector.connect();
                return;
            } catch (IOException refused) {
                last = refused;
                clock.sleepUntil(now + RECONNECT_NANOS);
            }
        }
        abandoned = true;
        troubles.givenUp("a connection could not be made again: " + last.getMessage());
    }

    @Override
    public void dropSilent(long beforeNanos) {
        if (session.silentSince() < beforeNanos) {
            dropped = true;
            close(channel);
        }
    }

    @Override
    public void stop() {
        stopped = true;
        close(channel);
    }

    private static void close(ByteChannel channel) {
        try {
            channel.close();
        } catch (IOException alreadyGone) {
            // it is what was wanted
        }
    }
}
