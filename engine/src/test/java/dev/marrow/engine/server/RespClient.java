package dev.marrow.engine.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * A connection that shows the bytes: commands and replies are Latin-1 text, one character a byte. A reply that does not come within
 * {@value #REPLY_WAIT_MS} ms is an exception.
 */
final class RespClient implements AutoCloseable {
    static final int REPLY_WAIT_MS = 20_000;

    private final Socket socket = new Socket();
    private final InputStream in;

    RespClient(int port) throws IOException {
        this(port, 0);
    }

    RespClient(String address, int port) throws IOException {
        this(address, port, 0);
    }

    /** @param receiveBytes of the socket's receive buffer, 0: the system's choice */
    RespClient(int port, int receiveBytes) throws IOException {
        this("127.0.0.1", port, receiveBytes);
    }

    private RespClient(String address, int port, int receiveBytes) throws IOException {
        if (receiveBytes > 0) {
            socket.setReceiveBufferSize(receiveBytes);
        }
        socket.connect(new InetSocketAddress(address, port), REPLY_WAIT_MS);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(REPLY_WAIT_MS);
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    }

    Socket socket() {
        return socket;
    }

    static String encode(String... arguments) {
        return encode(List.of(arguments));
    }

    static String encode(List<String> arguments) {
        StringBuilder text = new StringBuilder("*").append(arguments.size()).append("\r\n");
        for (String argument : arguments) {
            text.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
        }
        return text.toString();
    }

    RespClient send(String bytes) throws IOException {
        socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
        return this;
    }

    /** One command and its whole reply. */
    String call(String... arguments) throws IOException {
        return send(encode(arguments)).reply();
    }

    /** The next reply as it came, nested ones included. */
    String reply() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
        reply(bytes);
        return bytes.toString(ISO_8859_1);
    }

    List<String> replies(int count) throws IOException {
        List<String> replies = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            replies.add(reply());
        }
        return replies;
    }

    private void reply(ByteArrayOutputStream to) throws IOException {
        String line = line(to);
        char type = line.isEmpty() ? '?' : line.charAt(0);
        switch (type) {
            case '+', '-', ':', '_', '#', ',', '(' -> { }
            case '$', '=' -> {
                int length = Integer.parseInt(line.substring(1));
                if (length >= 0) {
                    byte[] bulk = in.readNBytes(length + 2);
                    if (bulk.length != length + 2) {
                        throw new EOFException("the connection ended within a bulk of " + length + " bytes");
                    }
                    to.writeBytes(bulk);
                }
            }
            case '*', '~', '>' -> elements(Integer.parseInt(line.substring(1)), to);
            case '%' -> elements(2 * Integer.parseInt(line.substring(1)), to);
            default -> throw new IOException("not the beginning of a reply: '" + line + "'");
        }
    }

    private void elements(int count, ByteArrayOutputStream to) throws IOException {
        for (int i = 0; i < count; i++) {
            reply(to);
        }
    }

    private String line(ByteArrayOutputStream to) throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("the connection ended after '" + line + "'");
            }
            to.write(b);
            if (b == '\n' && !line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
                line.setLength(line.length() - 1);
                return line.toString();
            }
            line.append((char) b);
        }
    }

    /** Everything up to the end of the connection; a reset counts as one. */
    String untilEnd() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] piece = new byte[1 << 16];
        try {
            for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                bytes.write(piece, 0, count);
            }
        } catch (java.net.SocketException reset) {
            // the other side closed with input of ours unread
        }
        return bytes.toString(ISO_8859_1);
    }

    /** A field of INFO. */
    String info(String field) throws IOException {
        for (String line : call("INFO").split("\r\n")) {
            if (line.startsWith(field + ":")) {
                return line.substring(field.length() + 1);
            }
        }
        throw new IOException("INFO has no field " + field);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
