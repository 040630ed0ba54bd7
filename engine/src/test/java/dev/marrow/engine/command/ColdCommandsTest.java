package dev.marrow.engine.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.engine.config.ConfigException;
import dev.marrow.engine.resp.ReplyWriter;
import dev.marrow.engine.resp.RequestParser;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ColdCommandsTest {
    private final CommandHarness harness = new CommandHarness();

    private void requirePassword(String password) throws ConfigException {
        harness.server.config = harness.server.config.with("requirepass", password);
        harness.session.authenticated(false);
    }

    @Test
    void runsHotCommandsThatCameInline() {
        assertEquals("+OK\r\n$1\r\nv\r\n+PONG\r\n", harness.send("set k v\r\nget k\r\nPING\r\n"));
    }

    @Test
    void sumsOverManyKeys() {
        assertEquals("+OK\r\n", harness.call("MSET", "a", "1", "b", "2"));
        assertEquals(":3\r\n", harness.call("exists", "a", "a", "b", "c"));
        assertEquals("*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n2\r\n", harness.call("mget", "a", "x", "b"));
        assertEquals(":2\r\n", harness.call("del", "a", "b", "b"));
    }

    @Test
    void mgetSaysNilInTheProtocolOfTheConnection() {
        harness.session.protocol(3);
        assertEquals("*2\r\n_\r\n_\r\n", harness.call("mget", "x", "y"));
    }

    @Test
    void namesTheLimitOfKeysAndValues() {
        assertEquals("-ERR key is 600 bytes; keys are 1 to 512 bytes\r\n", harness.call("get", "k".repeat(600)));
        assertEquals("-ERR key is 0 bytes; keys are 1 to 512 bytes\r\n", harness.call("mset", "", "v"));
        assertEquals("-ERR value is 70000 bytes; the limit is 65536 bytes\r\n", oversized("set", "k", "v".repeat(70_000)));
        assertEquals("-ERR key is 70000 bytes; keys are 1 to 512 bytes\r\n", oversized("mset", "a", "1", "k".repeat(70_000), "2"));
        assertEquals("-ERR value is 70000 bytes; the limit is 65536 bytes\r\n", oversized("mset", "a", "k".repeat(70_000)));
        assertEquals("-ERR wrong number of arguments for 'get' command\r\n", oversized("get", "k", "v".repeat(70_000)));
        assertEquals("-ERR unknown command 'foo', with args beginning with: '" + "v".repeat(128) + "' \r\n",
                oversized("foo", "v".repeat(70_000)));
        assertEquals(List.of(), harness.server.executed);
    }

    private String oversized(String... words) {
        return harness.send(new String(
                RequestParser.encode(List.of(words).stream().map(word -> word.getBytes(ISO_8859_1)).toList()), ISO_8859_1));
    }

    @Test
    void shortensRepeatedOptionsToWhatTheKernelTakes() {
        harness.call("set", "k", "v", "EX", "1", "nx", "NX", "NX", "ex", "2", "NX", "NX", "NX", "GET");
        harness.call("expire", "k", "9", "NX", "NX", "NX", "NX", "NX", "NX", "NX", "NX", "NX", "bad");
        harness.call("set", "k", "v", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
        assertEquals(List.of("set k v ex 2 NX GET", "expire k 9 NX bad", "set k v a b c d e f g h i"), harness.server.executed);
        assertEquals("-ERR wrong number of arguments for 'ping' command\r\n", harness.call("ping", "a", "b"));
    }

    @Test
    void asksForThePassword() throws ConfigException {
        requirePassword("pass");
        assertEquals("-NOAUTH Authentication required.\r\n", harness.call("get", "k"));
        assertEquals("-NOAUTH Authentication required.\r\n", harness.call("config", "get", "*"));
        assertEquals("-ERR unknown command 'foo', with args beginning with: \r\n", harness.call("foo"));
        assertEquals("-WRONGPASS invalid username-password pair or user is disabled.\r\n", harness.call("auth", "nope"));
        assertEquals("-WRONGPASS invalid username-password pair or user is disabled.\r\n", harness.call("auth", "root", "pass"));
        assertTrue(harness.call("hello", "3").startsWith("-NOAUTH HELLO must be called with the client already authenticated"));
        assertEquals(2, harness.session.protocol());
        assertTrue(harness.call("hello", "3", "AUTH", "default", "pass", "SETNAME", "me").startsWith("%7\r\n$6\r\nserver\r\n"));
        assertEquals(3, harness.session.protocol());
        assertEquals("$2\r\nme\r\n", harness.call("client", "getname"));
        assertEquals("+RESET\r\n", harness.call("reset"));
        assertEquals(2, harness.session.protocol());
        assertFalse(harness.session.authenticated());
        assertEquals("+OK\r\n", harness.call("auth", "pass"));
    }

    @Test
    void waitsForTheLog() {
        assertEquals("*2\r\n:1\r\n:0\r\n", harness.call("waitaof", "1", "0", "0"));
        harness.session.written = 100;
        assertEquals("*2\r\n:0\r\n:0\r\n", harness.call("waitaof", "0", "0", "0"));
        assertEquals("", harness.call("waitaof", "1", "0", "250"));
        assertEquals(100, harness.session.suspendedAt);
        assertEquals(250, harness.session.suspendedMillis);
        assertEquals("*2\r\n:0\r\n:0\r\n", resumed(false));
        harness.session.durable = 100;
        assertEquals("*2\r\n:1\r\n:0\r\n", resumed(true));
        assertEquals("", harness.call("waitaof", "0", "1", "10"));
        assertEquals(Long.MAX_VALUE, harness.session.suspendedAt);
        assertEquals("*2\r\n:1\r\n:0\r\n", resumed(false));
        assertEquals("-ERR value is out of range, value must between 0 and 1\r\n", harness.call("waitaof", "2", "0", "0"));
        assertEquals("-ERR timeout is negative\r\n", harness.call("waitaof", "1", "0", "-1"));
    }

    private String resumed(boolean durable) {
        ReplyWriter out = new ReplyWriter(2, 1000);
        harness.session.suspended.getLast().write(durable, out);
        return new String(out.toByteArray(), ISO_8859_1);
    }

    @Test
    void countsAndFlushes() {
        harness.call("mset", "a", "1", "b", "2");
        assertEquals(":2\r\n", harness.call("dbsize"));
        assertEquals(List.of(77L), harness.session.waits);
        assertEquals("-ERR syntax error\r\n", harness.call("flushall", "now"));
        assertEquals("+OK\r\n", harness.call("flushdb", "ASYNC"));
        assertEquals(":0\r\n", harness.call("dbsize"));
    }

    @Test
    void stops() {
        assertEquals("", harness.call("shutdown", "nosave"));
        assertEquals("", harness.call("SHUTDOWN"));
        assertEquals(List.of("shutdown save=false", "shutdown save=true"), harness.server.events);
        assertEquals("+OK\r\n<EOF>", harness.send("quit\r\nping\r\n"));
    }

    @Test
    void changesSettingsTogetherOrNotAtAll() {
        assertEquals("+OK\r\n", harness.call("config", "set", "maxclients", "7", "appendfsync", "everysec"));
        assertEquals("*4\r\n$11\r\nappendfsync\r\n$8\r\neverysec\r\n$10\r\nmaxclients\r\n$1\r\n7\r\n",
                harness.call("config", "get", "MAXC*", "appendf?ync"));
        assertTrue(harness.call("config", "set", "maxclients", "8", "timeout", "-1").startsWith(
                "-ERR CONFIG SET failed (possibly related to argument 'timeout') - argument must be between 0 and"));
        assertEquals(7, harness.server.config.maxclients());
        assertEquals("-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - can't set immutable config\r\n",
                harness.call("config", "set", "maxmemory", "1gb"));
        assertEquals("+OK\r\n", harness.call("config", "set", "save", ""));
        assertEquals("*2\r\n$4\r\nport\r\n$4\r\n7777\r\n", harness.call("config", "get", "port"));
        harness.session.protocol(3);
        assertEquals("%0\r\n", harness.call("config", "get", "nothing"));
    }

    @Test
    void describesItself() {
        String info = harness.call("info");
        for (String line : List.of("# Server", "tcp_port:7777", "uptime_in_seconds:60", "used_memory_human:1.50K", "aof_enabled:1",
                "# Errorstats", "# Marrow", "start_mode:cold", "start_records_per_second:2000", "errors_ring_full:3", "keys:0")) {
            assertTrue(info.contains(line + "\r\n"), line);
        }
        assertEquals("$12\r\n# Keyspace\r\n\r\n", harness.call("info", "keyspace", "foo"));
        harness.call("mset", "a", "1");
        assertEquals("$44\r\n# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n\r\n", harness.call("info", "keyspace"));
    }

    @Test
    void knowsItsClient() {
        assertEquals("+OK\r\n", harness.call("client", "setinfo", "LIB-NAME", "jedis"));
        assertEquals("-ERR lib-ver cannot contain spaces, newlines or special characters.\r\n",
                harness.call("client", "setinfo", "lib-ver", "a b"));
        assertEquals("-ERR Unrecognized option 'foo'\r\n", harness.call("client", "setinfo", "foo", "1"));
        assertEquals("-ERR unknown subcommand 'lost'. Try CLIENT HELP.\r\n", harness.call("client", "lost"));
        String info = harness.call("client", "info");
        assertTrue(info.contains("id=5 addr=127.0.0.1:1234 ") && info.contains(" resp=2 lib-name=jedis lib-ver=\n"), info);
    }

    @Test
    void stopsAtTheReplyLimit() {
        harness.server.data.put("k", "v".repeat(60_000));
        ReplyWriter small = new ReplyWriter(2, 100_000);
        List<byte[]> mget = List.of("mget", "k", "k").stream().map(word -> word.getBytes(ISO_8859_1)).toList();
        ColdCommands commands = new ColdCommands(harness.server, harness.server);
        assertThrows(ReplyWriter.ReplyTooLargeException.class, () -> commands.execute(harness.session, mget, small));
    }
}
