package dev.marrow.stress.crash;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A TCP port for a server that cannot be told to choose one. It is below those that the kernel gives to clients: another client could be given it before
 * the server is, and one that polls a port where nobody listens could be given that port itself, and meet itself.
 */
public final class FreePort {
    private static final int MIN = 20_000;
    private static final int END = 32_768;
    private static final int ATTEMPTS_MAX = 100;

    private FreePort() {}

    /** One that is free on loopback now. */
    public static int find() throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(MIN, END);
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (IOException taken) {
                // another one, then
            }
        }
        throw new IOException("no free port among " + ATTEMPTS_MAX + " from " + MIN + " to " + END);
    }
}
