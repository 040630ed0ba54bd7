package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints as their users see them: commands, INFO, a log that does not grow without end, and starts from them. */
@Timeout(300)
class CheckpointIT {
    private static final int POLLS_MAX = 2_000;
    private static final int WRITES_MAX = 20_000;
    private static final int CHECKPOINTS = 100;

    private static long info(RespClient client, String field) throws IOException {
        return info(client.call("INFO", "everything"), field);
    }

    private static long info(String text, String field) {
        return text.lines().filter(line -> line.startsWith(field + ":")).map(line -> line.substring(field.length() + 1).strip())
                .mapToLong(Long::parseLong).findFirst().orElseThrow(() -> new AssertionError(field + " is not in " + text));
    }

    private static void awaitCheckpoint(RespClient client, long number) throws Exception {
        for (int i = 0; i < POLLS_MAX && info(client, "checkpoint_number") < number; i++) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertTrue(info(client, "checkpoint_number") >= number, "no checkpoint " + number);
    }

    private static List<Path> files(TestServer server, String kind) throws IOException {
        try (Stream<Path> files = Files.list(server.directory().resolve(kind))) {
            return files.sorted().toList();
        }
    }

    @Test
    void saveTakesOneAndSaysSo() throws Exception {
        try (TestServer server = TestServer.start("log-segment-size", "1mb"); RespClient client = server.connect()) {
            long started = Long.parseLong(client.call("LASTSAVE").strip().substring(1));
            assertEquals(0, info(client, "checkpoint_number"));
            assertEquals("+OK\r\n", client.call("SET", "a", "1"));
            assertEquals("+OK\r\n", client.call("SET", "b", "2"));
            assertEquals(2, info(client, "rdb_changes_since_last_save"));
            assertEquals("+OK\r\n", client.call("SAVE"));
            assertEquals(1, info(client, "checkpoint_number"));
            assertEquals(2, info(client, "checkpoint_records"));
            assertEquals(0, info(client, "rdb_changes_since_last_save"));
            assertEquals(0, info(client, "rdb_bgsave_in_progress"));
            assertEquals(1, info(client, "rdb_saves"));
            assertTrue(info(client, "rdb_last_bgsave_time_sec") >= 0);
            assertTrue(Long.parseLong(client.call("LASTSAVE").strip().substring(1)) >= started);
            assertEquals("+Background saving started\r\n", client.call("BGSAVE"));
            awaitCheckpoint(client, 2);
            assertEquals("+Background append only file rewriting started\r\n", client.call("BGREWRITEAOF"));
            awaitCheckpoint(client, 3);
            assertEquals(1, files(server, "base").size(), "older ones are deleted");
            assertEquals("-ERR syntax error\r\n", client.call("BGSAVE", "soon"));
            assertEquals("-ERR wrong number of arguments for 'save' command\r\n", client.call("SAVE", "now"));
            assertEquals("$1\r\n1\r\n", client.call("GET", "a"));
        }
    }

    /** Whoever sees the new one may begin the next: its number and that none is under way are told at the same moment. */
    @Test
    void isOverForInfoAtOneMoment() throws Exception {
        try (TestServer server = TestServer.start("log-segment-size", "1mb"); RespClient client = server.connect()) {
            for (int number = 1; number <= CHECKPOINTS; number++) {
                assertEquals("+OK\r\n", client.call("SET", "a", "1"));
                assertEquals("+Background saving started\r\n", client.call("BGSAVE"), "checkpoint " + number);
                for (long running = 1, polls = 0; running == 1; polls++) {
                    String text = client.call("INFO", "everything");
                    running = info(text, "rdb_bgsave_in_progress");
                    assertEquals(running == 1 ? number - 1 : number, info(text, "checkpoint_number"), "in progress: " + running);
                    assertEquals(info(text, "checkpoint_number"), info(text, "rdb_saves"));
                    assertTrue(polls < POLLS_MAX * 100, "checkpoint " + number + " does not end");
                }
            }
        }
    }

    /** Other connections are served while one waits for SAVE, and a second checkpoint is refused or follows. */
    @Test
    void oneAtATimeAndNobodyElseWaits() throws Exception {
        int keys = 2_000;
        // slow enough to be met under way: some 250 KB at 64 KB a second
        try (TestServer server = TestServer.start("log-segment-size", "1mb", "checkpoint-rate", "64kb");
                RespClient client = server.connect(); RespClient saver = server.connect()) {
            StringBuilder writes = new StringBuilder();
            for (int i = 0; i < keys; i++) {
                writes.append(RespClient.encode("SET", "key:" + i, "v".repeat(100)));
            }
            client.send(writes.toString());
            assertEquals(Collections.nCopies(keys, "+OK\r\n"), client.replies(keys));
            saver.send(RespClient.encode("SAVE"));
            for (int i = 0; i < POLLS_MAX && info(client, "rdb_bgsave_in_progress") == 0; i++) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            assertEquals("-ERR Background save already in progress\r\n", client.call("BGSAVE"));
            assertEquals("-ERR Background save already in progress\r\n", client.call("SAVE"));
            assertEquals("-ERR Background append only file rewriting already in progress\r\n", client.call("BGREWRITEAOF"));
            assertEquals("+OK\r\n", client.call("SET", "meanwhile", "1"));
            assertEquals("+Background saving scheduled\r\n", client.call("BGSAVE", "SCHEDULE"));
            assertEquals(0, info(client, "checkpoint_number"), "still the first one");
            assertEquals("+OK\r\n", saver.reply());
            awaitCheckpoint(client, 2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"always", "everysec"})
    void theLogDoesNotGrowWithoutEnd(String durability) throws Exception {
        try (TestServer server = TestServer.start("durability", durability, "log-segment-size", "1mb", "checkpoint-min-size", "2mb");
                RespClient client = server.connect()) {
            String value = "v".repeat(30_000);
            int writes = 0;
            for (; writes < 1000 || (writes < WRITES_MAX && info(client, "checkpoint_number") < 3); writes++) {
                assertEquals("+OK\r\n", client.call("SET", "key:" + writes % 20, value + writes));
            }
            // at least 30 MB were written, 0.6 are alive; what is behind the last checkpoint, and one under way, may be there
            long bytes = 0;
            for (Path file : files(server, "wal")) {
                // segments come and go meanwhile
                bytes += Files.exists(file) ? file.toFile().length() : 0;
            }
            assertTrue(info(client, "checkpoint_number") >= 3, "after " + writes + " writes");
            assertTrue(bytes < writes * 30_000L, "the log has " + bytes + " bytes");
            server.stop();
            server.restart();
            try (RespClient again = server.connect()) {
                for (int i = writes - 20; i < writes; i++) {
                    assertTrue(again.call("GET", "key:" + i % 20).endsWith("v" + i + "\r\n"));
                }
                assertEquals(":20\r\n", again.call("DBSIZE"));
            }
        }
    }

    @Test
    void anOldCheckpointIsFollowedByAnotherWhenSomethingChanged() throws Exception {
        try (TestServer server = TestServer.start("log-segment-size", "1mb", "checkpoint-interval", "1"); RespClient client = server.connect()) {
            assertEquals("+OK\r\n", client.call("SET", "a", "1"));
            awaitCheckpoint(client, 1);
            TimeUnit.MILLISECONDS.sleep(2_500);
            assertEquals(1, info(client, "checkpoint_number"), "nothing has changed since");
        }
    }

    /** Deletes, expiry and FLUSHALL on both sides of a checkpoint. */
    @Test
    void whatIsGoneStaysGone() throws Exception {
        try (TestServer server = TestServer.start("log-segment-size", "1mb"); RespClient client = server.connect()) {
            client.call("SET", "flushed", "x");
            client.call("FLUSHALL");
            client.call("SET", "kept", "1");
            client.call("SET", "deleted before", "1");
            client.call("DEL", "deleted before");
            client.call("SET", "deleted after", "1");
            client.call("SET", "expired", "1", "PX", "1");
            client.call("SET", "expires", "1", "EX", "1000");
            TimeUnit.MILLISECONDS.sleep(5);
            assertEquals("+OK\r\n", client.call("SAVE"));
            client.call("DEL", "deleted after");
            client.call("SET", "written after", "1");
            server.stop();
            server.restart();
            try (RespClient again = server.connect()) {
                assertEquals(":3\r\n", again.call("DBSIZE"));
                assertEquals(":3\r\n", again.call("EXISTS", "kept", "expires", "written after", "flushed", "deleted before", "deleted after", "expired"));
                long left = Long.parseLong(again.call("TTL", "expires").strip().substring(1));
                assertTrue(left > 900 && left <= 1000, "TTL " + left);
            }
        }
    }

    /** I7; and what the tables hold is written out by the restart, before anything is served. */
    @Test
    void aDiskThatFailsUnderACheckpointStopsTheServerAndTheRestartRescues() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (storage; TestServer server = TestServer.on(storage, "log-segment-size", "1mb", "durability", "everysec");
                RespClient client = server.connect()) {
            assertEquals("+OK\r\n", client.call("SET", "a", "1"));
            storage.failOneSync();
            client.send(RespClient.encode("SAVE"));
            server.server().awaitStop();
            assertTrue(server.server().failure() instanceof IOException, String.valueOf(server.server().failure()));
            server.stop();
            String reply = client.untilEnd();
            assertFalse(reply.contains("+OK"), reply);
            assertTrue(server.pinned(), "the tables hold what the disk does not");
            server.restart();
            assertEquals("rescued", server.server().report().mode());
            try (RespClient again = server.connect()) {
                assertEquals("$1\r\n1\r\n", again.call("GET", "a"));
                assertEquals(1, info(again, "checkpoint_number"));
                assertEquals("+OK\r\n", again.call("SET", "b", "2"));
            }
            server.stop();
            server.restart();
            assertEquals("cold", server.server().report().mode());
            try (RespClient again = server.connect()) {
                assertEquals(":2\r\n", again.call("EXISTS", "a", "b"));
            }
        }
    }
}
