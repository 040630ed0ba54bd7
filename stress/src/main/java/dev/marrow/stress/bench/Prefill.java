package dev.marrow.stress.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Writes every key that a client may ask for, so that each GET of a measurement is a hit, on any of the servers. Values are random letters:
 * Redis's RDB would store a value of one letter in a few bytes.
 */
final class Prefill {
    private static final int PIPELINE = 500;
    /** Sent and not yet answered, so that server and client work at the same time. */
    private static final int PIPELINES_UNDER_WAY_MAX = 2;
    private static final int SOCKET_TIMEOUT_MILLIS = 30_000;
    static final int KEY_BYTES = 16;
    private static final String KEY_BEGIN = "key:";
    private static final byte[] LETTERS = bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-");
    private static final int LETTER_BITS = 6;
    private static final int LETTERS_PER_DRAW = Long.SIZE / LETTER_BITS;
    private static final byte[] LINE_END = bytes("\r\n");
    /** Of an error: what a server says at more length is not needed. */
    private static final int REPLY_BYTES_MAX = 1 << 10;

    private final SplittableRandom random = new SplittableRandom(1);
    private final Protocol protocol;
    private final ValueSizes sizes;
    private final byte[] beforeDigits;
    private final byte[] commands;
    private int length;
    private int beforeValueBytes;
    private byte[] beforeValue;

    /**
     * How far it came.
     *
     * @param stored  keys from 0 on that the server has
     * @param refusal its reply to the next one
     */
    record Outcome(int stored, Optional<String> refusal) {}

    private Prefill(Protocol protocol, ValueSizes sizes) {
        this.protocol = protocol;
        this.sizes = sizes;
        // The form of the keys of redis-benchmark and of our own clients (client.h).
        beforeDigits = bytes(protocol.beforeKey() + KEY_BEGIN);
        beforeValueBytes = sizes.most();
        beforeValue = bytes(protocol.beforeValue(beforeValueBytes));
        int commandBytesMax = protocol.beforeKey().length() + KEY_BYTES + beforeValue.length + sizes.most() + LINE_END.length;
        commands = new byte[PIPELINE * commandBytesMax];
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A server that speaks RESP. */
    static void run(int port, int keyspace, int valueBytes) throws IOException {
        run(Protocol.RESP, port, keyspace, new ValueSizes.Fixed(valueBytes));
    }

    /** @throws IOException the server refused one */
    static void run(Protocol protocol, int port, int keyspace, ValueSizes sizes) throws IOException {
        Optional<String> refusal = untilRefused(protocol, port, keyspace, sizes).refusal();
        if (refusal.isPresent()) {
            throw new IOException("SET was answered with " + refusal.get());
        }
    }

    /** Until one is refused; some behind that one are sent too, and may have been stored. */
    static Outcome untilRefused(Protocol protocol, int port, int keyspaceMax, ValueSizes sizes) throws IOException {
        return new Prefill(protocol, sizes).run(port, keyspaceMax);
    }

    private Outcome run(int port, int keyspace) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(SOCKET_TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            OutputStream out = socket.getOutputStream();
            InputStream in = new BufferedInputStream(socket.getInputStream());
            int sent = 0;
            for (int answered = 0; answered < keyspace; answered++) {
                while (sent < keyspace && sent - answered <= (PIPELINES_UNDER_WAY_MAX - 1) * PIPELINE) {
                    int count = Math.min(PIPELINE, keyspace - sent);
                    write(out, sent, count);
                    sent += count;
                }
                String reply = readLine(in);
                if (!reply.equals(protocol.stored())) {
                    return new Outcome(answered, Optional.of(reply));
                }
            }
            return new Outcome(keyspace, Optional.empty());
        }
    }

    private void write(OutputStream out, int first, int count) throws IOException {
        length = 0;
        for (int key = first; key < first + count; key++) {
            append(beforeDigits);
            appendDigits(key);
            int valueBytes = sizes.bytes(key);
            if (valueBytes != beforeValueBytes) {
                beforeValueBytes = valueBytes;
                beforeValue = bytes(protocol.beforeValue(valueBytes));
            }
            append(beforeValue);
            appendLetters(valueBytes);
            append(LINE_END);
        }
        out.write(commands, 0, length);
    }

    private void append(byte[] bytes) {
        System.arraycopy(bytes, 0, commands, length, bytes.length);
        length += bytes.length;
    }

    private void appendDigits(int key) {
        int number = key;
        int begin = length;
        length += KEY_BYTES - KEY_BEGIN.length();
        for (int at = length - 1; at >= begin; at--) {
            commands[at] = (byte) ('0' + number % 10);
            number /= 10;
        }
    }

    private void appendLetters(int count) {
        long letters = 0;
        for (int at = 0; at < count; at++) {
            letters = at % LETTERS_PER_DRAW == 0 ? random.nextLong() : letters >>> LETTER_BITS;
            commands[length++] = LETTERS[(int) letters & (1 << LETTER_BITS) - 1];
        }
    }

    private static String readLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n' && line.length() < REPLY_BYTES_MAX; next = in.read()) {
            if (next < 0) {
                throw new EOFException("SET was answered with the end of the connection");
            }
            line.append((char) next);
        }
        return line.toString().stripTrailing();
    }
}
