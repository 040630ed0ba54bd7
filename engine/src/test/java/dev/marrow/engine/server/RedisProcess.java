package dev.marrow.engine.server;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Debian's redis-server on a free loopback port, without persistence. */
final class RedisProcess implements AutoCloseable {
    private static final Path EXECUTABLE = Path.of("/usr/bin/redis-server");
    private static final int START_ATTEMPTS_MAX = 400;
    private static final int PORT_MIN = 20_000;
    private static final int PORT_END = 32_768;
    private static final int PORT_ATTEMPTS_MAX = 100;

    private final Path directory;
    private final Process process;
    private final int port;

    static boolean installed() {
        return Files.isExecutable(EXECUTABLE);
    }

    RedisProcess(String... options) throws Exception {
        directory = Files.createTempDirectory("marrow-redis-");
        port = freePort();
        List<String> command = new ArrayList<>(List.of(EXECUTABLE.toString(), "--port", Integer.toString(port), "--bind", "127.0.0.1",
                "--dir", directory.toString(), "--save", "", "--appendonly", "no"));
        command.addAll(List.of(options));
        process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        for (int attempt = 0; attempt < START_ATTEMPTS_MAX; attempt++) {
            try {
                new Socket("127.0.0.1", port).close();
                return;
            } catch (IOException notYet) {
                TimeUnit.MILLISECONDS.sleep(25);
            }
        }
        close();
        throw new IllegalStateException("redis-server did not start on port " + port);
    }

    /** Below those that the kernel gives to clients: one that polls it could be given it, and meet itself. */
    static int freePort() throws IOException {
        for (int attempt = 0; attempt < PORT_ATTEMPTS_MAX; attempt++) {
            try (ServerSocket free = new ServerSocket(ThreadLocalRandom.current().nextInt(PORT_MIN, PORT_END), 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (BindException taken) {
                // another one, then
            }
        }
        throw new BindException("no free port");
    }

    int port() {
        return port;
    }

    RespClient connect() throws IOException {
        return new RespClient(port);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        TestServer.deleteTree(directory);
    }
}
