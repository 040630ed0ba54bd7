package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.BpfFs;
import dev.marrow.wal.LogDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tables and directory that contradict each other are refused, and nothing is lost by it; a damaged log is cut where it was named, and only there. */
@Timeout(180)
class DirectoryIT {
    private static final int EXIT_DATA = 65;
    private static final int EXIT_REFUSED = 73;
    private static final String[] SMALL = {"--log-segment-size", "128kb", "--checkpoint-percentage", "0"};

    @TempDir
    private Path temp;
    private Path directory;
    private Path pins;

    @BeforeEach
    void prepare() throws Exception {
        directory = temp.resolve("data");
        life(true, "first");
        pins = Path.of("/sys/fs/bpf/marrow-" + HexFormat.of().formatHex(LogDirectory.instanceOf(directory)));
    }

    @AfterEach
    void cleanUp() throws IOException {
        BpfFs.unpin(LogDirectory.instanceOf(directory));
        Path aside = aside();
        if (Files.exists(aside)) {
            Files.move(aside, pins);
            BpfFs.unpin(LogDirectory.instanceOf(directory));
        }
    }

    private Path aside() {
        return pins.resolveSibling(pins.getFileName() + "-aside");
    }

    /** A server that writes these keys, and is stopped or killed. */
    private void life(boolean clean, String... keys) throws Exception {
        try (ServerProcess process = new ServerProcess(directory, SMALL)) {
            process.awaitReady();
            try (RespClient client = new RespClient(process.port())) {
                for (String key : keys) {
                    assertEquals("+OK\r\n", client.call("SET", key, "v".repeat(1000)));
                }
            }
            if (clean) {
                process.terminate();
                assertEquals(0, process.exit(), process.output());
            } else {
                process.kill();
            }
        }
    }

    private String refused(int code, String... options) throws Exception {
        String[] all = Stream.concat(Stream.of(SMALL), Stream.of(options)).toArray(String[]::new);
        try (ServerProcess process = new ServerProcess(directory, all)) {
            assertEquals(code, process.exit(), process.output());
            return process.output();
        }
    }

    private void serves(String mode, List<String> present, List<String> absent, String... options) throws Exception {
        String[] all = Stream.concat(Stream.of(SMALL), Stream.of(options)).toArray(String[]::new);
        try (ServerProcess process = new ServerProcess(directory, all)) {
            assertTrue(process.awaitReady().contains("start: " + mode), process.output());
            try (RespClient client = new RespClient(process.port())) {
                for (String key : present) {
                    assertEquals(":1\r\n", client.call("EXISTS", key), key);
                }
                for (String key : absent) {
                    assertEquals(":0\r\n", client.call("EXISTS", key), key);
                }
            }
            process.terminate();
            assertEquals(0, process.exit(), process.output());
        }
    }

    /** The files of a directory, over which those of another moment can be put; the identity's file stays the same one. */
    private void copyFiles(Path from, Path to) throws IOException {
        for (String kind : List.of("base", "wal")) {
            Files.createDirectories(to.resolve(kind));
            try (Stream<Path> old = Files.list(to.resolve(kind))) {
                for (Path file : old.toList()) {
                    Files.delete(file);
                }
            }
            try (Stream<Path> files = Files.list(from.resolve(kind))) {
                // the server renames what it allocates ahead
                for (Path file : files.filter(file -> !file.toString().endsWith(".tmp")).toList()) {
                    Files.copy(file, to.resolve(kind).resolve(file.getFileName()));
                }
            }
        }
        Files.deleteIfExists(to.resolve("MANIFEST"));
        Files.copy(from.resolve("MANIFEST"), to.resolve("MANIFEST"));
    }

    /** The directory went on without these tables: a later start of another machine, say. */
    @Test
    void tablesThatAreOlderThanTheDirectoryAreRefused() throws Exception {
        life(false, "only in the tables' past");
        Files.move(pins, aside());
        life(true, "written elsewhere");
        Files.move(aside(), pins);
        String output = refused(EXIT_REFUSED);
        assertTrue(output.contains("other tables than those in the kernel") && output.contains("unpin"), output);
        assertTrue(BpfFs.pinned(LogDirectory.instanceOf(directory)), "a refused start leaves the tables");
        BpfFs.unpin(LogDirectory.instanceOf(directory));
        serves("cold", List.of("first", "only in the tables' past", "written elsewhere"), List.of());
    }

    /** An older copy under newer tables, from before the start that filled them. */
    @Test
    void aCopyFromBeforeTheTablesIsRefused() throws Exception {
        copyFiles(directory, temp.resolve("backup"));
        life(false, "newer");
        copyFiles(directory, temp.resolve("newer"));
        copyFiles(temp.resolve("backup"), directory);
        assertTrue(refused(EXIT_REFUSED).contains("other tables than those in the kernel"));
        copyFiles(temp.resolve("newer"), directory);
        serves("warm", List.of("first", "newer"), List.of());
    }

    /** An older copy of the same life: only the log tells. */
    @Test
    void aCopyFromWithinTheTablesLifeIsRefused() throws Exception {
        try (ServerProcess process = new ServerProcess(directory, SMALL)) {
            process.awaitReady();
            try (RespClient client = new RespClient(process.port())) {
                client.call("SET", "before the copy", "1");
                copyFiles(directory, temp.resolve("backup"));
                for (int i = 0; i < 5; i++) {
                    client.call("SET", "behind the copy", "1");
                }
            }
            process.kill();
        }
        copyFiles(directory, temp.resolve("newer"));
        copyFiles(temp.resolve("backup"), directory);
        String output = refused(EXIT_REFUSED);
        assertTrue(output.contains("the tables in the kernel know of batch"), output);
        copyFiles(temp.resolve("newer"), directory);
        serves("warm", List.of("first", "before the copy", "behind the copy"), List.of());
    }

    @Test
    void aMissingManifestOrBaseIsDamage() throws Exception {
        try (ServerProcess process = new ServerProcess(directory, SMALL)) {
            process.awaitReady();
            try (RespClient client = new RespClient(process.port())) {
                assertEquals("+OK\r\n", client.call("SAVE"));
            }
            process.terminate();
            assertEquals(0, process.exit(), process.output());
        }
        copyFiles(directory, temp.resolve("whole"));
        Files.delete(directory.resolve("MANIFEST"));
        String output = refused(EXIT_DATA);
        assertTrue(output.contains("MANIFEST"), output);
        copyFiles(temp.resolve("whole"), directory);
        Path base = only("base");
        Files.delete(base);
        output = refused(EXIT_DATA);
        assertTrue(output.contains(base.toString()), output);
        copyFiles(temp.resolve("whole"), directory);
        flip(base, Files.size(base) / 2);
        output = refused(EXIT_DATA);
        assertTrue(output.contains(base.toString()), output);
        assertTrue(refused(EXIT_DATA, "--cut-damaged-log", base + ":4096").contains("log damaged"), "a base cannot be cut");
        copyFiles(temp.resolve("whole"), directory);
        serves("cold", List.of("first"), List.of());
    }

    private Path only(String kind) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(kind))) {
            List<Path> all = files.toList();
            assertEquals(1, all.size(), all.toString());
            return all.getFirst();
        }
    }

    private static void flip(Path file, long offset) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(offset);
            int was = bytes.read();
            bytes.seek(offset);
            bytes.write(was ^ 1);
        }
    }

    @Test
    void aDamagedLogIsCutWhereItWasNamed() throws Exception {
        String[] keys = Stream.iterate(0, i -> i + 1).limit(300).map(i -> "key:%03d".formatted(i)).toArray(String[]::new);
        life(true, keys);
        Path damaged = segmentWith("key:050");
        flip(damaged, new String(Files.readAllBytes(damaged), StandardCharsets.ISO_8859_1).indexOf("key:050"));
        String output = refused(EXIT_DATA);
        long offset = Long.parseLong(output.replaceAll("(?s).*offset=(\\d+).*", "$1"));
        assertTrue(refused(EXIT_DATA, "--cut-damaged-log", damaged + ":" + (offset + 8)).contains("offset=" + offset), "a place that is not damaged");
        assertEquals(64, exitOf("--cut-damaged-log", damaged.toString()), "no offset");
        try (ServerProcess process = new ServerProcess(directory, "--log-segment-size", "128kb", "--cut-damaged-log", damaged + ":" + offset)) {
            assertTrue(process.awaitReady().contains("CUTTING THE LOG at " + damaged), process.output());
            assertTrue(process.output().contains("LOST: "), process.output());
            process.terminate();
            assertEquals(0, process.exit(), process.output());
        }
        serves("cold", List.of("first", "key:000", "key:049"), List.of("key:050", "key:051", "key:299"));
        try (Stream<Path> kept = Files.list(directory.resolve("cut-1"))) {
            assertFalse(kept.toList().isEmpty(), "what was cut is kept");
        }
        assertTrue(refusedCut(damaged, offset).contains("is not damaged"));
    }

    private int exitOf(String... options) throws Exception {
        try (ServerProcess process = new ServerProcess(directory, options)) {
            return process.exit();
        }
    }

    private String refusedCut(Path damaged, long offset) throws Exception {
        try (ServerProcess process = new ServerProcess(directory, "--cut-damaged-log", damaged + ":" + offset)) {
            assertEquals(74, process.exit(), process.output());
            return process.output();
        }
    }

    private Path segmentWith(String key) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("wal"))) {
            for (Path file : files.toList()) {
                if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(key)) {
                    return file;
                }
            }
        }
        throw new AssertionError(key + " is in no segment");
    }

    /** By another process beside the server, and from the files: the same keys. */
    @Test
    void exportReadsRunningKilledAndStoppedStores() throws Exception {
        List<String> fromFiles = export();
        assertTrue(fromFiles.stream().anyMatch(line -> line.contains("\"first\"")), fromFiles.toString());
        try (ServerProcess process = new ServerProcess(directory, SMALL)) {
            process.awaitReady();
            try (RespClient client = new RespClient(process.port())) {
                client.call("SET", "second", "2", "EX", "1000");
                client.call("SET", "gone", "2", "PX", "1");
                List<String> running = export();
                assertEquals(4, running.size(), running.toString());
                assertTrue(running.stream().anyMatch(line -> line.contains("\"second\"") && line.contains("expire_ms")), running.toString());
                assertEquals("+OK\r\n", client.call("SET", "third", "3"), "it is served as before");
            }
            process.kill();
        }
        assertEquals(5, export().size());
        serves("warm", List.of("first", "second", "third"), List.of());
        assertEquals(5, export().size());
        assertFalse(BpfFs.pinned(LogDirectory.instanceOf(directory)), "an export leaves no tables");
    }

    private List<String> export() throws Exception {
        Path file = Files.createTempFile(temp, "export", ".json");
        Files.delete(file);
        CommandProcess result = CommandProcess.marrow("export", "--dir", directory.toString(), file.toString());
        assertEquals(0, result.exit(), result.error());
        return Files.readAllLines(file);
    }
}
