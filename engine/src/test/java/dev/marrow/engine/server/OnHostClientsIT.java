package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The same clients where the on-host door serves their writes too. */
class OnHostClientsIT extends ClientsIT {
    private static final String PYTHON_SOCKET = """
            import socket, sys
            s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
            f = s.makefile('rb')
            for i in range(1000):
                s.sendall(b'*2\\r\\n$4\\r\\nINCR\\r\\n$6\\r\\npython\\r\\n')
                assert f.readline() == b':%d\\r\\n' % (i + 1)
            """;

    @Override
    String durability() {
        return "everysec";
    }

    @Test
    void aPythonSocket() throws Exception {
        long before = server().onHostCommands();
        Process process = new ProcessBuilder("python3", "-c", PYTHON_SOCKET, "127.0.0.1", Integer.toString(server().port()))
                .redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        assertEquals("", output);
        assertEquals(0, process.exitValue());
        assertTrue(server().onHostCommands() - before > 500, "served here: " + (server().onHostCommands() - before));
    }
}
