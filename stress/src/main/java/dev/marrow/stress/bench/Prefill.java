package dev.marrow.stress.bench;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** Writes every key that redis-benchmark may ask for, so that each GET of a measurement is a hit, on either server. */
final class Prefill {
    private static final int PIPELINE = 500;
    private static final int SOCKET_TIMEOUT_MILLIS = 30_000;
    private static final byte[] OK = "+OK\r\n".getBytes(StandardCharsets.ISO_8859_1);

    private Prefill() {}

    static void run(int port, int keyspace, int valueBytes) throws IOException {
        String value = "x".repeat(valueBytes);
        byte[] expected = new byte[PIPELINE * OK.length];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = OK[i % OK.length];
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                BufferedOutputStream out = new BufferedOutputStream(socket.getOutputStream())) {
            socket.setSoTimeout(SOCKET_TIMEOUT_MILLIS);
            InputStream in = socket.getInputStream();
            for (int first = 0; first < keyspace; first += PIPELINE) {
                int count = Math.min(PIPELINE, keyspace - first);
                ByteArrayOutputStream commands = new ByteArrayOutputStream();
                for (int i = first; i < first + count; i++) {
                    commands.writeBytes(set(i, value));
                }
                out.write(commands.toByteArray());
                out.flush();
                byte[] replies = in.readNBytes(count * OK.length);
                if (!Arrays.equals(replies, 0, replies.length, expected, 0, count * OK.length)) {
                    throw new IOException("SET was answered with " + new String(replies, StandardCharsets.ISO_8859_1));
                }
            }
        }
    }

    /** The form of redis-benchmark's keys. */
    private static byte[] set(int key, String value) {
        return String.format(Locale.ROOT, "*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$%d\r\n%s\r\n", key, value.length(), value)
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}
