package dev.marrow.engine.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Where Debian's redis-server (7.0) is installed, the same bytes get the same bytes back. */
class RedisComparisonIT {
    private static final String PASSWORD = "secret";
    /** Sent behind each input: its reply shows that the input was consumed as a whole. */
    private static final String MARK = "*1\r\n$8\r\n<marker>\r\n";
    private static final String MARKED = "-ERR unknown command '<marker>', with args beginning with: \r\n";
    private static final int REPLY_WAIT_MS = 5_000;
    private static final int START_ATTEMPTS_MAX = 200;

    @TempDir
    static Path directory;

    private static final List<Process> SERVERS = new ArrayList<>();
    private static int openPort;
    private static int lockedPort;

    @BeforeAll
    static void startRedis() throws Exception {
        assertTrue(Files.isExecutable(Path.of("/usr/bin/redis-server")), "redis-server is missing; ./marrow test installs it");
        openPort = start();
        lockedPort = start("--requirepass", PASSWORD);
    }

    private static int start(String... more) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket()) {
            free.bind(new InetSocketAddress("127.0.0.1", 0));
            port = free.getLocalPort();
        }
        List<String> command = new ArrayList<>(List.of("/usr/bin/redis-server", "--port", Integer.toString(port), "--bind", "127.0.0.1",
                "--dir", directory.toString(), "--save", ""));
        command.addAll(List.of(more));
        SERVERS.add(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start());
        for (int attempt = 0; attempt < START_ATTEMPTS_MAX; attempt++) {
            try {
                new Socket("127.0.0.1", port).close();
                return port;
            } catch (IOException notYet) {
                TimeUnit.MILLISECONDS.sleep(25);
            }
        }
        throw new IllegalStateException("redis-server did not start on port " + port);
    }

    @AfterAll
    static void stopRedis() {
        SERVERS.forEach(Process::destroy);
    }

    @Test
    void everyCommandOfRedisIsOnThePageOfCommands() throws Exception {
        CommandsPage page = CommandsPage.read();
        List<String> missing = new ArrayList<>();
        for (String name : redis(openPort, "command list\r\n" + MARK).lines().filter(line -> line.matches("[a-z_-]{2,}")).toList()) {
            if (!page.places.containsKey(name) && !page.absent.contains(name)) {
                missing.add(name);
            }
        }
        assertEquals(List.of(), missing);
        assertTrue(page.absent.contains("lpush"), "the page was not read");
    }

    @Test
    void malformedInputGetsTheSameBytes() throws Exception {
        List<String> inputs = new ArrayList<>(List.of(
                "*0\r\n", "*-1\r\n", "\r\n", "\n", "   \r\n", "*1\r\n$4\r\nPINGab", "*1\rX$4\rYPING\r\n", "PING\n", "\"PING\"\r\n", "PI\"NG\"\r\n",
                "PING \"a\r\n", "PING 'a\r\n", "PING \"a\"b\r\n", "echo \"\\x41\\n\\q\\\"\"\r\n", "echo 'a\\'b'\r\n", "echo \"\\x4\"\r\n", "echo ''\r\n",
                "*1\r\n\r\n", "*1\r\nfoo\r\n", "*2\r\n$4\r\nPING\r\nfoo\r\n", "*1\r\n\u00ffx\r\n", "*1\r\n:1\r\n", "*1\r\n\n\r\n", "$4\r\n", "$4\r\nPING\r\n",
                "a\u000bb c\u000bd\r\n", "\u000bPING\r\n", "echo \u000c\r\n"));
        for (String number : List.of("", "a", "1a", "01", "+1", "-0", "--1", " 1", "1 ", "2147483648", "9223372036854775808", "9".repeat(40))) {
            inputs.add("*" + number + "\r\n");
            inputs.add("*1\r\n$" + number + "\r\n");
        }
        inputs.add("*1\r\n$-1\r\n");
        inputs.add("*1\r\n$536870913\r\n");
        compare(openPort, "", inputs);
    }

    @Test
    void linesThatNeverEndGetTheSameBytes() throws Exception {
        String endless = "9".repeat(65_600);
        for (String input : List.of(endless, "*" + endless, "*1\r\n$" + endless)) {
            assertEquals(redis(openPort, input), new CommandHarness().send(input));
        }
    }

    @Test
    void errorsOfColdCommandsAreTheSameBytes() throws Exception {
        compare(openPort, "", List.of(
                "foo\r\n", "foo a b\r\n", "\"a\\r\\nb\" \"c\\n\"\r\n", "\"a\\x00b\" \"c\\x00d\" e\r\n",
                "\"" + "x".repeat(200) + "\" " + "y".repeat(200) + " z\r\n", "foo " + "y".repeat(100) + " " + "z".repeat(100) + " w\r\n",
                "foo " + "y".repeat(124) + " z w\r\n", "foo " + "y".repeat(125) + " z w\r\n", "foo \u0001\u00ff\r\n", "config|get x\r\n", "client|id\r\n",
                "config\r\n", "config foo\r\n", "CoNfIg \"f\\no\" a\r\n", "client\r\n", "client foo bar\r\n", "client id 3\r\n", "command foo\r\n",
                "get\r\n", "GET a b\r\n", "set a\r\n", "mset a\r\n", "mset a 1 b\r\n", "mget\r\n", "del\r\n", "exists\r\n", "ping a b c\r\n", "dbsize x\r\n",
                "select abc\r\n", "select -1\r\n", "select 16\r\n", "select 0\r\n", "select 99999999999\r\n", "select 01\r\n",
                "hello 4\r\n", "hello abc\r\n", "hello 2 foo\r\n", "hello 2 auth a\r\n", "hello 2 auth x y\r\n", "hello 2 setname \"a b\"\r\n",
                "auth foo\r\n", "auth default foo\r\n", "auth xx foo\r\n", "auth a b c\r\n", "auth\r\n",
                "client setname \"a b\"\r\n", "client setname a\r\nclient getname\r\n", "client setname \"\"\r\nclient getname\r\n", "client getname\r\n",
                "flushall foo\r\n", "flushall async sync\r\n", "flushdb SYNC\r\n", "shutdown foo\r\n", "shutdown save nosave\r\n", "shutdown abort\r\n",
                "shutdown abort now\r\n", "reset\r\n", "reset x\r\n", "quit\r\n", "quit x\r\n", "info foo\r\n", "info keyspace foo\r\n",
                "config set foo bar\r\n", "config set port\r\n", "config set maxclients 10000 maxclients\r\n", "config set databases 3\r\n",
                "config set maxclients 100 maxclients 100\r\n", "config set timeout -1\r\n", "config get nothing* at?all\r\n",
                "config get appendfsync-no save databases-no\r\n", "config set timeout 0\r\n", "config set save \"\"\r\n",
                "command getkeys\r\n", "command getkeys get\r\n", "command getkeys foo a\r\n", "command getkeys ping a\r\n", "command getkeys mset a 1 b 2\r\n",
                "command getkeys get a b\r\n", "command getkeys del a b c\r\n", "command getkeys set k v EX 1\r\n", "command list foo\r\n",
                "command list filterby foo\r\n", "command list filterby foo bar\r\n", "command list filterby pattern nothing\r\n", "command count x\r\n",
                "command info incrbyfloat getrange substr setrange setbit getbit bitcount bitpos bitfield_ro\r\n",
                "command getkeys bitop and a b c\r\n",
                "msetnx a 1 b\r\n", "bitop and a\r\n", "getex\r\n", "setbit a 1\r\n", "incrbyfloat a\r\n",
                "command info get mset foo config|get del ping info\r\n", "command docs foo\r\n",
                "hello 3\r\ncommand info get foo\r\nconfig get maxclients nothing\r\nmget a b\r\nclient getname\r\nreset\r\n",
                "type nope\r\n", "rename nope b\r\n", "rename nope nope\r\n", "renamenx nope b\r\n", "copy a\r\n", "copy nope a db\r\n", "copy nope a db x\r\n",
                "copy nope a db 99999999999\r\n", "copy nope a db 16\r\n", "copy nope nope\r\n", "copy nope a replace db 0 replace\r\n", "copy a b foo\r\n",
                "expiretime nope\r\n", "pexpiretime a b\r\n", "object\r\n", "object foo a\r\n", "object encoding\r\n", "object encoding nope\r\n",
                "object freq nope\r\nobject idletime nope\r\nobject refcount nope\r\n", "object help x\r\n", "keys\r\n", "keys a b\r\n", "keys nothing\r\n",
                "scan\r\n", "scan x\r\n", "scan 1x\r\n", "scan \" 1\"\r\n", "scan -\r\n", "scan 18446744073709551616\r\n", "scan 0 count\r\n",
                "scan 0 count x\r\n", "scan 0 count 0\r\n", "scan 0 count -1\r\n", "scan 0 count 5 foo\r\n", "scan 0 match\r\n", "scan 0 foo bar\r\n",
                "scan 0 type\r\n", "scan 0 type nope\r\n", "flushall\r\nscan 0 match a count 9 type string\r\nrandomkey\r\nkeys *\r\n",
                "swapdb 0 0\r\n", "swapdb a 0\r\n", "swapdb 0 a\r\n", "swapdb 0 16\r\n", "swapdb 99999999999 0\r\n", "swapdb 0\r\n",
                "command info type rename renamenx copy expiretime pexpiretime object|encoding object|help keys scan randomkey swapdb\r\n",
                "command getkeys rename a b\r\ncommand getkeys copy a b db 0\r\ncommand getkeys object encoding a\r\n",
                "flushall\r\nset a 12\r\nset b x\r\nset c \"" + "x".repeat(44) + "\"\r\nset d \"" + "x".repeat(45) + "\"\r\nobject encoding a\r\n"
                        + "object encoding b\r\nobject encoding c\r\nobject encoding d\r\nobject freq a\r\nrename a b\r\nget b\r\ntype b\r\nkeys b\r\n"
                        + "renamenx b c\r\nrenamenx b b\r\nrename b b\r\ncopy b c\r\ncopy b c replace\r\nget c\r\nkeys a\r\nexpiretime b\r\n",
                "flushall\r\nmset a 1 b 2\r\nmget a b c a\r\nexists a a b c\r\ndbsize\r\ndel a b b\r\ndbsize\r\n"));
    }

    @Test
    void serverCommandsGiveTheSameBytes() throws Exception {
        compare(openPort, "", List.of(
                "client list type foo\r\n", "client list type pubsub\r\n", "client list id x\r\n", "client list id 999999\r\n", "client list foo\r\n",
                "client kill\r\n", "client kill 1.1.1.1:1\r\n", "client kill id x\r\n", "client kill id 0\r\n", "client kill id 999999\r\n",
                "client kill type foo\r\n", "client kill type master\r\n", "client kill user foo\r\n", "client kill foo bar\r\n",
                "client kill skipme maybe\r\n", "client kill id 1 addr\r\n", "client kill addr 1.1.1.1:1 laddr 1.1.1.1:1\r\n",
                "client pause\r\n", "client pause x\r\n", "client pause -1\r\n", "client pause 1 foo\r\n", "client pause 1 write all\r\n", "client unpause\r\n",
                "client unpause x\r\n", "client reply foo\r\n", "client reply\r\n", "client reply on\r\n", "client no-evict foo\r\n", "client no-evict on\r\n",
                "client unblock x\r\n", "client unblock 1 foo\r\n", "client unblock 999999\r\n", "client unblock 1 error foo\r\n",
                "client getredir\r\n", "client trackinginfo\r\n", "hello 3\r\nclient trackinginfo\r\nreset\r\n", "client tracking foo\r\n", "client tracking off\r\n",
                "client caching yes\r\n", "config rewrite\r\n", "config rewrite x\r\n",
                "command getkeysandflags\r\n", "command getkeysandflags get a\r\n", "command getkeysandflags mset a 1 b 2\r\n", "command getkeysandflags ping\r\n", "command getkeysandflags set a b get\r\n",
                "hello 3\r\ncommand getkeysandflags set a 1\r\nreset\r\n",
                "slowlog\r\n", "slowlog foo\r\n", "slowlog len x\r\n", "slowlog get -2\r\n", "slowlog get x\r\n", "slowlog get 1 2\r\n", "slowlog reset\r\nslowlog len\r\nslowlog get\r\n",
                "latency latest\r\n", "latency history foo\r\n", "latency history\r\n", "latency graph foo\r\n", "latency reset\r\n", "latency reset foo\r\n", "latency foo\r\n",
                "memory\r\n", "memory usage\r\n", "memory usage none\r\n", "hello 3\r\nmemory usage none\r\nreset\r\n", "memory usage none foo\r\n",
                "memory usage none samples\r\n", "memory usage none samples x\r\n", "memory usage none samples -1\r\n", "memory purge\r\n", "memory foo\r\n",
                "debug\r\n", "debug sleep 0\r\n", "debug jmap\r\n", "monitor x\r\n", "function flush\r\n", "function flush foo\r\n", "function flush sync x\r\n", "function list\r\n",
                "multi\r\nmonitor\r\nexec\r\n"));
    }

    @Test
    void clientsWithoutAPasswordGetTheSameBytes() throws Exception {
        compare(lockedPort, PASSWORD, List.of(
                "get a\r\n", "foo\r\n", "get\r\n", "config get *\r\n", "*11\r\n", "*10\r\n$16385\r\n", "auth nope\r\n", "auth default nope\r\n", "auth root secret\r\n",
                "hello\r\n", "hello 3\r\n", "hello 5\r\n", "hello 3 auth default nope\r\n", "auth secret\r\nselect 0\r\nreset\r\nselect 0\r\n",
                "auth default secret\r\n*11\r\n$4\r\nmget\r\n" + "$1\r\na\r\n".repeat(10), "quit\r\n"));
    }

    private static void compare(int port, String password, List<String> inputs) throws Exception {
        List<Executable> checks = new ArrayList<>();
        for (String input : inputs) {
            CommandHarness harness = new CommandHarness();
            harness.server.config = harness.server.config.with("requirepass", password);
            harness.session.authenticated(password.isEmpty());
            String shown = input.length() > 200 ? input.substring(0, 200) : input;
            String expected = redis(port, input + MARK);
            checks.add(() -> assertEquals(withoutId(expected), withoutId(harness.send(input + MARK)), "to " + shown));
        }
        assertAll(checks);
    }

    /** HELLO tells the connection's number. */
    private static String withoutId(String reply) {
        return reply.replaceAll("\\$2\r\nid\r\n:[0-9]+", "id");
    }

    /** What Redis answers, up to the end of the connection or the marker's reply. */
    private static String redis(int port, String input) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(REPLY_WAIT_MS);
            socket.getOutputStream().write(input.getBytes(ISO_8859_1));
            ByteArrayOutputStream replies = new ByteArrayOutputStream();
            byte[] piece = new byte[65_536];
            while (!replies.toString(ISO_8859_1).endsWith(MARKED)) {
                int count = socket.getInputStream().read(piece);
                if (count < 0) {
                    return replies.toString(ISO_8859_1) + "<EOF>";
                }
                replies.write(piece, 0, count);
            }
            return replies.toString(ISO_8859_1);
        }
    }
}
