package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.OnHostPrograms;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the on-host door serves, what it leaves to the server, and that nobody can tell which it was, but by INFO. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OnHostIT {

    private static OnHostPrograms programs(TestServer server) {
        return server.server().onHostDoor().programs();
    }

    /** Sends the commands in one message and returns how many of them were served on-host; their replies are checked. */
    private static long servedOf(TestServer server, RespClient client, List<List<String>> commands, List<String> replies) throws IOException {
        long before = server.onHostCommands();
        StringBuilder message = new StringBuilder();
        commands.forEach(command -> message.append(RespClient.encode(command)));
        server.vouchForLog();
        client.send(message.toString());
        assertEquals(replies, client.replies(commands.size()));
        return server.onHostCommands() - before;
    }

    private static long servedOf(TestServer server, RespClient client, String reply, String... command) throws IOException {
        return servedOf(server, client, List.of(List.of(command)), List.of(reply));
    }

    @Test
    void everyAddressOfThisHostLeadsToItAndOldMessagesArePassedInOrder() throws Exception {
        List<String> addresses = new ArrayList<>(List.of("127.0.0.1", "127.0.0.5", "::1", "::ffff:127.0.0.1"));
        for (NetworkInterface device : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            for (InetAddress address : Collections.list(device.getInetAddresses())) {
                if (!address.isLoopbackAddress() && (address instanceof Inet4Address || !address.isLinkLocalAddress())) {
                    addresses.add(address.getHostAddress());
                }
            }
        }
        try (TestServer server = TestServer.start("durability", "everysec", "bind", "::")) {
            for (String address : addresses) {
                try (RespClient client = new RespClient(address, server.port())) {
                    // sent before the server has accepted, perhaps: answered by whoever, in order
                    StringBuilder early = new StringBuilder();
                    for (int i = 0; i < 5; i++) {
                        client.send(RespClient.encode("ECHO", "early" + i));
                    }
                    for (int i = 0; i < 5; i++) {
                        assertEquals("$6\r\nearly" + i + "\r\n", client.reply(), address);
                    }
                    assertEquals(1, servedOf(server, client, "+OK\r\n", "SET", "k", address), address);
                    assertEquals(1, servedOf(server, client, "$" + address.length() + "\r\n" + address + "\r\n", "GET", "k"), address);
                }
            }
        }
    }

    @Test
    void inEverysecReadsAndWritesAreServed() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            client.call("PING");
            long first = server.onHostCommands();   // 1 if the server was quick to accept
            assertEquals(1, servedOf(server, client, "+OK\r\n", "SET", "k", "v"));
            assertEquals(1, servedOf(server, client, "$1\r\nv\r\n", "GET", "k"));
            assertEquals(1, servedOf(server, client, "$-1\r\n", "GET", "absent"));
            assertEquals(1, servedOf(server, client, ":7\r\n", "INCRBY", "n", "7"));
            assertEquals(1, servedOf(server, client, "$1\r\nv\r\n", "GETSET", "k", "w".repeat(500)));
            assertEquals(1, servedOf(server, client, "$500\r\n" + "w".repeat(500) + "\r\n", "GETDEL", "k"));
            assertEquals(1, servedOf(server, client, ":0\r\n", "DEL", "k"));
            assertEquals(1, servedOf(server, client, "-ERR wrong number of arguments for 'get' command\r\n", "GET"));
            assertEquals(Long.toString(first + 8), client.info("commands_door_on_host"));
            assertEquals(Long.toString(first + 8), client.info("on_host_messages"));
        }
    }

    @Test
    void inAlwaysOnlyReadsAreServed() throws Exception {
        try (TestServer server = TestServer.start("durability", "always"); RespClient client = server.connect()) {
            client.call("PING");
            assertEquals(0, servedOf(server, client, "+OK\r\n", "SET", "k", "v"));
            assertEquals(1, servedOf(server, client, "$1\r\nv\r\n", "GET", "k"));
            assertEquals(0, servedOf(server, client, List.of(List.of("GET", "k"), List.of("DEL", "k"), List.of("GET", "k")),
                    List.of("$1\r\nv\r\n", ":1\r\n", "$-1\r\n")));
            assertEquals(1, servedOf(server, client, "$-1\r\n", "GET", "k"));
            assertTrue(Long.parseLong(client.info("on_host_passed_durability")) >= 2);
        }
    }

    @Test
    void configSetSwitchesTheDoorWithTheDurability() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            client.call("PING");
            assertEquals(1, servedOf(server, client, "+OK\r\n", "SET", "k", "v"));
            assertEquals("+OK\r\n", client.call("CONFIG", "SET", "appendfsync", "always"));
            assertEquals(0, servedOf(server, client, "+OK\r\n", "SET", "k", "v"));
            assertEquals("+OK\r\n", client.call("CONFIG", "SET", "appendfsync", "everysec"));
            assertEquals(1, servedOf(server, client, "+OK\r\n", "SET", "k", "v"));
            assertEquals("+OK\r\n", client.call("CONFIG", "SET", "requirepass", "secret"));
            assertEquals(0, servedOf(server, client, "-NOAUTH Authentication required.\r\n", "GET", "k"));
            assertEquals("+OK\r\n", client.call("AUTH", "secret"));
            assertEquals(1, servedOf(server, client, "$1\r\nv\r\n", "GET", "k"));
        }
    }

    @Test
    void severalKeysAreReadHereToo() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            client.call("SET", "a", "1");
            List<String> mget = new ArrayList<>(List.of("MGET", "a", "b"));
            String two = "*2\r\n$1\r\n1\r\n$-1\r\n";
            assertEquals(1, servedOf(server, client, List.of(mget), List.of(two)));
            assertEquals(3, servedOf(server, client, List.of(mget, List.of("GET", "a"), mget), List.of(two, "$1\r\n1\r\n", two)));
            assertEquals(2, servedOf(server, client, List.of(mget, List.of("INCR", "a")), List.of(two, ":2\r\n")));
            // what it finds behind a write cannot be told before the write
            assertEquals(0, servedOf(server, client, List.of(List.of("DECR", "a"), mget), List.of(":1\r\n", two)));
            for (int i = 0; i < 98; i++) {
                mget.add("absent");
            }
            assertEquals(1, servedOf(server, client, List.of(mget), List.of("*100\r\n$1\r\n1\r\n" + "$-1\r\n".repeat(99))));
            // longer than a reply may be here
            assertEquals(1, servedOf(server, client, "+OK\r\n", "SET", "b", "v".repeat(40_000)));
            String value = "$40000\r\n" + "v".repeat(40_000) + "\r\n";
            assertEquals(0, servedOf(server, client, "*2\r\n" + value + value, "MGET", "b", "b"));
            assertEquals("1", client.info("on_host_passed_size"));
        }
    }

    @Test
    void aMessageIsServedWholeOrPassedWhole() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            client.call("PING");
            assertEquals(4, servedOf(server, client,
                    List.of(List.of("SET", "a", "1"), List.of("GET", "a"), List.of("INCR", "a"), List.of("GETDEL", "a")),
                    List.of("+OK\r\n", "$1\r\n1\r\n", ":2\r\n", "$1\r\n2\r\n")));
            // a cold command at the end, at the beginning, in the middle: nothing of it runs here, and nothing runs twice
            assertEquals(0, servedOf(server, client, List.of(List.of("INCR", "a"), List.of("EXISTS", "a", "b")), List.of(":1\r\n", ":1\r\n")));
            assertEquals(0, servedOf(server, client, List.of(List.of("EXISTS", "a", "b"), List.of("INCR", "a")), List.of(":1\r\n", ":2\r\n")));
            assertEquals(0, servedOf(server, client, List.of(List.of("INCR", "a"), List.of("CLIENT", "GETNAME"), List.of("INCR", "a")),
                    List.of(":3\r\n", "$-1\r\n", ":4\r\n")));
            // an unfinished command at the end
            long before = server.onHostCommands();
            String two = RespClient.encode("INCR", "a") + RespClient.encode("INCR", "a");
            client.send(two.substring(0, two.length() - 3));
            assertEquals(":5\r\n", client.reply());
            client.send(two.substring(two.length() - 3));
            assertEquals(":6\r\n", client.reply());
            assertEquals(before, server.onHostCommands());
            assertEquals(1, servedOf(server, client, ":7\r\n", "INCR", "a"));
            assertEquals("0", client.info("on_host_messages_split"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 30, 200, 255, 256, 257, 511, 4_095, 16_384, 33_000, 65_000, 65_270, 65_536})
    void valuesOfEverySizeComeBackWhole(int size) throws Exception {
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < size; i++) {
            text.append(i).append(' ');
        }
        String value = text.substring(0, size);
        String bulk = "$" + size + "\r\n" + value + "\r\n";
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            client.call("PING");
            assertEquals(1, servedOf(server, client, "+OK\r\n", "SET", "k", value));
            boolean fits = bulk.length() <= Abi.ONHOST_REPLY_BYTES_MAX;
            assertEquals(fits ? 1 : 0, servedOf(server, client, bulk, "GET", "k"));
            // GET is reckoned with the value that it would find now
            boolean roomForWrite = 2 * (bulk.length() + 100) < Abi.ONHOST_REPLY_BYTES_MAX;
            assertEquals(roomForWrite ? 3 : 0, servedOf(server, client, List.of(List.of("SET", "x", "y"), List.of("GETSET", "k", "new"), List.of("GET", "k")),
                    List.of("+OK\r\n", bulk, "$3\r\nnew\r\n")), "within " + size);
        }
    }

    @Test
    void longPipelinesComeBackInOrder() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec"); RespClient client = server.connect()) {
            client.call("PING");
            for (int count : List.of(2, 16, 100, 1_000)) {
                StringBuilder writes = new StringBuilder();
                StringBuilder reads = new StringBuilder();
                for (int i = 0; i < count; i++) {
                    writes.append(RespClient.encode("SET", "key:" + i, "value:" + i * 7));
                    reads.append(RespClient.encode("GET", "key:" + i));
                }
                long before = server.onHostCommands();
                client.send(writes.toString());
                for (int i = 0; i < count; i++) {
                    assertEquals("+OK\r\n", client.reply());
                }
                client.send(reads.toString());
                for (int i = 0; i < count; i++) {
                    String value = "value:" + i * 7;
                    assertEquals("$" + value.length() + "\r\n" + value + "\r\n", client.reply());
                }
                assertEquals(2 * count, server.onHostCommands() - before);
            }
        }
    }

    /** I2: nobody says "written" for a log that does not keep its second. */
    @Test
    void whileTheLogIsLateWritesAreTheServers() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.on(storage, "durability", "everysec"); storage; RespClient client = server.connect()) {
            client.call("PING");
            assertEquals(1, servedOf(server, client, "+OK\r\n", "SET", "k", "v"));
            storage.freeze();
            assertEquals(1, servedOf(server, client, "+OK\r\n", "SET", "k", "v"), "not late yet");
            TimeUnit.SECONDS.sleep(4);
            long before = server.onHostCommands();
            long ring = server.ringPosition();
            client.send(RespClient.encode("SET", "k", "w"));
            server.awaitExecuted(ring);
            client.socket().setSoTimeout(300);
            assertThrows(SocketTimeoutException.class, client::reply, "acknowledged while the log stands still");
            client.socket().setSoTimeout(RespClient.REPLY_WAIT_MS);
            assertEquals(before, server.onHostCommands());
            try (RespClient reader = server.connect()) {
                reader.call("PING");
                long reads = server.onHostCommands();
                assertEquals("$1\r\nw\r\n", reader.call("GET", "k"));
                assertEquals(reads + 1, server.onHostCommands(), "reads go on");
            }
            storage.thaw();
            assertEquals("+OK\r\n", client.reply());
            before = server.onHostCommands();
            for (int i = 0; i < 1_000 && server.onHostCommands() == before; i++) {
                TimeUnit.MILLISECONDS.sleep(10);
                assertEquals("+OK\r\n", client.call("SET", "k", "v"));
            }
            assertEquals(before + 1, server.onHostCommands(), "and writes too when it keeps its second again");
        }
    }

    /** I7: from the moment the log has failed; not only when the failure has been written down, which a broken disk may never let happen. */
    @Test
    void whenTheLogHasFailedNothingIsServed() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.on(storage, "durability", "everysec"); storage; RespClient client = server.connect()) {
            client.call("PING");
            storage.failSyncs();        // the marker FAILED cannot be written either
            for (int i = 0; i < 400 && !server.server().log().failed(); i++) {
                client.send(RespClient.encode("INCR", "n"));
                TimeUnit.MILLISECONDS.sleep(10);
            }
            assertTrue(server.server().log().failed());
            assertEquals(Abi.STATE_FAILED, server.server().store().control().state(), "a start after a kill would trust the tables' log");
            long before = server.onHostCommands();
            client.send(RespClient.encode("INCR", "n"));
            client.send(RespClient.encode("GET", "n"));
            TimeUnit.MILLISECONDS.sleep(200);
            assertEquals(before, server.onHostCommands(), "served after the log has failed");
        }
    }

    /**
     * The ring fills in the middle of a message: its beginning is answered, the rest waits at the server's door, nothing is lost or done
     * twice. With programs that do not look at the ring before they begin, as one client alone could not fill it otherwise.
     */
    @Test
    void aStoreThatFillsUpWithinAMessageSplitsIt() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        int valueBytes = 30_000;
        int perMessage = 12;
        int messages = 4;
        String value = "x".repeat(valueBytes);
        try (TestServer server = TestServer.mutant("NO_ROOM_CHECK", storage, "durability", "everysec", "ring", "256kb", "stall-timeout", "60000");
                storage;
                RespClient client = server.connect()) {
            client.call("PING");
            storage.freezeWrites();
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    for (int m = 0; m < messages; m++) {
                        StringBuilder message = new StringBuilder();
                        for (int i = 0; i < perMessage; i++) {
                            message.append(RespClient.encode("APPEND", "k" + m, value.substring(0, valueBytes / perMessage)))
                                    .append(RespClient.encode("INCR", "n"));
                        }
                        server.vouchForLog();
                        client.send(message.toString());
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            while (sender.isAlive() && programs(server).split() + programs(server).passed(Abi.ONHOST_PASS_STORE) == 0) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            storage.thaw();
            for (int m = 0; m < messages; m++) {
                for (int i = 1; i <= perMessage; i++) {
                    assertEquals(":" + i * (valueBytes / perMessage) + "\r\n", client.reply());
                    assertEquals(":" + (m * perMessage + i) + "\r\n", client.reply());
                }
            }
            sender.join();
            assertTrue(programs(server).split() > 0, "the ring filled between two messages, not within one");
            assertEquals(0, programs(server).lost());
        }
    }

    @Test
    void aConnectionThatIsBusyHereIsNotIdle() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "timeout", "5"); RespClient client = server.connect();
                RespClient idle = server.connect(); ExecutorService executor = Executors.newSingleThreadExecutor()) {
            client.call("PING");
            idle.call("PING");
            Future<String> end = executor.submit(idle::untilEnd);
            while (!end.isDone()) {
                assertEquals("+OK\r\n", client.call("SET", "k", "v"));
                TimeUnit.MILLISECONDS.sleep(100);
            }
            assertEquals("", end.get(), "the other one was idle");
            assertEquals("+OK\r\n", client.call("SET", "k", "v"));
        }
    }

    @Test
    void waitAofCoversWritesThatWereServedHere() throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.on(storage, "durability", "everysec"); storage; RespClient client = server.connect()) {
            client.call("PING");
            storage.freeze();
            assertEquals(1, servedOf(server, client, "+OK\r\n", "SET", "k", "v"));
            assertEquals("*2\r\n:0\r\n:0\r\n", client.call("WAITAOF", "1", "0", "200"));
            storage.thaw();
            assertEquals("*2\r\n:1\r\n:0\r\n", client.call("WAITAOF", "1", "0", "0"));
        }
    }

    @Test
    void switchedOffItTakesNobodyOver() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "on-host", "off"); RespClient client = server.connect()) {
            assertEquals("+OK\r\n", client.call("SET", "k", "v"));
            assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
            assertEquals("0", client.info("commands_door_on_host"));
            assertEquals("off", client.info("on_host"));
        }
    }
}
