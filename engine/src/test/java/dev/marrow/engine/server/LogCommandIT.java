package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code marrow log} on directories of real servers. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LogCommandIT {
    private static final int WHOLE = 0;
    private static final int DAMAGED = 2;
    private static final int UNREADABLE = 3;

    /** A stopped server's directory; the test may do with it what it likes. */
    private static TestServer stopped() throws Exception {
        TestServer server = TestServer.start();
        try (RespClient client = server.connect()) {
            assertEquals("+OK\r\n", client.call("SET", "greeting", "hello"));
            assertEquals("+OK\r\n", client.call("SET", "session\0\u00ff", "x".repeat(500), "PXAT", "4000000000000"));
            assertEquals(":1\r\n", client.call("DEL", "greeting"));
            assertEquals("+OK\r\n", client.call("FLUSHALL"));
            assertEquals("+OK\r\n", client.call("SET", "last", "1"));
        }
        server.stop();
        return server;
    }

    private static CommandProcess log(Path directory, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("log"));
        command.addAll(List.of(arguments));
        command.add(directory.toString());
        return CommandProcess.marrow(command.toArray(String[]::new));
    }

    @Test
    void wholeLogIsShownRecordByRecordAndCounted() throws Exception {
        try (TestServer server = stopped()) {
            CommandProcess records = log(server.directory(), "dump", "--records");
            assertEquals(WHOLE, records.exit(), records.toString());
            List<String> lines = records.output().lines().toList();
            assertEquals(5, lines.size(), records.output());
            String first = "wal/0{15}1\\.wal offset=[0-9]+ lsn=1 PUT version=[0-9]+ key=\"greeting\" value=\"hello\" \\(5 bytes\\)";
            assertTrue(lines.get(0).matches(first), lines.get(0));
            assertTrue(lines.get(1).contains(" expire_ms=4000000000000 (2096-10-02T07:06:40Z) key=\"session\\x00\\xff\" "), lines.get(1));
            assertTrue(lines.get(2).contains(" DELETE ") && lines.get(3).contains(" FLUSH "), records.output());

            String json = log(server.directory(), "dump", "--records", "--json").output();
            assertTrue(json.contains("\"type\":\"PUT\""), json);
            assertTrue(json.contains("\"key_base64\":\"c2Vzc2lvbgD/\",\"value\":\"" + "x".repeat(500) + "\""), json);

            CommandProcess stat = log(server.directory(), "stat", "--json");
            assertEquals(WHOLE, stat.exit(), stat.toString());
            assertTrue(stat.output().contains("\"puts\":3,\"deletes\":1,\"flushes\":1,"), stat.output());
            assertTrue(stat.output().contains("\"live_keys\":1,\"live_bytes\":5,\"live_exact\":true"), stat.output());
            assertTrue(log(server.directory(), "stat").output().contains("live keys: 1, with 5 bytes"));
            CommandProcess verify = log(server.directory(), "verify", "--json");
            assertEquals(WHOLE, verify.exit(), verify.toString());
            assertTrue(verify.output().contains("\"records\":5,") && verify.output().contains("\"clean_stop\":true"), verify.output());
        }
    }

    @Test
    void damagedLogIsShownAsFarAsItGoesAndLeftAsItIs() throws Exception {
        try (TestServer server = stopped()) {
            Path segment = server.directory().resolve("wal/0000000000000001.wal");
            byte[] bytes = Files.readAllBytes(segment);
            bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("session")] ^= 1;
            Files.write(segment, bytes);
            for (List<String> tool : List.of(List.of("verify"), List.of("dump"), List.of("dump", "--records"), List.of("stat"),
                    List.of("dump", "--records", "--json"), List.of("stat", "--json"), List.of("verify", "--json"))) {
                CommandProcess run = log(server.directory(), tool.toArray(String[]::new));
                assertEquals(DAMAGED, run.exit(), tool + " " + run);
            }
            List<String> lines = log(server.directory(), "dump", "--records").output().lines().toList();
            assertTrue(lines.get(0).contains("\"greeting\"") && !lines.get(0).contains("BEHIND"), lines.toString());
            assertTrue(lines.get(1).contains("bytes that are no batch"), lines.toString());
            assertTrue(lines.subList(2, lines.size()).stream().allMatch(line -> line.endsWith(" BEHIND A HOLE")), lines.toString());
            assertEquals(5, lines.size(), lines.toString());
            assertArrayEquals(bytes, Files.readAllBytes(segment));
        }
    }

    @Test
    void directoryInUseAndNoDirectoryAreOneClearLine() throws Exception {
        try (TestServer server = TestServer.start()) {
            for (String tool : List.of("verify", "dump", "stat")) {
                CommandProcess run = log(server.directory(), tool);
                assertEquals(UNREADABLE, run.exit(), run.toString());
                assertTrue(run.output().contains("in use by another instance") && run.output().lines().count() == 1, run.toString());
                CommandProcess none = log(server.directory().resolve("none"), tool);
                assertEquals(UNREADABLE, none.exit(), none.toString());
                assertTrue(none.output().endsWith("/none: no such directory\n") && none.output().lines().count() == 1, none.toString());
            }
        }
    }
}
