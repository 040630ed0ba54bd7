package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server tells about itself. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DiagnosticsIT {
    @Test
    void keepsSlowCommands() throws Exception {
        try (TestServer server = TestServer.start("enable-debug-command", "local", "slowlog-log-slower-than", "200000", "latency-monitor-threshold", "200");
                RespClient client = server.connect()) {
            client.call("SLOWLOG", "RESET");
            client.call("LATENCY", "RESET");
            assertEquals("+OK\r\n", client.call("DEBUG", "SLEEP", "0.25"));
            String entry = client.call("SLOWLOG", "GET");
            assertTrue(entry.contains("*3\r\n$5\r\nDEBUG\r\n$5\r\nSLEEP\r\n$4\r\n0.25\r\n"), entry);
            assertTrue(client.call("LATENCY", "LATEST").contains("$7\r\ncommand\r\n"));
            client.call("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "2");
            client.call("CONFIG", "SET", "requirepass", "");
            client.call("ECHO", "x".repeat(200));
            client.call("CLIENT", "GETNAME");
            client.call("CONFIG", "SET", "requirepass", "secret");
            client.call("AUTH", "secret");
            client.call("CONFIG", "SET", "slowlog-log-slower-than", "-1", "requirepass", "");
            assertEquals(":2\r\n", client.call("SLOWLOG", "LEN"));
            String entries = client.call("SLOWLOG", "GET", "-1");
            assertTrue(entries.contains("$11\r\nrequirepass\r\n$10\r\n(redacted)\r\n") && entries.contains("$4\r\nAUTH\r\n$10\r\n(redacted)\r\n") && !entries.contains("secret"), entries);
        }
    }

    @Test
    void debugIsForThoseWhoMay() throws Exception {
        try (TestServer server = TestServer.start(); RespClient client = server.connect()) {
            assertTrue(client.call("DEBUG", "SLEEP", "0").startsWith("-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\""));
            assertTrue(client.call("CONFIG", "SET", "enable-debug-command", "yes").contains("can't set immutable config"));
        }
    }

    /** The record's size class and the share of the buckets. */
    @Test
    void tellsAKeysMemory() throws Exception {
        try (TestServer server = TestServer.start(); RespClient client = server.connect()) {
            client.call("SET", "k", "v");
            long small = Long.parseLong(client.call("MEMORY", "USAGE", "k").substring(1).strip());
            client.call("SET", "k", "v".repeat(1000));
            long large = Long.parseLong(client.call("MEMORY", "USAGE", "k", "SAMPLES", "5").substring(1).strip());
            assertEquals(1088 - 48, large - small, "classes of 48 and 1088 bytes");
            assertEquals("$-1\r\n", client.call("MEMORY", "USAGE", "none"));
            client.call("MULTI");
            client.call("MEMORY", "USAGE", "k");
            assertEquals("*1\r\n:" + large + "\r\n", client.call("EXEC"));
        }
    }

    @Test
    void countsWhatJavaExecutes() throws Exception {
        try (TestServer server = TestServer.start(); RespClient client = server.connect()) {
            client.call("CLIENT", "GETNAME");
            client.call("CLIENT", "GETNAME", "x");
            client.call("CLIENT", "UNBLOCK", "x");
            String statistics = client.call("INFO", "commandstats");
            assertTrue(statistics.contains("cmdstat_client|getname:calls=1,usec="), statistics);
            assertTrue(statistics.contains(",rejected_calls=1,failed_calls=0") && statistics.contains(",rejected_calls=0,failed_calls=1"), statistics);
            assertTrue(client.call("INFO").contains("errorstat_ERR:count=2\r\n"));
            assertFalse(client.call("INFO").contains("cmdstat_"));
            client.call("CONFIG", "RESETSTAT");
            assertFalse(client.call("INFO", "everything").contains("errorstat_ERR"));
        }
    }
}
