package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Cgroups;
import dev.marrow.wal.LogDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** I11: what becomes of the clients that a server served inside their own send() when it is gone, and of what it left on their sockets. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OnHostEndsIT {
    private static final int SETTLE_TRIES = 200;
    private static final int SETTLE_MILLIS = 25;

    /** How a server ends. */
    enum End { KILL, SIGTERM, SHUTDOWN }

    private static void end(ServerProcess server, End how) throws Exception {
        switch (how) {
            case KILL -> server.kill();
            case SIGTERM -> server.terminate();
            case SHUTDOWN -> {
                try (RespClient client = new RespClient(server.port())) {
                    client.send(RespClient.encode("SHUTDOWN"));
                    assertEquals("", client.untilEnd());
                }
            }
        }
        server.exit();
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void idleClientsAreEndedAndTheNextServerServesAtOnce(End how) throws Exception {
        Path directory = Files.createTempDirectory("marrow-test-");
        int port;
        KernelObjects ours;
        KernelObjects theirs;
        KernelObjects before = KernelObjects.now();
        try {
            List<RespClient> idle = new ArrayList<>();
            try (ServerProcess server = new ServerProcess(directory, "--durability", "everysec")) {
                server.awaitReady();
                ours = KernelObjects.now().minus(before);
                assertFalse(Stream.of(ours.attached, ours.tables, ours.entries, ours.maps).anyMatch(Set::isEmpty), ours.toString());
                port = server.port();
                for (int i = 0; i < 5; i++) {
                    idle.add(servedClient(port));
                }
                // one has a reply in its receive queue that it has not read
                idle.get(0).send(RespClient.encode("ECHO", "unread"));
                end(server, how);
            }
            assertTrue(Collections.disjoint(ours.attached, KernelObjects.now().attached), "a program stayed on the cgroup");
            settles("the tables' programs are gone while clients still hold their sockets",
                    () -> Collections.disjoint(ours.tables, KernelObjects.now().tables));

            assertEquals("$6\r\nunread\r\n", idle.get(0).reply(), "what was in the receive queue is still there");
            try (ServerProcess next = new ServerProcess(directory, "--durability", "everysec", "--port", Integer.toString(port))) {
                assertTrue(next.awaitReady().contains(how == End.KILL ? "start: warm" : "start: cold"), next.output());
                theirs = KernelObjects.now().minus(before);
                for (RespClient client : idle) {
                    assertNotServed(client);
                }
                try (RespClient client = servedClient(port)) {
                    assertEquals("$5\r\nvalue\r\n", client.call("GET", "k"));
                    assertEquals(":1\r\n", client.call("INCR", "after"), "nothing of the old clients' writes was executed");
                }
                for (RespClient client : idle) {
                    client.close();
                }
                end(next, End.SIGTERM);
            }
            settles("nothing is left", () -> {
                KernelObjects now = KernelObjects.now();
                return Stream.of(ours, theirs).allMatch(gone -> Collections.disjoint(gone.entries, now.entries) && Collections.disjoint(gone.maps, now.maps));
            });
        } finally {
            unpin(directory);
            TestServer.deleteTree(directory);
        }
    }

    /** A client whose last command was served on-host. */
    private static RespClient servedClient(int port) throws IOException {
        RespClient client = new RespClient(port);
        assertEquals("+PONG\r\n", client.call("PING"));
        assertEquals("+OK\r\n", client.call("SET", "k", "value"));
        long before = Long.parseLong(client.info("commands_door_on_host"));
        assertEquals("+PONG\r\n", client.call("PING"));
        assertTrue(Long.parseLong(client.info("commands_door_on_host")) > before, "not served on-host");
        return client;
    }

    private static void assertNotServed(RespClient client) throws IOException {
        try {
            client.send(RespClient.encode("INCR", "after"));
            client.send(RespClient.encode("GET", "k"));
        } catch (IOException closed) {
            // the second may hear of the reset that the first has caused
        }
        assertEquals("", client.untilEnd(), "served by what a dead server left");
    }

    /** The tables need nobody, the log does (I2): who is stopped cannot vouch for it. */
    @Test
    void whileTheServerIsStoppedItsClientsReadButAreToldOfNoWrite() throws Exception {
        Path directory = Files.createTempDirectory("marrow-test-");
        try (ServerProcess server = new ServerProcess(directory, "--durability", "everysec")) {
            server.awaitReady();
            try (RespClient writer = servedClient(server.port()); RespClient reader = servedClient(server.port())) {
                server.stopped(true);
                TimeUnit.SECONDS.sleep(1);
                assertEquals("$5\r\nvalue\r\n", reader.call("GET", "k"));
                writer.send(RespClient.encode("SET", "k", "later"));
                writer.socket().setSoTimeout(500);
                assertThrows(SocketTimeoutException.class, writer::reply, "acknowledged for a log that nobody writes");
                writer.socket().setSoTimeout(RespClient.REPLY_WAIT_MS);
                assertEquals("$5\r\nvalue\r\n", reader.call("GET", "k"));
                server.stopped(false);
                assertEquals("+OK\r\n", writer.reply());
                assertEquals("$5\r\nlater\r\n", reader.call("GET", "k"));
            }
            end(server, End.SIGTERM);
        } finally {
            unpin(directory);
            TestServer.deleteTree(directory);
        }
    }

    /** A clean stop saves all that it acknowledged, whichever door did; and it ends although clients go on sending. */
    @Test
    void aCleanStopUnderLoadSavesWhatTheDoorAcknowledged() throws Exception {
        Path directory = Files.createTempDirectory("marrow-test-");
        try {
            long saved = 0;
            for (int round = 0; round < 5; round++) {
                AtomicLong acknowledged = new AtomicLong(saved);
                try (ServerProcess server = new ServerProcess(directory, "--durability", "everysec")) {
                    server.awaitReady();
                    List<Thread> clients = new ArrayList<>();
                    for (int i = 0; i < 4; i++) {
                        clients.add(Thread.ofPlatform().start(() -> increment(server.port(), acknowledged)));
                    }
                    while (acknowledged.get() < saved + 1_000) {
                        TimeUnit.MILLISECONDS.sleep(10);
                    }
                    server.terminate();
                    assertEquals(0, server.exit(), server.output());
                    for (Thread client : clients) {
                        client.join();
                    }
                }
                try (ServerProcess server = new ServerProcess(directory, "--durability", "everysec")) {
                    assertTrue(server.awaitReady().contains("start: cold"), server.output());
                    try (RespClient client = new RespClient(server.port())) {
                        saved = Long.parseLong(client.call("INCRBY", "n", "0").substring(1).strip());
                    }
                    server.terminate();
                    assertEquals(0, server.exit(), server.output());
                }
                assertTrue(saved >= acknowledged.get(), "acknowledged " + acknowledged + ", saved " + saved);
            }
        } finally {
            unpin(directory);
            TestServer.deleteTree(directory);
        }
    }

    private static void increment(int port, AtomicLong acknowledged) {
        try (RespClient client = new RespClient(port)) {
            while (true) {
                long reply = Long.parseLong(client.call("INCR", "n").substring(1).strip());
                acknowledged.accumulateAndGet(reply, Math::max);
            }
        } catch (IOException | NumberFormatException stopped) {
            // as it should
        }
    }

    private static void unpin(Path directory) throws IOException {
        try (LogDirectory log = LogDirectory.open(directory)) {
            dev.marrow.bpf.BpfFs.unpin(log.instance());
        }
    }

    /** Ids of what on-host doors have in the kernel: attached to the cgroup, programs with the tables, programs at clients' sockets, maps. */
    private record KernelObjects(Set<String> attached, Set<String> tables, Set<String> entries, Set<String> maps) {
        static KernelObjects now() throws IOException {
            String programs = output("bpftool", "prog", "show");
            return new KernelObjects(ids(output("bpftool", "cgroup", "show", Cgroups.root().orElseThrow().toString()), "onhost_connect"),
                    ids(programs, " name onhost "), ids(programs, " name onhost_entry "), ids(output("bpftool", "map", "show"), " name onhost_"));
        }

        /** What has come since: other servers on this machine may have some, and may give them back meanwhile. */
        KernelObjects minus(KernelObjects before) {
            return new KernelObjects(minus(attached, before.attached), minus(tables, before.tables), minus(entries, before.entries), minus(maps, before.maps));
        }

        private static Set<String> minus(Set<String> ids, Set<String> others) {
            return ids.stream().filter(id -> !others.contains(id)).collect(Collectors.toSet());
        }

        private static Set<String> ids(String output, String text) {
            return output.lines().filter(line -> line.contains(text)).map(line -> line.strip().split("[: ]")[0]).collect(Collectors.toSet());
        }
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    /** The kernel frees in the background. */
    private static void settles(String what, Condition condition) throws IOException, InterruptedException {
        for (int i = 0; i < SETTLE_TRIES; i++) {
            if (condition.holds()) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
        }
        throw new AssertionError(what + ": no, " + output("bpftool", "prog", "show") + output("bpftool", "map", "show"));
    }

    private static String output(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.onExit().join();
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
