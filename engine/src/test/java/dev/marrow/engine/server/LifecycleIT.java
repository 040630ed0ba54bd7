package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.BpfFs;
import dev.marrow.wal.DirectoryInUseException;
import dev.marrow.wal.LogDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Starts, stops and refusals, most of them as processes of their own. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LifecycleIT {
    private static final int EXIT_USAGE = 64;
    private static final int EXIT_DATA = 65;
    private static final int EXIT_REFUSED = 73;

    @Test
    void twoInstancesOnTwoDirectoriesLiveSideBySide() throws Exception {
        try (TestServer one = TestServer.start(); TestServer two = TestServer.start("durability", "everysec");
                RespClient first = one.connect(); RespClient second = two.connect()) {
            assertEquals("+OK\r\n", first.call("SET", "k", "one"));
            assertEquals("+OK\r\n", second.call("SET", "k", "two"));
            assertEquals("+OK\r\n", second.call("FLUSHALL"));
            assertEquals("$3\r\none\r\n", first.call("GET", "k"));
            assertEquals("$-1\r\n", second.call("GET", "k"));
            two.stop();
            assertTrue(one.pinned(), "the other's stop leaves these pins alone");
            assertEquals("$3\r\none\r\n", first.call("GET", "k"));
            two.restart();
        }
    }

    @Test
    void secondInstanceOnADirectoryIsRefusedByNameAndLeavesTheFirstAlone() throws Exception {
        try (TestServer server = TestServer.start(); RespClient client = server.connect();
                ServerProcess second = new ServerProcess(server.directory())) {
            assertEquals(EXIT_REFUSED, second.exit(), second.output());
            assertTrue(second.output().contains(server.directory().toString()), second.output());
            assertThrows(DirectoryInUseException.class, () -> LogDirectory.open(server.directory()).close());
            assertEquals("+OK\r\n", client.call("SET", "k", "v"));
            assertTrue(server.pinned());
        }
    }

    /** Two servers on one ring would each give away what the other has not written. */
    @Test
    void aCopyOfTheDirectoryDoesNotTakeOverTheOriginalsTables() throws Exception {
        Path copy = Files.createTempDirectory("marrow-test-");
        try (TestServer server = TestServer.start(); RespClient client = server.connect()) {
            assertEquals("+OK\r\n", client.call("SET", "k", "v"));
            Files.createDirectory(copy.resolve("base"));
            Files.createDirectory(copy.resolve("wal"));
            Files.copy(server.directory().resolve("marrow.id"), copy.resolve("marrow.id"));
            Files.copy(server.directory().resolve("MANIFEST"), copy.resolve("MANIFEST"));
            Files.copy(server.directory().resolve("wal/0000000000000001.wal"), copy.resolve("wal/0000000000000001.wal"));
            try (ServerProcess process = new ServerProcess(copy)) {
                assertEquals(73, process.exit(), process.output());
                assertTrue(process.output().contains(copy + " is a copy of the directory whose tables are in the kernel"), process.output());
            }
            assertTrue(server.pinned());
            assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
        } finally {
            TestServer.deleteTree(copy);
        }
    }

    @Test
    void portInUseIsNamedAndLeavesNothingBehind() throws Exception {
        Path directory = Files.createTempDirectory("marrow-test-");
        try (TestServer server = TestServer.start();
                ServerProcess process = new ServerProcess(directory, "--port", Integer.toString(server.port()))) {
            assertTrue(process.exit() != 0);
            assertTrue(process.output().contains("cannot listen on 127.0.0.1 port " + server.port()), process.output());
            assertFalse(BpfFs.pinned(instance(directory)));
        } finally {
            TestServer.deleteTree(directory);
        }
    }

    @ParameterizedTest
    @CsvSource({"--durability,sometimes", "--port,65536", "--capacity,0", "--capacity,5", "--memory,1mb", "--ring,300kb", "--bind,nowhere", "--maxclients,-1",
        "--config,/nonexistent/marrow.conf"})
    void badOptionIsNamedWithWhatIsAllowed(String option, String value) throws Exception {
        Path directory = Files.createTempDirectory("marrow-test-");
        try (ServerProcess process = new ServerProcess(directory, option, value)) {
            assertEquals(EXIT_USAGE, process.exit(), process.output());
            assertTrue(process.output().contains(option.equals("--config") ? value : option.substring(2)), process.output());
            assertFalse(process.output().contains("\tat "), "a stack trace is not a message:\n" + process.output());
            assertFalse(Files.exists(directory.resolve("marrow.id")), "a refused start made a data directory");
        } finally {
            TestServer.deleteTree(directory);
        }
    }

    @Test
    void sigtermStopsCleanlyAndTheStartsSayWhatTheyDid() throws Exception {
        Path directory = Files.createTempDirectory("marrow-test-");
        try {
            try (ServerProcess process = new ServerProcess(directory)) {
                assertTrue(process.awaitReady().contains("start: empty, 0 keys"), process.output());
                try (RespClient client = new RespClient(process.port())) {
                    assertEquals("+OK\r\n", client.call("SET", "k", "v"));
                }
                assertTrue(BpfFs.pinned(instance(directory)));
                process.terminate();
                assertEquals(0, process.exit(), process.output());
                assertTrue(process.output().contains("stopped: log synced and sealed, pins removed"), process.output());
                assertFalse(BpfFs.pinned(instance(directory)));
            }
            try (ServerProcess process = new ServerProcess(directory)) {
                assertTrue(process.awaitReady().matches("(?s).*start: cold, 1 keys, 1 records \\([0-9,]+ bytes\\) replayed in [0-9.]+ s, .*records/s.*"),
                        process.output());
                process.kill();
                assertTrue(BpfFs.pinned(instance(directory)), "a killed server leaves its tables");
            }
            try (ServerProcess process = new ServerProcess(directory)) {
                assertTrue(process.awaitReady().contains("start: warm, 1 keys"), process.output());
                try (RespClient client = new RespClient(process.port())) {
                    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
                    client.send(RespClient.encode("SHUTDOWN"));
                    assertEquals("", client.untilEnd());
                }
                assertEquals(0, process.exit(), process.output());
                assertFalse(BpfFs.pinned(instance(directory)));
            }
        } finally {
            cleanUp(directory);
        }
    }

    @Test
    void otherGeometryOnPinnedTablesIsRefusedWithBothNamed() throws Exception {
        Path directory = Files.createTempDirectory("marrow-test-");
        try {
            try (ServerProcess process = new ServerProcess(directory)) {
                process.awaitReady();
                process.kill();
            }
            try (ServerProcess process = new ServerProcess(directory, "--capacity", "33333")) {
                assertEquals(EXIT_REFUSED, process.exit(), process.output());
                assertTrue(process.output().contains("33333") && process.output().contains("unpin"), process.output());
            }
            assertTrue(BpfFs.pinned(instance(directory)), "a refused start leaves the tables");
        } finally {
            cleanUp(directory);
        }
    }

    @Test
    void damagedLogRefusesTheStartWithFileOffsetExpectedAndActual() throws Exception {
        try (TestServer server = TestServer.start()) {
            try (RespClient client = server.connect()) {
                for (int i = 0; i < 50; i++) {
                    assertEquals("+OK\r\n", client.call("SET", "key:" + i, "value".repeat(20)));
                }
            }
            server.stop();
            Path segment = segment(server.directory());
            byte[] before = Files.readAllBytes(segment);
            try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
                int at = new String(before, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("key:7");
                file.seek(at);
                file.write(before[at] ^ 1);
            }
            byte[] damaged = Files.readAllBytes(segment);
            try (ServerProcess process = new ServerProcess(server.directory())) {
                assertEquals(EXIT_DATA, process.exit(), process.output());
                for (String part : List.of(segment.toString(), "offset=", "expected=", "actual=")) {
                    assertTrue(process.output().contains(part), "names " + part + ":\n" + process.output());
                }
            }
            assertFalse(server.pinned(), "a refused start leaves no pins");
            assertArrayEquals(damaged, Files.readAllBytes(segment), "a refused start changes nothing");
            Files.write(segment, before);
            server.restart();
            try (RespClient client = server.connect()) {
                assertEquals(":50\r\n", client.call("DBSIZE"));
            }
        }
    }

    private static Path segment(Path directory) throws IOException {
        try (var files = Files.list(directory.resolve("wal"))) {
            return files.filter(file -> !file.toString().endsWith(".tmp")).sorted().findFirst().orElseThrow();
        }
    }

    private static byte[] instance(Path directory) throws IOException {
        if (!Files.exists(directory.resolve("marrow.id"))) {
            return new byte[16];
        }
        return LogDirectory.instanceOf(directory);
    }

    private static void cleanUp(Path directory) throws IOException {
        BpfFs.unpin(instance(directory));
        TestServer.deleteTree(directory);
    }
}
