package dev.marrow.stress.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Writes every key that a client may ask for, so that each GET of a measurement is a hit, on either server. Values are random letters:
 * Redis's RDB would store a value of one letter in a few bytes.
 */
final class Prefill {
    private static final int PIPELINE = 500;
    /** Sent and not yet answered, so that server and client work at the same time. */
    private static final int PIPELINES_UNDER_WAY_MAX = 2;
    private static final int SOCKET_TIMEOUT_MILLIS = 30_000;
    static final int KEY_BYTES = 16;
    private static final int KEY_DIGITS = 12;
    private static final byte[] LETTERS = bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-");
    private static final int LETTER_BITS = 6;
    private static final int LETTERS_PER_DRAW = Long.SIZE / LETTER_BITS;
    private static final byte[] OK = bytes("+OK\r\n");

    private final SplittableRandom random = new SplittableRandom(1);
    private final int valueBytes;
    private final byte[] command;
    private final int digitsAt;
    private final int valueAt;
    private final byte[] commands;

    private Prefill(int valueBytes) {
        this.valueBytes = valueBytes;
        // The form of the keys of redis-benchmark and of our own clients (client.h).
        String beforeDigits = "*3\r\n$3\r\nSET\r\n$" + KEY_BYTES + "\r\nkey:";
        String beforeValue = "\r\n$" + valueBytes + "\r\n";
        digitsAt = beforeDigits.length();
        valueAt = digitsAt + KEY_DIGITS + beforeValue.length();
        command = bytes(beforeDigits + "0".repeat(KEY_DIGITS) + beforeValue + "x".repeat(valueBytes) + "\r\n");
        commands = new byte[PIPELINE * command.length];
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static void run(int port, int keyspace, int valueBytes) throws IOException {
        new Prefill(valueBytes).run(port, keyspace);
    }

    private void run(int port, int keyspace) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(SOCKET_TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            OutputStream out = socket.getOutputStream();
            int sent = 0;
            int answered = 0;
            while (answered < keyspace) {
                while (sent < keyspace && sent - answered < PIPELINES_UNDER_WAY_MAX * PIPELINE) {
                    int count = Math.min(PIPELINE, keyspace - sent);
                    write(out, sent, count);
                    sent += count;
                }
                int count = Math.min(PIPELINE, keyspace - answered);
                requireOk(socket.getInputStream(), count);
                answered += count;
            }
        }
    }

    private void write(OutputStream out, int first, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            int number = first + i;
            for (int digit = digitsAt + KEY_DIGITS - 1; digit >= digitsAt; digit--) {
                command[digit] = (byte) ('0' + number % 10);
                number /= 10;
            }
            long letters = 0;
            for (int at = 0; at < valueBytes; at++) {
                letters = at % LETTERS_PER_DRAW == 0 ? random.nextLong() : letters >>> LETTER_BITS;
                command[valueAt + at] = LETTERS[(int) letters & (1 << LETTER_BITS) - 1];
            }
            System.arraycopy(command, 0, commands, i * command.length, command.length);
        }
        out.write(commands, 0, count * command.length);
    }

    private static void requireOk(InputStream in, int count) throws IOException {
        byte[] replies = in.readNBytes(count * OK.length);
        for (int at = 0; at < count * OK.length; at += OK.length) {
            if (replies.length < at + OK.length || !Arrays.equals(replies, at, at + OK.length, OK, 0, OK.length)) {
                throw new IOException("SET was answered with "
                        + new String(replies, at, Math.max(0, replies.length - at), StandardCharsets.ISO_8859_1));
            }
        }
    }
}
