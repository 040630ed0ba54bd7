package dev.marrow.stress.crash;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/**
 * Where a server listens, and what it wants to hear first.
 *
 * @param password for AUTH, as the bytes that are sent
 */
public record Endpoint(InetSocketAddress address, Optional<String> password) {
    private static final int CONNECT_MILLIS_MAX = 5_000;

    /** On this host, without a password. */
    public static Endpoint local(int port) {
        return open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /** Without a password. */
    public static Endpoint open(InetSocketAddress address) {
        return new Endpoint(address, Optional.empty());
    }

    /**
     * A blocking connection on which commands may be sent.
     *
     * @throws IOException nobody listens, or the password is wrong
     */
    public SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            connect(channel.socket());
            if (password.isPresent()) {
                authenticate(new RespConnection(channel.socket()));
            }
            return channel;
        } catch (IOException refused) {
            channel.close();
            throw new IOException("no connection to " + this + ": " + refused.getMessage(), refused);
        }
    }

    void connect(Socket socket) throws IOException {
        socket.connect(address, CONNECT_MILLIS_MAX);
    }

    void authenticate(RespConnection connection) throws IOException {
        if (password.isPresent() && connection.call("AUTH", password.get()) instanceof Reply.Failure(String text)) {
            throw new IOException(text);
        }
    }

    /** HOST:PORT: what is shown shows no password. */
    @Override
    public String toString() {
        return address.getHostString() + ":" + address.getPort();
    }
}
