package dev.marrow.stress.crash;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A blocking RESP2 client that shows exactly which replies have arrived: no reconnection, no retry. One thread at a time. */
public final class RespConnection implements Caller, Closeable {
    /** Longest wait for a reply; a server that is alive and silent for so long is a finding. */
    private static final int READ_MILLIS_MAX = 60_000;
    private static final int BULK_BYTES_MAX = 8 << 20;
    private static final int BUFFER_BYTES = 1 << 16;

    private final Socket socket;
    private final BufferedInputStream in;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 14);
    private byte[] rest = new byte[0];

    /** On this host. */
    public RespConnection(int port) throws IOException {
        this(Endpoint.local(port));
    }

    public RespConnection(Endpoint server) throws IOException {
        this(server, 0);
    }

    /** @param receiveBytes of a reply that the kernel may hold, 0: as it likes */
    RespConnection(Endpoint server, int receiveBytes) throws IOException {
        socket = new Socket();
        try {
            if (receiveBytes > 0) {
                socket.setReceiveBufferSize(receiveBytes);
            }
            server.connect(socket);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(READ_MILLIS_MAX);
            in = new BufferedInputStream(socket.getInputStream(), receiveBytes > 0 ? receiveBytes : BUFFER_BYTES);
            server.authenticate(this);
        } catch (IOException failure) {
            socket.close();
            throw failure;
        }
    }

    /** Over a socket that is connected, and that its owner closes. */
    RespConnection(Socket connected) throws IOException {
        socket = connected;
        socket.setSoTimeout(READ_MILLIS_MAX);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** Sends all commands in one write. */
    void send(List<List<String>> commands) throws IOException {
        encode(commands);
        out.writeTo(socket.getOutputStream());
    }

    /**
     * Sends the beginning of a command; the rest comes by {@link #sendRest}, or never.
     *
     * @param share of its bytes that are sent
     */
    void sendPart(List<String> command, double share) throws IOException {
        encode(List.of(command));
        rest = out.toByteArray();
        int first = (int) (rest.length * share);
        socket.getOutputStream().write(rest, 0, first);
        rest = Arrays.copyOfRange(rest, first, rest.length);
    }

    /** Before anything else is sent. */
    void sendRest() throws IOException {
        socket.getOutputStream().write(rest);
        rest = new byte[0];
    }

    private void encode(List<List<String>> commands) {
        out.reset();
        for (List<String> command : commands) {
            line("*" + command.size());
            for (String word : command) {
                line("$" + word.length());
                line(word);
            }
        }
    }

    private void line(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        out.write('\r');
        out.write('\n');
    }

    /**
     * The next reply.
     *
     * @throws ProtocolException what came is no reply
     * @throws IOException the connection ended first
     */
    Reply receive() throws IOException {
        String line = readLine();
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+' -> new Reply.Status(rest);
            case '-' -> new Reply.Failure(rest);
            case ':' -> new Reply.Number(Long.parseLong(rest));
            case '$' -> new Reply.Bulk(readBulk(Integer.parseInt(rest)));
            case '*' -> readArray(Integer.parseInt(rest));
            default -> throw new ProtocolException("not RESP: " + line);
        };
    }

    @Override
    public Reply call(String... command) throws IOException {
        send(List.of(List.of(command)));
        return receive();
    }

    private Optional<String> readBulk(int length) throws IOException {
        if (length < 0) {
            return Optional.empty();
        }
        if (length > BULK_BYTES_MAX) {
            throw new ProtocolException("bulk of " + length + " bytes");
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length || !readLine().isEmpty()) {
            throw new EOFException("reply cut short");
        }
        return Optional.of(new String(bytes, StandardCharsets.ISO_8859_1));
    }

    private Reply readArray(int count) throws IOException {
        List<Long> numbers = new ArrayList<>();
        List<Optional<String>> texts = new ArrayList<>();
        Optional<List<String>> nested = Optional.empty();
        for (int i = 0; i < count; i++) {
            switch (receive()) {
                case Reply.Number(long value) -> numbers.add(value);
                case Reply.Bulk(Optional<String> value) -> texts.add(value);
                case Reply.Bulks(List<Optional<String>> values) when values.stream().allMatch(Optional::isPresent) ->
                    nested = Optional.of(values.stream().map(Optional::orElseThrow).toList());
                case Reply.Numbers(List<Long> none) when none.isEmpty() -> nested = Optional.of(List.of());
                case Reply other -> throw new ProtocolException("an array with " + other);
            }
        }
        if (nested.isPresent() && numbers.isEmpty() && texts.size() == 1 && texts.getFirst().isPresent()) {
            return new Reply.Page(texts.getFirst().get(), nested.get());
        }
        if (nested.isPresent()) {
            throw new ProtocolException("an array in an array");
        }
        if (numbers.size() == 1 && texts.size() == 1 && texts.getFirst().isPresent()) {
            return new Reply.Versioned(texts.getFirst().get(), numbers.getFirst());
        }
        if (!numbers.isEmpty() && !texts.isEmpty()) {
            throw new ProtocolException("an array of numbers and strings");
        }
        return texts.isEmpty() ? new Reply.Numbers(List.copyOf(numbers)) : new Reply.Bulks(List.copyOf(texts));
    }

    private String readLine() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("connection closed");
            }
            text.append((char) c);
        }
        if (in.read() != '\n') {
            throw new EOFException("line cut short");
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
