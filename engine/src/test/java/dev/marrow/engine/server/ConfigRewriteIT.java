package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What CONFIG REWRITE wrote is in force after the next start. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConfigRewriteIT {
    @TempDir
    Path directory;

    @Test
    void theNextStartReadsWhatWasWritten() throws Exception {
        Path file = Files.writeString(directory.resolve("marrow.conf"), "# mine\nmaxclients 50\n");
        Path data = directory.resolve("data");
        try (ServerProcess server = new ServerProcess(data, "--config", file.toString())) {
            server.awaitReady();
            try (RespClient client = new RespClient(server.port())) {
                assertEquals("+OK\r\n", client.call("CONFIG", "SET", "maxclients", "60", "timeout", "7", "requirepass", "a \"b"));
                assertEquals("+OK\r\n", client.call("AUTH", "a \"b"));
                assertEquals("+OK\r\n", client.call("CONFIG", "REWRITE"));
            }
            server.terminate();
            assertEquals(0, server.exit(), "a clean stop, which leaves no pins");
        }
        assertEquals(List.of("# mine", "maxclients 60"), Files.readAllLines(file).subList(0, 2));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(List.of("data", "marrow.conf"), files.map(path -> path.getFileName().toString()).sorted().toList());
        }
        try (ServerProcess server = new ServerProcess(data, "--config", file.toString())) {
            server.awaitReady();
            try (RespClient client = new RespClient(server.port())) {
                assertEquals("+OK\r\n", client.call("AUTH", "a \"b"));
                assertEquals("*4\r\n$10\r\nmaxclients\r\n$2\r\n60\r\n$7\r\ntimeout\r\n$1\r\n7\r\n",
                        client.call("CONFIG", "GET", "maxclients", "timeout"));
            }
            server.terminate();
            assertEquals(0, server.exit(), "a clean stop, which leaves no pins");
        }
    }
}
