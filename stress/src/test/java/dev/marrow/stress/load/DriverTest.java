package dev.marrow.stress.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.crash.Endpoint;
import dev.marrow.stress.load.OperationSource.ValueSize;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections to a server that accepts and never answers. */
@Timeout(60)
class DriverTest {
    private static final Mix MIX = Mix.parse("get=1");

    private final Troubles troubles = new Troubles(false);
    private final Session session = new Session(new Session.Terms(1, 1_000, 0, 0, Rmw.IFEQ, true, 10), source(), new Pace.Closed(0, Pace.NEVER),
            new Quota(Long.MAX_VALUE), new Meter(MIX.kinds()), new Counts(), troubles);
    private final List<SocketChannel> accepted = new ArrayList<>();
    private ServerSocketChannel listener;
    private Endpoint server;

    private static OperationSource source() {
        Records records = new Records(10);
        return OperationSource.mixed(MIX, KeyChooser.of(KeyChooser.Distribution.UNIFORM, records), records, new ValueSize(1, 1),
                new SplittableRandom(1));
    }

    @BeforeEach
    void listen() throws IOException {
        listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server = Endpoint.open((InetSocketAddress) listener.getLocalAddress());
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
        for (SocketChannel channel : accepted) {
            channel.close();
        }
    }

    @Test
    void aBlockingConnectionIsDroppedByASilentServer() throws Exception {
        isDropped(new BlockingDriver(session, server.connect(), server::connect, LoadClock.SYSTEM, troubles));
    }

    @Test
    void aSelectedConnectionIsDroppedByASilentServer() throws Exception {
        isDropped(new SelectingDriver(List.of(session), List.of(server.connect()), server, LoadClock.SYSTEM, troubles));
    }

    private void isDropped(Driver driver) throws Exception {
        Thread thread = Thread.ofPlatform().daemon().start(driver);
        try {
            accepted.add(listener.accept());
            // nothing is under way for too long yet
            driver.dropSilent(0);
            while (session.silentSince() == Session.IDLE) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            assertEquals(0, troubles.lostConnections());
            driver.dropSilent(System.nanoTime() + 1);
            // it comes back by itself
            accepted.add(listener.accept());
            assertEquals(1, troubles.lostConnections());
            assertEquals(1, troubles.unanswered());
            assertTrue(troubles.texts().getFirst().contains(Driver.SILENT), troubles.texts().toString());
        } finally {
            driver.stop();
            thread.interrupt();
            thread.join();
        }
        assertEquals(1, troubles.lostConnections(), "what is stopped is not told of");
    }
}
