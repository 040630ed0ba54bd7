package dev.marrow.stress.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many commands came to Marrow by which door, as its INFO says. Clients on this host come by the on-host door, unless something is
 * wrong; what is measured then is another door.
 *
 * @param onHost commands served inside a client's own {@code send()}
 * @param server commands that an event loop served
 */
record Doors(long onHost, long server) {
    static final Doors NONE = new Doors(0, 0);
    /** Of the commands that are said to measure the on-host door: a connection's first may be the server's. */
    private static final double SHARE_MIN = 0.99;
    private static final int SOCKET_TIMEOUT_MILLIS = 30_000;
    private static final byte[] INFO = "*2\r\n$4\r\nINFO\r\n$6\r\nmarrow\r\n".getBytes(StandardCharsets.ISO_8859_1);
    private static final Pattern LENGTH = Pattern.compile("\\$(\\d{1,6})\r\n");
    private static final String FIELD_ON_HOST = "commands_door_on_host";
    private static final String FIELD_SERVER = "commands_door_server";

    /** As of now. INFO itself counts for neither. */
    static Doors of(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                InputStream in = new BufferedInputStream(socket.getInputStream())) {
            socket.setSoTimeout(SOCKET_TIMEOUT_MILLIS);
            socket.getOutputStream().write(INFO);
            Matcher length = LENGTH.matcher(readLine(in));
            if (!length.matches()) {
                throw new IOException("INFO was not answered with a text");
            }
            return parse(new String(in.readNBytes(Integer.parseInt(length.group(1))), StandardCharsets.ISO_8859_1));
        }
    }

    private static String readLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.isEmpty() || line.charAt(line.length() - 1) != '\n') {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("INFO was not answered");
            }
            line.append((char) next);
        }
        return line.toString();
    }

    /** @throws IOException a counter is missing */
    static Doors parse(String info) throws IOException {
        return new Doors(field(info, FIELD_ON_HOST), field(info, FIELD_SERVER));
    }

    private static long field(String info, String name) throws IOException {
        Matcher found = Pattern.compile("^" + name + ":(\\d+)\\s*$", Pattern.MULTILINE).matcher(info);
        if (!found.find()) {
            throw new IOException("INFO marrow has no " + name);
        }
        return Long.parseLong(found.group(1));
    }

    Doors plus(Doors other) {
        return new Doors(onHost + other.onHost, server + other.server);
    }

    Doors since(Doors earlier) {
        return new Doors(onHost - earlier.onHost, server - earlier.server);
    }

    long commands() {
        return onHost + server;
    }

    /** @throws IOException not nearly all of them came by the on-host door */
    void requireOnHost() throws IOException {
        if (commands() == 0 || onHost < SHARE_MIN * commands()) {
            throw new IOException(String.format(Locale.ROOT, "this is no measurement of the on-host door, which served only %s, not at"
                    + " least %.0f %%; INFO marrow counts the reasons: on_host_passed_*", text(), 100 * SHARE_MIN));
        }
    }

    /** The on-host door's share, with INFO's counters. */
    String text() {
        // Rounded down: 100 % means all.
        double percent = commands() == 0 ? 0 : Math.floor(10_000.0 * onHost / commands()) / 100;
        return String.format(Locale.ROOT, "%.2f %% of %,d commands (%s %,d, %s %,d)", percent, commands(), FIELD_ON_HOST, onHost,
                FIELD_SERVER, server);
    }
}
