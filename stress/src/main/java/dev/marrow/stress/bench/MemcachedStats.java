package dev.marrow.stress.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What memcached says of itself. */
record MemcachedStats(List<String> lines) {
    private static final int SOCKET_TIMEOUT_MILLIS = 30_000;
    private static final String END = "END";
    private static final int LINES_MAX = 1_000;

    /** As of now. */
    static MemcachedStats of(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1))) {
            socket.setSoTimeout(SOCKET_TIMEOUT_MILLIS);
            socket.getOutputStream().write("stats\r\n".getBytes(StandardCharsets.ISO_8859_1));
            List<String> lines = new ArrayList<>();
            for (String line = in.readLine(); line != null && lines.size() < LINES_MAX; line = in.readLine()) {
                if (line.equals(END)) {
                    return new MemcachedStats(lines);
                }
                lines.add(line);
            }
        }
        throw new IOException("stats was not answered to its end");
    }

    /** @throws IOException it is missing, or no number */
    long number(String name) throws IOException {
        String begin = "STAT " + name + " ";
        for (String line : lines) {
            if (line.startsWith(begin)) {
                try {
                    return Long.parseLong(line.substring(begin.length()));
                } catch (NumberFormatException e) {
                    throw new IOException(line, e);
                }
            }
        }
        throw new IOException("stats has no " + name);
    }
}
