package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** RENAME and COPY are one moment: for whoever looks, and after a kill. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RenameIT {
    private static final int LOOKS = 3_000;
    private static final int NAMES = 4;

    /** One value wanders between some names; a second one is copied onto another name and always seen whole there. */
    @Test
    void aKeyThatIsRenamedBackAndForthIsNeverAbsentAndNeverThereTwice() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "event-loops", "2");
                ExecutorService threads = Executors.newFixedThreadPool(3);
                RespClient client = server.connect()) {
            AtomicBoolean running = new AtomicBoolean(true);
            assertEquals("+OK\r\n", client.call("SET", "name0", "the one"));
            assertEquals("+OK\r\n", client.call("SET", "source", "0"));
            assertEquals(":1\r\n", client.call("COPY", "source", "copy"));
            List<Future<?>> writers = new ArrayList<>();
            writers.add(threads.submit(() -> rename(server, running)));
            writers.add(threads.submit(() -> rename(server, running)));
            writers.add(threads.submit(() -> copy(server, running)));
            try {
                for (int i = 0; i < LOOKS; i++) {
                    String names = client.call("MGET", "name0", "name1", "name2", "name3");
                    assertEquals(1, names.split("the one", -1).length - 1, names);
                    String[] copies = client.call("MGET", "source", "copy").split("\r\n");
                    assertTrue(Long.parseLong(copies[2]) >= Long.parseLong(copies[4]), "copied before it was: " + String.join(" ", copies));
                }
            } finally {
                running.set(false);
                for (Future<?> writer : writers) {
                    writer.get();
                }
            }
            assertEquals(":3\r\n", client.call("DBSIZE"));
        }
    }

    private static Object rename(TestServer server, AtomicBoolean running) throws Exception {
        Random random = new Random();
        try (RespClient client = server.connect()) {
            while (running.get()) {
                String from = "name" + random.nextInt(NAMES);
                String to = "name" + random.nextInt(NAMES);
                String reply = client.call(random.nextBoolean() ? "RENAME" : "RENAMENX", from, to);
                assertTrue(List.of("+OK\r\n", ":1\r\n", ":0\r\n", "-ERR no such key\r\n").contains(reply), reply);
            }
        }
        return null;
    }

    private static Object copy(TestServer server, AtomicBoolean running) throws Exception {
        try (RespClient client = server.connect()) {
            while (running.get()) {
                client.call("INCR", "source");
                assertEquals(":1\r\n", client.call("COPY", "source", "copy", "REPLACE"));
            }
        }
        return null;
    }

    /** In the log too: one record holds both ends. */
    @Test
    void deadlinesMoveAlongAndSurviveAStart() throws Exception {
        try (TestServer server = TestServer.start("durability", "always")) {
            try (RespClient client = server.connect()) {
                client.call("SET", "a", "with", "PXAT", "4000000000000");
                client.call("SET", "b", "without");
                assertEquals(":1\r\n", client.call("COPY", "a", "copy"));
                assertEquals("+OK\r\n", client.call("RENAME", "a", "c"));
                client.call("SET", "d", "old", "PXAT", "4000000000000");
                assertEquals("+OK\r\n", client.call("RENAME", "b", "d"));
            }
            server.stopKeepingPins();
            server.unpin();
            server.restart();
            try (RespClient client = server.connect()) {
                assertEquals("*5\r\n$-1\r\n$-1\r\n$4\r\nwith\r\n$4\r\nwith\r\n$7\r\nwithout\r\n", client.call("MGET", "a", "b", "c", "copy", "d"));
                for (String key : List.of("c", "copy")) {
                    assertEquals(":4000000000000\r\n", client.call("PEXPIRETIME", key));
                    assertEquals(":4000000000\r\n", client.call("EXPIRETIME", key));
                }
                assertEquals(":-1\r\n", client.call("EXPIRETIME", "d"));
                assertEquals(":-2\r\n", client.call("PEXPIRETIME", "a"));
            }
        }
    }
}
