package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** MONITOR is shown everything, whichever door it would have come through. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MonitorIT {
    private static final int COMMANDS = 500;
    private static final int POLLS_MAX = 2_000;

    /** The line without its time. */
    private static String shown(RespClient monitor) throws IOException {
        String line = monitor.reply();
        assertTrue(line.matches("\\+\\d+\\.\\d{6} \\[0 127\\.0\\.0\\.1:\\d+\\] .*\r\n"), line);
        return line.substring(line.indexOf(']') + 2).strip();
    }

    @Test
    void showsWhatALocalClientDoes() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "event-loops", "2");
                RespClient client = server.connect(); RespClient monitor = server.connect()) {
            client.call("PING");
            client.call("SET", "before", "1");
            assertTrue(server.onHostCommands() > 0, "the client is served on the host");
            assertEquals("+OK\r\n", monitor.call("MONITOR"));
            for (int i = 0; i < COMMANDS; i++) {
                client.call("SET", "k" + i, "a\n\"\\\u0001");
            }
            for (int i = 0; i < COMMANDS; i++) {
                assertEquals("\"SET\" \"k" + i + "\" \"a\\n\\\"\\\\\\x01\"", shown(monitor));
            }
            client.call("AUTH", "secret");
            assertEquals("\"AUTH\" \"(redacted)\"", shown(monitor));
            client.call("HELLO", "2", "AUTH", "default", "secret", "SETNAME", "me");
            assertEquals("\"HELLO\" \"2\" \"AUTH\" \"(redacted)\" \"(redacted)\" \"SETNAME\" \"me\"", shown(monitor));
            client.call("CONFIG", "GET", "port");
            client.call("MULTI");
            client.call("INCR", "n");
            client.call("EXEC");
            assertEquals("\"MULTI\"", shown(monitor));
            assertEquals("\"INCR\" \"n\"", shown(monitor));
            assertEquals("\"EXEC\"", shown(monitor));
            assertEquals("+RESET\r\n", monitor.call("RESET"));
            long served = server.onHostCommands();
            server.vouchForLog();
            client.call("SET", "after", "1");
            client.call("SET", "after", "2");
            assertTrue(server.onHostCommands() > served, "the door is open again");
            assertEquals("+PONG\r\n", monitor.call("PING"));
        }
    }

    /** I10: a monitor that never reads is closed at the limit, and the others are not. */
    @Test
    void aMonitorThatNeverReadsIsClosed() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "client-output-buffer-limit", "1mb");
                RespClient client = server.connect(); RespClient monitor = new RespClient(server.port(), 4096)) {
            assertEquals("+OK\r\n", monitor.call("MONITOR"));
            String value = "v".repeat(10_000);
            int polls = 0;
            while (client.call("CLIENT", "LIST").contains(" flags=O ") && polls < POLLS_MAX) {
                for (int i = 0; i < 20; i++) {
                    assertEquals("+OK\r\n", client.call("SET", "k", value));
                }
                polls++;
            }
            assertTrue(polls < POLLS_MAX, "it is still there");
            long served = server.onHostCommands();
            server.vouchForLog();
            client.call("SET", "k", "1");
            client.call("SET", "k", "2");
            assertTrue(server.onHostCommands() > served, "the door is open again");
        }
    }
}
