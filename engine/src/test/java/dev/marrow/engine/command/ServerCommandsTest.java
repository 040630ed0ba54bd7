package dev.marrow.engine.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What CLIENT, MONITOR, DEBUG and LATENCY ask of the server, and what they answer. */
class ServerCommandsTest {
    private final CommandHarness harness = new CommandHarness();
    private final FakeClients clients = harness.server.clients;

    @Test
    void aPostponedCommandLeavesNothingBehind() {
        clients.postponesAll = true;
        assertEquals("", harness.call("mset", "a", "1"));
        assertEquals(1, harness.session.postponed.size());
        assertEquals(0, harness.server.data.size());
        assertEquals("-ERR wrong number of arguments for 'get' command\r\n", harness.call("get"), "what is refused need not wait");
    }

    @Test
    void pausesAsAsked() {
        harness.call("client", "pause", "5");
        harness.call("client", "pause", "6", "WRITE");
        harness.call("client", "pause", "7", "all");
        harness.call("client", "unpause");
        assertEquals(List.of("pause 5 all", "pause 6 write", "pause 7 all", "unpause"), clients.events);
    }

    @Test
    void killsNotItselfUnlessToldTo() {
        clients.sessions.add(harness.session);
        assertEquals(":0\r\n", harness.call("client", "kill", "laddr", "127.0.0.1:6379"));
        assertEquals(":1\r\n", harness.call("client", "kill", "laddr", "127.0.0.1:6379", "skipme", "no"));
        assertEquals("+OK\r\n", harness.call("client", "kill", "127.0.0.1:1234"));
        assertEquals(List.of("kill 5", "kill 5"), clients.events);
    }

    @Test
    void saysWhatStateAConnectionIsIn() {
        harness.call("client", "no-evict", "on");
        harness.call("multi");
        harness.call("ping");
        clients.sessions.add(harness.session);
        String line = ClientLine.of(harness.session);
        assertTrue(line.contains(" flags=xe ") && line.contains(" multi=1 ") && line.contains(" cmd=ping "), line);
        harness.call("reset");
        line = ClientLine.of(harness.session);
        assertTrue(line.contains(" flags=N ") && line.contains(" multi=-1 "), line);
    }

    @Test
    void showsNoSecretsAndNothingAdministrative() {
        clients.monitored = true;
        harness.call("auth", "default", "secret");
        harness.call("config", "set", "timeout", "1");
        harness.call("get");
        harness.call("mget", "a");
        assertEquals(List.of("90.000000 [0 127.0.0.1:1234] \"auth\" \"(redacted)\" \"(redacted)\"", "90.000000 [0 127.0.0.1:1234] \"mget\" \"a\""),
                clients.shown);
    }

    @Test
    void showsATransactionWhenItIsExecuted() {
        clients.monitored = true;
        harness.call("multi");
        harness.call("mset", "a", "1");
        harness.call("discard");
        harness.call("multi");
        harness.call("mset", "a", "2");
        harness.call("exec");
        assertEquals(List.of("\"multi\"", "\"discard\"", "\"multi\"", "\"mset\" \"a\" \"2\"", "\"exec\""),
                clients.shown.stream().map(line -> line.substring(line.indexOf(']') + 2)).toList());
    }

    @Test
    void saysThatThereIsNoPubSub() {
        assertEquals("-ERR SUBSCRIBE is not supported: Marrow has no pub/sub and no keyspace notifications\r\n", harness.call("subscribe", "a"));
        assertTrue(harness.call("command", "info", "subscribe").endsWith("$-1\r\n"));
        assertTrue(harness.call("client", "tracking", "on").startsWith("-ERR CLIENT TRACKING is not supported"));
    }

    @Test
    void debugsWhereItIsAllowed() throws Exception {
        assertTrue(harness.call("debug", "sleep", "1").startsWith("-ERR DEBUG command not allowed."));
        harness.server.config = harness.server.config.with("enable-debug-command", "local");
        assertEquals("+OK\r\n", harness.call("debug", "sleep", "0.5"));
        assertEquals("+OK\r\n", harness.call("debug", "set-active-expire", "0"));
        assertEquals("-ERR unknown subcommand or wrong number of arguments for 'jmap'. Try DEBUG HELP.\r\n", harness.call("debug", "jmap"));
        assertEquals("-ERR value is not a valid float\r\n", harness.call("debug", "sleep", "x"));
        assertEquals(List.of("sleep 500000000", "expire false"), harness.server.events);
    }

    @Test
    void remembersTheLongestOfEachSecondWithinABound() {
        LatencyMonitor monitor = new LatencyMonitor();
        for (int second = 0; second < 500; second++) {
            monitor.add("command", second, 10);
            monitor.add("command", second, second == 499 ? 700 : 5);
        }
        LatencyMonitor.History history = monitor.history("command").orElseThrow();
        assertEquals(LatencyMonitor.SAMPLES_MAX, history.samples().size());
        assertEquals(new LatencyMonitor.Sample(499, 700), history.latest());
        assertEquals(700, history.millisMax());
        assertTrue(monitor.reset("command") && !monitor.reset("command"));
    }

    @Test
    void shortensWhatTheSlowLogKeeps() throws Exception {
        harness.server.config = harness.server.config.with("slowlog-log-slower-than", "0").with("slowlog-max-len", "1");
        String[] many = new String[40];
        java.util.Arrays.fill(many, "k");
        many[0] = "mget";
        many[1] = "x".repeat(130);
        harness.call(many);
        String log = harness.call("slowlog", "get");
        assertTrue(log.contains("... (2 more bytes)\r\n") && log.contains("... (9 more arguments)\r\n") && log.contains("*32\r\n"), log);
        assertEquals(":1\r\n", harness.call("slowlog", "len"));
    }
}
