package dev.marrow.engine.transfer;

import dev.marrow.engine.resp.RequestParser;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The server to import into.
 *
 * @param password      for AUTH, if it asks for one
 * @param timeoutMillis most time that it may take to accept the connection, and later between two replies that are due
 */
public record ImportTarget(String host, int port, Optional<String> password, int timeoutMillis) {

    private static final int BUFFER_BYTES = 1 << 16;

    /** @throws ServerUnavailableException when it cannot be reached, or refuses us */
    Pipeline connect(RefusalListener refusals) throws ServerUnavailableException {
        return new Pipeline(this::connect, refusals);
    }

    private Pipeline.Connection connect() throws ServerUnavailableException {
        Socket socket = new Socket();
        try {
            InetSocketAddress address = new InetSocketAddress(host, port);
            if (address.isUnresolved()) {
                throw new ServerUnavailableException("there is no host " + host);
            }
            socket.connect(address, timeoutMillis);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(timeoutMillis);
            InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
            greet(socket, new ReplyReader(in));
            return new Pipeline.Connection(socket, new ReplyReader(in));
        } catch (ServerUnavailableException refused) {
            Pipeline.closeQuietly(socket);
            throw refused;
        } catch (IOException unreachable) {
            Pipeline.closeQuietly(socket);
            throw new ServerUnavailableException("no server at " + host + " port " + port + ": " + unreachable.getMessage());
        }
    }

    /** Without this every record would be refused, one by one, for want of a password. */
    private void greet(Socket socket, ReplyReader replies) throws IOException {
        List<List<String>> commands = new ArrayList<>();
        password.ifPresent(secret -> commands.add(List.of("AUTH", secret)));
        commands.add(List.of("PING"));
        for (List<String> command : commands) {
            List<byte[]> words = command.stream().map(word -> word.getBytes(StandardCharsets.UTF_8)).toList();
            socket.getOutputStream().write(RequestParser.encode(words));
            Optional<String> error = replies.next();
            if (error.isPresent()) {
                throw new ServerUnavailableException(
                        "the server at " + host + " port " + port + " refuses " + command.getFirst() + ": " + error.get());
            }
        }
    }
}
