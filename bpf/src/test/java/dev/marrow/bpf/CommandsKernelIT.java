package dev.marrow.bpf;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The commands as the kernel executes them, reply by reply. */
class CommandsKernelIT {
    private static TestStore store;

    @BeforeAll
    static void open() {
        store = TestStore.small();
    }

    @AfterAll
    static void close() {
        store.close();
    }

    private static void answers(String reply, String... command) {
        assertEquals(reply, store.call(command), () -> String.join(" ", command));
    }

    @Test
    void readsWhatWasWritten() {
        answers("$-1\r\n", "GET", "basic");
        answers("+OK\r\n", "set", "basic", "value");
        answers("$5\r\nvalue\r\n", "gEt", "basic");
        answers(":5\r\n", "STRLEN", "basic");
        answers(":1\r\n", "EXISTS", "basic");
        answers("+OK\r\n", "SET", "basic", "");
        answers("$0\r\n\r\n", "GET", "basic");
        answers(":1\r\n", "DEL", "basic");
        answers(":0\r\n", "DEL", "basic");
        answers("$-1\r\n", "GET", "basic");
        assertEquals("_\r\n", store.run(0, TestStore.command("GET", "basic"), Abi.REQUEST_RESP3));
    }

    @Test
    void setHonoursItsOptions() {
        store.store.control().clockFixedMillis(1_000_000);
        try {
            setsWithOptions();
        } finally {
            store.store.control().clockFixedMillis(0);
        }
    }

    private static void setsWithOptions() {
        answers("$-1\r\n", "SET", "options", "a", "XX");
        answers("+OK\r\n", "SET", "options", "a", "NX");
        answers("$-1\r\n", "SET", "options", "b", "NX");
        answers("$1\r\na\r\n", "SET", "options", "b", "GET");
        answers("$1\r\nb\r\n", "SET", "options", "c", "XX", "GET", "EX", "100");
        answers(":100\r\n", "TTL", "options");
        answers("+OK\r\n", "SET", "options", "d", "KEEPTTL");
        answers(":100\r\n", "TTL", "options");
        answers("+OK\r\n", "SET", "options", "d");
        answers(":-1\r\n", "TTL", "options");
        answers("$1\r\nd\r\n", "GETSET", "options", "e");
        answers("$1\r\ne\r\n", "GETDEL", "options");
        answers(":-2\r\n", "PTTL", "options");
        answers(":1\r\n", "SETNX", "options", "f");
        answers(":0\r\n", "SETNX", "options", "g");
        answers("-ERR syntax error\r\n", "SET", "options", "x", "NX", "XX");
        answers("-ERR syntax error\r\n", "SET", "options", "x", "EX");
        answers("-ERR syntax error\r\n", "SET", "options", "x", "EX", "1", "PX", "1");
        answers("-ERR syntax error\r\n", "SET", "options", "x", "KEEPTTL", "EX", "1");
        answers("-ERR value is not an integer or out of range\r\n", "SET", "options", "x", "EX", "one");
        answers("-ERR invalid expire time in 'set' command\r\n", "SET", "options", "x", "EX", "0");
        answers("-ERR invalid expire time in 'setex' command\r\n", "SETEX", "options", "-1", "x");
        answers("-ERR invalid expire time in 'psetex' command\r\n", "PSETEX", "options", "9223372036854775807", "x");
    }

    @Test
    void countsExactly() {
        answers(":1\r\n", "INCR", "count");
        answers(":-9\r\n", "DECRBY", "count", "10");
        answers(":-10\r\n", "DECR", "count");
        answers(":9223372036854775797\r\n", "INCRBY", "count", "9223372036854775807");
        answers("-ERR increment or decrement would overflow\r\n", "INCRBY", "count", "11");
        answers(":9223372036854775807\r\n", "INCRBY", "count", "10");
        answers("$19\r\n9223372036854775807\r\n", "GET", "count");
        answers("-ERR decrement would overflow\r\n", "DECRBY", "count", "-9223372036854775808");
        answers("+OK\r\n", "SET", "count", "-9223372036854775808");
        answers("-ERR increment or decrement would overflow\r\n", "DECR", "count");
        for (String bad : new String[] {"", " 1", "01", "+1", "-0", "1 ", "9223372036854775808", "x"}) {
            answers("+OK\r\n", "SET", "count", bad);
            answers("-ERR value is not an integer or out of range\r\n", "INCR", "count");
        }
        answers("-ERR value is not an integer or out of range\r\n", "INCRBY", "count", "1.5");
    }

    @Test
    void appendsUpToTheLimit() {
        answers(":3\r\n", "APPEND", "grow", "abc");
        answers(":6\r\n", "APPEND", "grow", "def");
        answers("$6\r\nabcdef\r\n", "GET", "grow");
        answers(":65536\r\n", "APPEND", "grow", "x".repeat(65530));
        assertEquals("status=" + Abi.STATUS_COLD + " offset=0",
                assertThrows(IllegalStateException.class, () -> store.call("APPEND", "grow", "y")).getMessage(), "longer values are left to Java");
        answers(":65536\r\n", "STRLEN", "grow");
        answers("$65536\r\nabcdef" + "x".repeat(65530) + "\r\n", "GET", "grow");
    }

    @Test
    void expiresByTheClock() {
        store.store.control().clockFixedMillis(1_000_000);
        try {
            answers("+OK\r\n", "SET", "mortal", "v", "PX", "1000");
            answers(":1000\r\n", "PTTL", "mortal");
            answers(":1\r\n", "TTL", "mortal");
            answers(":1\r\n", "PERSIST", "mortal");
            answers(":0\r\n", "PERSIST", "mortal");
            answers(":1\r\n", "EXPIRE", "mortal", "10");
            answers(":0\r\n", "EXPIRE", "mortal", "10", "NX");
            answers(":0\r\n", "EXPIRE", "mortal", "5", "GT");
            answers(":1\r\n", "PEXPIREAT", "mortal", "1000500", "LT");
            store.store.control().clockFixedMillis(1_000_500);
            answers("$1\r\nv\r\n", "GET", "mortal");
            store.store.control().clockFixedMillis(1_000_501);
            answers("$-1\r\n", "GET", "mortal");
            answers(":0\r\n", "EXISTS", "mortal");
            answers(":0\r\n", "DEL", "mortal");
            answers(":1\r\n", "SETNX", "mortal", "again");
            answers(":-1\r\n", "TTL", "mortal");
            answers(":1\r\n", "EXPIREAT", "mortal", "1");
            answers("$-1\r\n", "GET", "mortal");
            answers("-ERR Unsupported option FOO\r\n", "EXPIRE", "mortal", "1", "FOO");
            answers("-ERR invalid expire time in 'expire' command\r\n", "EXPIRE", "mortal", "9223372036854775807");
        } finally {
            store.store.control().clockFixedMillis(0);
        }
    }

    @Test
    void namesWrongArityAndKeyLimits() {
        answers("-ERR wrong number of arguments for 'get' command\r\n", "GET");
        answers("-ERR wrong number of arguments for 'get' command\r\n", "GET", "a", "b");
        answers("-ERR wrong number of arguments for 'pexpireat' command\r\n", "PEXPIREAT", "a");
        answers("-ERR key is 0 bytes; keys are 1 to 512 bytes\r\n", "GET", "");
        answers("-ERR key is 513 bytes; keys are 1 to 512 bytes\r\n", "GET", "k".repeat(513));
        answers("+OK\r\n", "SET", "k".repeat(512), "long");
        answers("$4\r\nlong\r\n", "GET", "k".repeat(512));
        answers("$-1\r\n", "GET", "k".repeat(511));
        answers("+PONG\r\n", "PING");
        answers("$2\r\nhi\r\n", "PING", "hi");
        answers("$2\r\nhi\r\n", "ECHO", "hi");
    }

    @Test
    void servesAPipelineInOrderAndLeavesWhatIsIncomplete() {
        String first = TestStore.command("SET", "pipe", "1") + TestStore.command("INCR", "pipe");
        String second = TestStore.command("GET", "pipe");
        for (int cut = 0; cut < second.length(); cut++) {
            assertEquals("+OK\r\n:2\r\n", store.run(first + second.substring(0, cut)));
        }
        assertEquals("+OK\r\n:2\r\n$1\r\n2\r\n", store.run(first + second));
    }

    @Test
    void holdsTenThousandKeysAndLosesNone() {
        StringBuilder batch = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            batch.append(TestStore.command("SET", "many:" + i, "value" + i));
            if (batch.length() > 200_000) {
                store.run(batch.toString());
                batch.setLength(0);
            }
        }
        store.run(batch.toString());
        for (int i = 0; i < 10_000; i++) {
            String value = "value" + i;
            answers("$" + value.length() + "\r\n" + value + "\r\n", "GET", "many:" + i);
        }
        assertTrue(store.store.counters().keys() >= 10_000);
        for (int i = 0; i < 10_000; i++) {
            answers(":1\r\n", "DEL", "many:" + i);
            answers("$-1\r\n", "GET", "many:" + i);
        }
    }

    /** A reply that begins near the end of the output area goes out whole, and touches nobody else's. */
    @Test
    void repliesDoNotWrapAroundTheOutputArea() {
        fillTheOutputArea(store);
    }

    @Test
    void withoutTheMarginRepliesWrapAndItIsNoticed() {
        try (TestStore broken = new TestStore("/mutants/NO_OUT_MARGIN.bpf.o", new StoreGeometry(1000, 64 << 20, 1 << 20), 1)) {
            assertThrows(AssertionError.class, () -> fillTheOutputArea(broken));
        }
    }

    private static void fillTheOutputArea(TestStore store) {
        String big = "B".repeat(Abi.VALUE_BYTES_MAX);
        store.call("SET", "wrap:big", big);
        String bigReply = "$" + big.length() + "\r\n" + big + "\r\n";
        String value = "v".repeat(1400);
        store.call("SET", "wrap:value", value);
        for (int before = 700; before >= 0; before -= 1) {
            int rest = Abi.OUT_BYTES - before - 3 * bigReply.length();
            String filler = "f".repeat(rest - "$65536\r\n\r\n".length());
            store.call("SET", "wrap:filler", filler);
            String commands = TestStore.command("GET", "wrap:big").repeat(3) + TestStore.command("GET", "wrap:filler");
            String expected = bigReply.repeat(3) + "$" + filler.length() + "\r\n" + filler + "\r\n";
            switch (before % 3) {
                case 0 -> {
                    commands += TestStore.command("GET", "wrap:value");
                    expected += "$1400\r\n" + value + "\r\n";
                }
                case 1 -> {
                    commands += TestStore.command("ECHO", value);
                    expected += "$1400\r\n" + value + "\r\n";
                }
                default -> {
                    commands += TestStore.command("GET", "k".repeat(600)) + TestStore.command("EXPIRE", "k", "1", "x".repeat(120));
                    expected += "-ERR key is 600 bytes; keys are 1 to 512 bytes\r\n-ERR Unsupported option " + "x".repeat(120) + "\r\n";
                }
            }
            String replies = store.run(commands);
            if (!replies.equals(expected)) {
                int at = 0;
                while (at < Math.min(replies.length(), expected.length()) && replies.charAt(at) == expected.charAt(at)) {
                    at++;
                }
                throw new AssertionError("before=" + before + " differs at " + at + " of " + expected.length() + ": "
                        + replies.substring(at, Math.min(replies.length(), at + 40)));
            }
        }
    }
}
