package dev.marrow.engine.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Takes connections on every address that the server listens on and deals them to the event loops in turn. */
final class Acceptor implements Runnable {
    private static final int BACKLOG = 511;
    private static final long ACCEPT_RETRY_NANOS = 10_000_000;
    private static final byte[] TOO_MANY = "-ERR max number of clients reached\r\n".getBytes(StandardCharsets.ISO_8859_1);

    private final Server server;
    private final Selector selector;
    private final List<ServerSocketChannel> listeners = new ArrayList<>();
    private final Thread thread;
    private int port;
    private int nextLoop;
    private long nextId = 1;
    private volatile boolean stopping;
    private volatile long accepted;
    private volatile long rejected;

    /**
     * Listens; nothing is accepted before {@link #start}.
     *
     * @throws IOException naming the address that cannot be listened on
     */
    Acceptor(Server server, List<String> addresses, int port) throws IOException {
        this.server = server;
        this.port = port;
        this.selector = Selector.open();
        this.thread = Thread.ofPlatform().name("marrow-accept").daemon().unstarted(this);
        for (String address : addresses) {
            listen(address);
        }
    }

    private void listen(String address) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listeners.add(listener);
        try {
            listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            listener.bind(new InetSocketAddress(InetAddress.getByName(address), port), BACKLOG);
        } catch (IOException e) {
            close();
            throw new IOException("cannot listen on " + address + " port " + port + ": " + e.getMessage(), e);
        }
        port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    /** Addresses that are listened on. */
    List<InetAddress> addresses() throws IOException {
        List<InetAddress> addresses = new ArrayList<>();
        for (ServerSocketChannel listener : listeners) {
            addresses.add(((InetSocketAddress) listener.getLocalAddress()).getAddress());
        }
        return addresses;
    }

    /** The port in use, also when 0 was asked for. */
    int port() {
        return port;
    }

    long accepted() {
        return accepted;
    }

    long rejected() {
        return rejected;
    }

    void start() {
        thread.start();
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                selector.select();
                for (SelectionKey key : selector.selectedKeys()) {
                    accept((ServerSocketChannel) key.channel());
                }
                selector.selectedKeys().clear();
            }
        } catch (IOException | RuntimeException | Error e) {
            if (!stopping) {
                server.fail(e);
            }
        }
    }

    private void accept(ServerSocketChannel listener) {
        SocketChannel channel;
        try {
            channel = listener.accept();
        } catch (IOException e) {
            // out of descriptors: the listener stays ready, so do not spin on it
            LockSupport.parkNanos(ACCEPT_RETRY_NANOS);
            return;
        }
        if (channel == null) {
            return;
        }
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        } catch (IOException e) {
            reject(channel);
            return;
        }
        if (server.connectedClients() >= server.config().maxclients()) {
            reject(channel);
        } else if (!server.loops().get(Math.floorMod(nextLoop++, server.loops().size())).accept(channel, nextId++)) {
            reject(channel);
        } else {
            accepted++;
        }
    }

    private void reject(SocketChannel channel) {
        rejected++;
        try (channel) {
            channel.write(ByteBuffer.wrap(TOO_MANY));
        } catch (IOException e) {
            // it gets no explanation then
        }
    }

    private void close() throws IOException {
        for (ServerSocketChannel listener : listeners) {
            listener.close();
        }
        selector.close();
    }

    /** Stops accepting and listening. */
    void stop() throws IOException, InterruptedException {
        stopping = true;
        selector.wakeup();
        thread.join();
        close();
    }
}
