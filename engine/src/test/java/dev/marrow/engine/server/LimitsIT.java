package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.StoreGeometry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How full table and memory get before a write is refused, that a refused write changes nothing, and that deleting makes room. */
@Timeout(value = 180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LimitsIT {
    private static final int CAPACITY = 60_000;
    /** Whole slabs: a budget is rounded down to them. A mix of large sizes needs a budget beside which one block a class is little. */
    private static final long SMALL_BUDGET_BYTES = 16 * StoreGeometry.SLAB_BYTES;
    private static final long TINY_BUDGET_BYTES = 4 * StoreGeometry.SLAB_BYTES;
    private static final long LARGE_BUDGET_BYTES = 64 * StoreGeometry.SLAB_BYTES;
    private static final int PIPELINE = 256;
    private static final double TABLE_SHARE_MIN = 0.90;
    private static final double MEMORY_SHARE_MIN = 0.85;
    private static final String TABLE_FULL = "-OOM the table is full (--capacity)\r\n";
    private static final String MEMORY_FULL = "-OOM the memory budget (--memory) is used up\r\n";

    enum Keys {
        SEQUENTIAL(i -> Integer.toString(i)),
        SAME_PREFIX(i -> "a/long/prefix/that/all/the/keys/have/in/common/".repeat(3) + i),
        SAME_LENGTH(i -> "%012d".formatted(i)),
        LITTLE_ENDIAN(i -> "" + (char) (i & 255) + (char) (i >> 8 & 255) + (char) (i >> 16 & 255) + "\0\0\0\0\0"),
        LONG_WITH_THE_DIFFERENCE_IN_THE_MIDDLE(i -> "x".repeat(100) + "%08d".formatted(i) + "x".repeat(100)),
        MULTIPLES_OF_A_POWER_OF_TWO(i -> Long.toString((long) i << 16)),
        RANDOM(i -> Long.toHexString(new Random(i).nextLong()));

        private final IntFunction<String> key;

        Keys(IntFunction<String> key) {
            this.key = key;
        }
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void tableTakesNineTenthsOfItsCapacity(Keys keys) throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "capacity", Integer.toString(CAPACITY), "memory", "128mb");
                RespClient client = server.connect()) {
            Filled filled = fill(client, 4 * CAPACITY, keys.key, i -> 8, TABLE_FULL);
            System.out.printf(Locale.ROOT, "table, keys %s: %.1f %% of capacity%n", keys, 100.0 * filled.keys.size() / CAPACITY);
            assertTrue(filled.keys.size() >= TABLE_SHARE_MIN * CAPACITY, filled.keys.size() + " of " + CAPACITY);
            assertRefusedWithoutChange(client, filled, TABLE_FULL);
            for (int i = 0; i < 2_000; i++) {
                assertEquals(":1\r\n", client.call("DEL", filled.keys.get(i)));
            }
            assertEquals("+OK\r\n", client.call("SET", filled.refused, "fits now"), "room after deletes");
        }
    }

    enum Sizes {
        OF_1(i -> 1, TINY_BUDGET_BYTES),
        SMALL(i -> 12, TINY_BUDGET_BYTES), OF_64(i -> 64, TINY_BUDGET_BYTES),
        ABOVE_A_CLASS(i -> 1088 - 32 - 12 + 1, SMALL_BUDGET_BYTES),
        AT_A_CLASS(i -> 1088 - 32 - 12, SMALL_BUDGET_BYTES), OF_4096(i -> 4096, SMALL_BUDGET_BYTES), OF_9000(i -> 9000, SMALL_BUDGET_BYTES),
        /** The widest step between two classes. */
        ABOVE_A_LARGE_CLASS(i -> 37776 - 32 - 12 + 1, SMALL_BUDGET_BYTES), LARGEST(i -> 65_536, SMALL_BUDGET_BYTES),
        UNIFORM_TO_1000(i -> new Random(i).nextInt(1000), 2 * SMALL_BUDGET_BYTES),
        UNIFORM_TO_65536(i -> new Random(i).nextInt(65_537), LARGE_BUDGET_BYTES),
        /** After churn the free records of small classes are of no use to large values: less than the first fill. */
        EACH_ORDER_OF_MAGNITUDE(i -> (int) Math.pow(2, new Random(i).nextDouble() * 16), LARGE_BUDGET_BYTES, 0.70),
        MOSTLY_SMALL_SOME_LARGE(i -> i % 50 == 0 ? 40_000 : 100, SMALL_BUDGET_BYTES);

        private final IntUnaryOperator size;
        private final long budgetBytes;
        /** After churn; the first fill always takes {@link #MEMORY_SHARE_MIN}. */
        private final double shareMin;

        Sizes(IntUnaryOperator size, long budgetBytes) {
            this(size, budgetBytes, MEMORY_SHARE_MIN);
        }

        Sizes(IntUnaryOperator size, long budgetBytes, double shareMin) {
            this.size = size;
            this.budgetBytes = budgetBytes;
            this.shareMin = shareMin;
        }
    }

    @ParameterizedTest
    @EnumSource(Sizes.class)
    void anyMixOfSizesFillsTheMemoryBudget(Sizes sizes) throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "capacity", "2000000", "memory", Long.toString(sizes.budgetBytes));
                RespClient client = server.connect()) {
            Filled filled = fill(client, Integer.MAX_VALUE, i -> "%012d".formatted(i), sizes.size, MEMORY_FULL);
            double first = (double) filled.bytes / sizes.budgetBytes;
            assertRefusedWithoutChange(client, filled, MEMORY_FULL);
            double churned = churn(client, filled, sizes);
            System.out.printf(Locale.ROOT, "memory, values %s: %.1f %% of the budget, %.1f %% after churn%n", sizes, 100 * first, 100 * churned);
            assertAll(
                    () -> assertTrue(first >= MEMORY_SHARE_MIN, "filled " + first),
                    () -> assertTrue(churned >= sizes.shareMin, "filled after churn " + churned));
        }
    }

    /** Deletes half of the keys, all over, fills up with the same mix; three times. The share of the budget at the end. */
    private static double churn(RespClient client, Filled filled, Sizes sizes) throws Exception {
        long bytes = filled.bytes;
        List<String> keys = new ArrayList<>(filled.keys);
        int next = filled.next;
        for (int round = 0; round < 3; round++) {
            List<String> left = new ArrayList<>();
            List<String> gone = new ArrayList<>();
            Random random = new Random(round);
            for (String key : keys) {
                (random.nextBoolean() ? left : gone).add(key);
            }
            for (String key : gone) {
                bytes -= recordBytes(key, sizes.size.applyAsInt(Integer.parseInt(key)));
            }
            delete(client, gone);
            int from = next;
            Filled more = fill(client, Integer.MAX_VALUE, i -> "%012d".formatted(from + i), i -> sizes.size.applyAsInt(from + i), MEMORY_FULL);
            next = from + more.next;
            bytes += more.bytes;
            left.addAll(more.keys);
            keys = left;
        }
        assertEquals(":" + keys.size() + "\r\n", client.call("DBSIZE"));
        return (double) bytes / sizes.budgetBytes;
    }

    private static void delete(RespClient client, List<String> keys) throws Exception {
        for (int from = 0; from < keys.size(); from += PIPELINE) {
            List<String> some = keys.subList(from, Math.min(keys.size(), from + PIPELINE));
            StringBuilder pipeline = new StringBuilder();
            some.forEach(key -> pipeline.append(RespClient.encode("DEL", key)));
            client.send(pipeline.toString());
            for (String reply : client.replies(some.size())) {
                assertEquals(":1\r\n", reply);
            }
        }
    }

    private static int recordBytes(String key, int valueLength) {
        return 32 + key.length() + valueLength;
    }

    private static final class Filled {
        final List<String> keys = new ArrayList<>();
        long bytes;
        /** The first key that was refused. */
        String refused = "";
        /** Number of the first key that was not tried. */
        int next;
    }

    /** Inserts until one is refused, in pipelines that end with the first refusal or soon after. */
    private static Filled fill(RespClient client, int most, IntFunction<String> keys, IntUnaryOperator sizes, String refusal) throws Exception {
        Filled filled = new Filled();
        while (filled.refused.isEmpty() && filled.next < most) {
            int from = filled.next;
            StringBuilder pipeline = new StringBuilder();
            while (filled.next < most && filled.next - from < PIPELINE && pipeline.length() < 1 << 17) {
                pipeline.append(RespClient.encode("SET", keys.apply(filled.next), "v".repeat(sizes.applyAsInt(filled.next))));
                filled.next++;
            }
            client.send(pipeline.toString());
            for (int i = from; i < filled.next; i++) {
                String key = keys.apply(i);
                String reply = client.reply();
                if (reply.equals("+OK\r\n")) {
                    filled.keys.add(key);
                    filled.bytes += recordBytes(key, sizes.applyAsInt(i));
                } else {
                    assertEquals(refusal, reply, "to key number " + i);
                    filled.refused = filled.refused.isEmpty() ? key : filled.refused;
                }
            }
        }
        assertTrue(!filled.refused.isEmpty(), "nothing was refused in " + filled.next + " inserts");
        return filled;
    }

    private static void assertRefusedWithoutChange(RespClient client, Filled filled, String refusal) throws Exception {
        String size = client.call("DBSIZE");
        assertEquals(":" + filled.keys.size() + "\r\n", size);
        String key = filled.refused;
        String value = "v".repeat(refusal.equals(MEMORY_FULL) ? 65_536 : 8);
        assertEquals(refusal, client.call("SET", key, value));
        assertEquals("$-1\r\n", client.call("GET", key));
        assertEquals(refusal, client.call("APPEND", key, value));
        assertEquals(":0\r\n", client.call("EXISTS", key));
        assertEquals(size, client.call("DBSIZE"));
        assertEquals(":1\r\n", client.call("EXISTS", filled.keys.getFirst()));
    }
}
