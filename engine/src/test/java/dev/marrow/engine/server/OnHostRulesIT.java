package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.OnHostPrograms;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each rule of the on-host door, tried twice: the promise holds with our programs, and is seen to be broken with programs from which that
 * one rule was taken out (bpf/src/main/c/Makefile, ONHOST_MUTANTS).
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OnHostRulesIT {
    /** Longer than any reply takes, shorter than anybody's patience. */
    private static final int NO_REPLY_MILLIS = 300;

    /** What must hold; throws AssertionError when it does not. */
    @FunctionalInterface
    private interface Promise {
        void check(TestServer server, FrozenStorage storage) throws Exception;
    }

    private record Rule(String mutant, Promise promise, String... options) {
        @Override
        public String toString() {
            return mutant;
        }
    }

    static List<Rule> rules() {
        return List.of(
                new Rule("NO_COMMANDS", OnHostRulesIT::aCommandDoesNotOvertakeOneThatTheServerHas, "durability", "everysec"),
                new Rule("NO_REPLIES", OnHostRulesIT::aReplyDoesNotOvertakeOneThatTheServerHolds, "durability", "always"),
                new Rule("NO_READ", OnHostRulesIT::aReplyDoesNotOvertakeOneThatIsNotReadYet, "durability", "everysec"),
                new Rule("NO_QUEUE_BOUND", OnHostRulesIT::unreadRepliesAreBoundedAndComplete, "durability", "everysec"),
                new Rule("EXECUTE_FIRST", OnHostRulesIT::whereTheKernelHasNoMemoryTheServerServes, "durability", "everysec"),
                new Rule("NO_CLAIM", OnHostRulesIT::aBufferInUseIsNobodyElses, "durability", "everysec"),
                new Rule("ANY_ADDRESS", OnHostRulesIT::anotherAddressIsNotOurs, "durability", "everysec"),
                new Rule("ANY_NAMESPACE", OnHostRulesIT::anotherNamespaceIsNotOurs, "durability", "everysec"),
                new Rule("NO_AUTHORITY", OnHostRulesIT::nothingIsServedBeforeAuthentication, "durability", "everysec", "requirepass", "secret"),
                new Rule("NO_PROTOCOL", OnHostRulesIT::repliesAreOfTheConnectionsProtocol, "durability", "everysec"),
                new Rule("NO_DURABILITY", OnHostRulesIT::whatIsNotDurableIsNotRead, "durability", "always"),
                new Rule("NO_LATE", OnHostRulesIT::aLateLogIsToldOfNoWrite, "durability", "everysec"),
                new Rule("NO_ENDS", OnHostRulesIT::aClosedConnectionIsNotServed, "durability", "everysec"),
                new Rule("NO_GATE", OnHostRulesIT::nothingIsServedBehindTheGate, "durability", "everysec"));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void holds(Rule rule) throws Exception {
        check(rule, rule.mutant.equals("EXECUTE_FIRST") ? "NO_MEMORY" : "");
    }

    @ParameterizedTest
    @MethodSource("rules")
    void isSeenToBeBrokenWithoutTheRule(Rule rule) {
        assertThrows(AssertionError.class, () -> check(rule, rule.mutant), "nobody noticed that a rule is gone");
    }

    private static void check(Rule rule, String mutant) throws Exception {
        FrozenStorage storage = new FrozenStorage();
        try (TestServer server = TestServer.mutant(mutant, storage, rule.options); storage) {
            rule.promise.check(server, storage);
        }
    }

    /** A client that has been served once, so that the door knows it. */
    private static RespClient known(TestServer server) throws IOException {
        RespClient client = server.connect();
        client.call("PING");
        long before = server.onHostCommands();
        client.call("PING");
        if (server.onHostCommands() != before + 1) {
            // not an AssertionError: a control must not turn red because nothing was tried
            throw new IllegalStateException("PING is not served on-host");
        }
        return client;
    }

    private static void assertNoReply(RespClient client, String message) throws IOException {
        client.socket().setSoTimeout(NO_REPLY_MILLIS);
        assertThrows(SocketTimeoutException.class, client::reply, message);
        client.socket().setSoTimeout(RespClient.REPLY_WAIT_MS);
    }

    private static void aCommandDoesNotOvertakeOneThatTheServerHas(TestServer server, FrozenStorage storage) throws Exception {
        try (RespClient client = known(server)) {
            for (int i = 0; i < 2_000; i++) {
                // the first is Java's, and under way while the second is sent
                client.send(RespClient.encode("CLIENT", "SETNAME", "n" + i)).send(RespClient.encode("ECHO", "e" + i));
                assertEquals("+OK\r\n", client.reply());
                assertEquals("$" + ("e" + i).length() + "\r\ne" + i + "\r\n", client.reply());
            }
        }
    }

    private static void aReplyDoesNotOvertakeOneThatTheServerHolds(TestServer server, FrozenStorage storage) throws Exception {
        try (RespClient client = known(server)) {
            storage.freeze();
            long ring = server.ringPosition();
            client.send(RespClient.encode("SET", "k", "v"));
            server.awaitExecuted(ring);
            assertNoReply(client, "the write is held until it is durable");
            client.send(RespClient.encode("PING"));
            assertNoReply(client, "PING comes behind the held reply");
            storage.thaw();
            assertEquals("+OK\r\n", client.reply());
            assertEquals("+PONG\r\n", client.reply());
        }
    }

    private static void aReplyDoesNotOvertakeOneThatIsNotReadYet(TestServer server, FrozenStorage storage) throws Exception {
        try (RespClient client = known(server)) {
            EventLoop loop = server.server().loops().getFirst();
            long before = loop.bytesOut();
            client.send(RespClient.encode("CLIENT", "GETNAME"));
            while (loop.bytesOut() == before) {     // then it is here; the kernel does not tell of it (FIONREAD)
                TimeUnit.MILLISECONDS.sleep(50);
            }
            client.send(RespClient.encode("PING"));
            assertEquals("$-1\r\n", client.reply());
            assertEquals("+PONG\r\n", client.reply());
        }
    }

    private static void unreadRepliesAreBoundedAndComplete(TestServer server, FrozenStorage storage) throws Exception {
        int commands = 1_000;
        try (RespClient client = known(server)) {
            long before = server.onHostCommands();
            for (int i = 0; i < commands; i++) {
                client.send(RespClient.encode("INCR", "n"));
            }
            long served = server.onHostCommands() - before;
            assertTrue(served <= Abi.ONHOST_UNREAD_MESSAGES_MAX + 1, "replies in the receive queue: " + served);
            for (int i = 1; i <= commands; i++) {
                assertEquals(":" + i + "\r\n", client.reply());
            }
        }
    }

    private static void whereTheKernelHasNoMemoryTheServerServes(TestServer server, FrozenStorage storage) throws Exception {
        String value = "v".repeat(300);
        try (RespClient client = known(server)) {
            for (int i = 1; i <= 100; i++) {
                try {
                    assertEquals(":" + i + "\r\n", client.call("INCR", "n"));
                    assertEquals("+OK\r\n", client.call("SET", "k", value));
                    // the reply does not fit in place of the request
                    assertEquals("$300\r\n" + value + "\r\n", client.call("GETDEL", "k"));
                } catch (IOException failed) {
                    throw new AssertionError("the reply of something that was executed is lost", failed);
                }
            }
        }
    }

    private static void aBufferInUseIsNobodyElses(TestServer server, FrozenStorage storage) throws Exception {
        OnHostPrograms programs = server.server().onHostDoor().programs();
        try (RespClient client = known(server)) {
            programs.occupyBuffers(true);
            try {
                long before = server.onHostCommands();
                assertEquals("+OK\r\n", client.call("SET", "k", "v"));
                assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
                assertEquals(before, server.onHostCommands(), "served in buffers that others use");
                assertTrue(programs.passed(Abi.ONHOST_PASS_BUFFERS) >= 2);
            } finally {
                programs.occupyBuffers(false);
            }
        }
    }

    private static void anotherAddressIsNotOurs(TestServer server, FrozenStorage storage) throws Exception {
        try (ServerSocket other = new ServerSocket(server.port(), 1, InetAddress.getByName("127.0.0.2"));
                Socket client = new Socket("127.0.0.2", server.port()); Socket accepted = other.accept()) {
            client.getOutputStream().write(RespClient.encode("PING").getBytes());
            assertEquals('*', accepted.getInputStream().read());
            assertEquals(0L, server.server().onHostDoor().programs().entries().get("sockets"), "another service's client was taken over");
        }
    }

    private static void anotherNamespaceIsNotOurs(TestServer server, FrozenStorage storage) throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            assertEquals("theirs", namespace.askOwnService(server.port()));
            assertEquals(0L, namespace.socketsSeenWhileAsking(server), "another namespace's client was taken over");
        }
    }

    private static void nothingIsServedBeforeAuthentication(TestServer server, FrozenStorage storage) throws Exception {
        try (RespClient client = server.connect()) {
            for (int i = 0; i < 3; i++) {
                assertEquals("-NOAUTH Authentication required.\r\n", client.call("GET", "k"));
            }
            assertEquals(0, server.onHostCommands());
            assertEquals("-WRONGPASS invalid username-password pair or user is disabled.\r\n", client.call("AUTH", "wrong"));
            assertEquals("-NOAUTH Authentication required.\r\n", client.call("GET", "k"));
            assertEquals(0, server.onHostCommands());
            assertEquals("+OK\r\n", client.call("AUTH", "secret"));
            assertEquals("$-1\r\n", client.call("GET", "k"));
            assertTrue(server.onHostCommands() > 0);
        }
    }

    private static void repliesAreOfTheConnectionsProtocol(TestServer server, FrozenStorage storage) throws Exception {
        try (RespClient client = known(server)) {
            for (int i = 0; i < 20; i++) {
                long before = server.onHostCommands();
                assertEquals("$-1\r\n", client.call("GET", "absent"));
                assertTrue(client.call("HELLO", "3").startsWith("%7\r\n"));
                assertEquals("_\r\n", client.call("GET", "absent"));
                assertTrue(client.call("HELLO", "2").startsWith("*14\r\n"));
                assertEquals(before + 2, server.onHostCommands());
            }
        }
    }

    private static void whatIsNotDurableIsNotRead(TestServer server, FrozenStorage storage) throws Exception {
        try (RespClient writer = known(server); RespClient reader = known(server)) {
            assertEquals("+OK\r\n", writer.call("SET", "old", "durable"));
            assertEquals("+OK\r\n", writer.call("SET", "gone", "durable"));
            storage.freeze();
            long ring = server.ringPosition();
            writer.send(RespClient.encode("SET", "k", "v"));
            server.awaitExecuted(ring);
            ring = server.ringPosition();
            writer.send(RespClient.encode("DEL", "gone"));
            server.awaitExecuted(ring);
            long before = server.onHostCommands();
            assertEquals("$7\r\ndurable\r\n", reader.call("GET", "old"));
            assertEquals(before + 1, server.onHostCommands(), "what is durable is served here");
            reader.send(RespClient.encode("GET", "k"));
            assertNoReply(reader, "the value is not durable");
            reader.send(RespClient.encode("EXISTS", "gone"));
            assertNoReply(reader, "the absence is not durable");
            storage.thaw();
            assertEquals("$1\r\nv\r\n", reader.reply());
            assertEquals(":0\r\n", reader.reply());
        }
    }

    private static void aLateLogIsToldOfNoWrite(TestServer server, FrozenStorage storage) throws Exception {
        try (RespClient client = known(server)) {
            storage.freeze();
            client.call("SET", "k", "v");           // something for the sync to be late with
            TimeUnit.SECONDS.sleep(4);
            client.send(RespClient.encode("SET", "k", "w"));
            assertNoReply(client, "nothing is synced, so nothing is acknowledged at once");
            storage.thaw();
            assertEquals("+OK\r\n", client.reply());
        }
    }

    private static void aClosedConnectionIsNotServed(TestServer server, FrozenStorage storage) throws Exception {
        try (RespClient client = known(server)) {
            assertEquals("+OK\r\n", client.call("QUIT"));
            while (server.server().connectedClients() > 0) {    // then the server's FIN is here
                TimeUnit.MILLISECONDS.sleep(1);
            }
            long before = server.onHostCommands();
            try {
                client.send(RespClient.encode("SET", "k", "v"));
                client.send(RespClient.encode("GET", "k"));
            } catch (IOException closed) {
                // as it may be told of any closed connection
            }
            assertEquals("", client.untilEnd());
            assertEquals(before, server.onHostCommands(), "a closed connection was served");
        }
    }

    private static void nothingIsServedBehindTheGate(TestServer server, FrozenStorage storage) throws Exception {
        try (RespClient client = known(server)) {
            server.server().onHostDoor().drain();
            long before = server.onHostCommands();
            assertEquals("+OK\r\n", client.call("SET", "k", "v"));
            assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
            assertEquals(before, server.onHostCommands(), "served behind the gate");
            server.server().onHostDoor().open();
            assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
            assertEquals(before, server.onHostCommands(), "whoever shut it meant it");
        }
    }
}
