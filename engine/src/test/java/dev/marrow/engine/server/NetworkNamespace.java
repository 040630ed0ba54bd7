package dev.marrow.engine.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A network namespace with nothing but its own loopback device; closing removes it and ends what runs there. */
final class NetworkNamespace implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();
    /** Its own service on 127.0.0.1, asked twice by its own client; between the two it waits for a line on its input. */
    private static final String SCRIPT = """
            import socket, sys
            port = int(sys.argv[1])
            listener = socket.create_server(('127.0.0.1', port))
            client = socket.create_connection(('127.0.0.1', port))
            served, _ = listener.accept()
            for i in range(2):
                client.sendall(b'*1\\r\\n$4\\r\\nPING\\r\\n')
                served.recv(100)
                served.sendall(b'theirs')
                print(client.recv(100).decode(), flush=True)
                sys.stdin.readline()
            """;

    private final String name;
    private Process process;

    private NetworkNamespace(String name) {
        this.name = name;
    }

    static NetworkNamespace create() throws IOException {
        NetworkNamespace namespace = new NetworkNamespace("marrow-test-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet());
        run("ip", "netns", "add", namespace.name);
        try {
            run("ip", "-n", namespace.name, "link", "set", "lo", "up");
        } catch (IOException e) {
            namespace.close();
            throw e;
        }
        return namespace;
    }

    /** What the namespace's own service on 127.0.0.1 and this port says to its own client. */
    String askOwnService(int port) throws IOException {
        process = new ProcessBuilder("ip", "netns", "exec", name, "python3", "-c", SCRIPT, Integer.toString(port))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        return answer();
    }

    /** Asks again, and says how many client sockets the server's door holds meanwhile. */
    long socketsSeenWhileAsking(TestServer server) throws IOException {
        process.outputWriter().append('\n').flush();
        answer();
        return server.server().onHostDoor().programs().entries().get("sockets");
    }

    private String answer() throws IOException {
        return String.valueOf(process.inputReader(StandardCharsets.US_ASCII).readLine());
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(String.join(" ", List.of(command)) + ": " + output);
        }
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
        run("ip", "netns", "del", name);
    }
}
