package dev.marrow.bpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** MGET in the kernel, and what of it is left to Java. That it reads one moment: {@link TransactionRacesKernelIT}. */
class MgetKernelIT {
    private final Map<String, String> values = new TreeMap<>();
    private TestStore store;

    @BeforeEach
    void open() {
        store = TestStore.small();
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void set(String key, String value) {
        assertEquals("+OK\r\n", store.call("SET", key, value));
        values.put(key, value);
    }

    private static String mget(List<String> keys) {
        List<String> words = new ArrayList<>(keys);
        words.addFirst("mGet");
        return TestStore.command(words.toArray(String[]::new));
    }

    private String reply(List<String> keys, String nil) {
        StringBuilder text = new StringBuilder("*" + keys.size() + "\r\n");
        keys.forEach(key -> text.append(values.containsKey(key) ? "$" + values.get(key).length() + "\r\n" + values.get(key) + "\r\n" : nil));
        return text.toString();
    }

    private void answers(List<String> keys) {
        assertEquals(reply(keys, "$-1\r\n"), store.run(mget(keys)));
    }

    private void isJavas(String request, int offset) {
        assertEquals("status=" + Abi.STATUS_COLD + " offset=" + offset, assertThrows(IllegalStateException.class, () -> store.run(request)).getMessage());
    }

    /** Below, at and above what a command's arguments hold, and what is cut and read at a time. */
    @Test
    void anyNumberOfKeysIsAnsweredInOrder() {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < Abi.MGET_KEYS_MAX; i++) {
            String key = "k" + i + "x".repeat(i % 37 == 0 ? 500 : i % 80);
            if (i % 3 != 0) {
                set(key, "v" + "y".repeat(i % 5 == 0 ? 300 : i % 140));
            }
            keys.add(key);
            if (List.of(1, 2, 11, 12, 13, 15, 16, 17, 32, 100, Abi.MGET_KEYS_MAX).contains(keys.size())) {
                answers(keys);
                assertEquals(reply(keys, "_\r\n"), store.run(0, mget(keys), Abi.REQUEST_RESP3));
            }
        }
        answers(List.of(keys.get(1), keys.get(1), "absent", keys.get(1)));
        keys.add("one more");
        isJavas(mget(keys), 0);
    }

    @Test
    void aPipelineGoesOnBehindIt() {
        set("a", "1");
        set("b", "2");
        List<String> many = new ArrayList<>(List.of("a", "absent", "b"));
        many.addAll(many);
        many.addAll(many);
        many.addAll(many);
        String get = TestStore.command("GET", "b");
        for (List<String> keys : List.of(List.of("a", "b"), many)) {
            assertEquals("$1\r\n2\r\n" + reply(keys, "$-1\r\n").repeat(3) + "$1\r\n2\r\n", store.run(get + mget(keys).repeat(3) + get));
        }
    }

    /** Few keys are waited for here, as any command's arguments are; many by Java, which does not begin at the first one again. */
    @Test
    void whatIsNotWholeIsNotAnswered() {
        String get = TestStore.command("GET", "a");
        String few = mget(List.of("a", "b", "c"));
        for (int cut = 0; cut < few.length(); cut++) {
            assertEquals("$-1\r\n", store.run(get + few.substring(0, cut)));
        }
        String many = mget("abcdefghijklmnop".chars().mapToObj(Character::toString).toList());
        int name = "*17\r\n$4\r\nmGet\r\n".length();
        for (int cut = 0; cut < many.length(); cut++) {
            if (cut < name) {
                assertEquals("$-1\r\n", store.run(get + many.substring(0, cut)));
            } else {
                isJavas(get + many.substring(0, cut), get.length());
            }
        }
    }

    @Test
    void errorsAreRedissOrJavas() {
        assertEquals("-ERR wrong number of arguments for 'mget' command\r\n", store.run("*1\r\n$4\r\nmGet\r\n"));
        isJavas(mget(List.of("a", "")), 0);
        isJavas(mget(List.of("a", "k".repeat(513))), 0);
        isJavas("*14\r\n$4\r\nMGET\r\n" + "$1\r\na\r\n".repeat(12) + ":1\r\n", 0);
        isJavas("*14\r\n$3\r\nGET\r\n" + "$1\r\na\r\n".repeat(13), 0);
    }

    @Test
    void whatIsPastItsDeadlineOrFlushedIsNil() {
        store.store.control().clockFixedMillis(1_000_000);
        set("stays", "v");
        store.call("SET", "goes", "v", "PX", "1000");
        assertEquals("*2\r\n$1\r\nv\r\n$1\r\nv\r\n", store.run(mget(List.of("goes", "stays"))));
        store.store.control().clockFixedMillis(1_001_001);
        answers(List.of("goes", "stays"));
        List<String> many = new ArrayList<>(List.of("goes", "stays"));
        for (int i = 0; i < 30; i++) {
            set("k" + i, "v");
            many.add("k" + i);
        }
        store.store.slot(0).flush();
        values.clear();
        answers(many);
    }

    /** What does not fit with the replies before it comes in the next run; what does not fit at all is Java's. */
    @Test
    void moreThanTheOutputAreaHolds() {
        String value = "v".repeat(Abi.VALUE_BYTES_MAX);
        List<String> keys = List.of("a", "b", "c");
        keys.forEach(key -> set(key, value));
        assertEquals(reply(keys, "").repeat(5), store.run(mget(keys).repeat(5)));
        List<String> five = List.of("a", "b", "c", "a", "b");
        isJavas(mget(five), 0);
        String get = TestStore.command("GET", "a");
        isJavas(get + mget(five), get.length());
    }

    /** The reply depends on the newest of the records, and for a key that is absent on what removed it (I3). */
    @Test
    void theReplyWaitsForEverythingThatWasRead() {
        set("a", "1");
        set("b", "2");
        long b = waitPosition("GET", "b");
        assertEquals(b, waitPosition("MGET", "a", "b"));
        assertEquals(b, waitPosition("MGET", "b", "a"));
        store.call("DEL", "a");
        long removal = waitPosition("GET", "a");
        assertEquals(removal, waitPosition("MGET", "a", "b"));
        assertEquals(removal, waitPosition("MGET", "b", "a"));
        store.store.control().clockFixedMillis(1_000_000);
        store.call("SET", "goes", "v", "PX", "1");
        store.store.control().clockFixedMillis(1_000_002);
        long expired = waitPosition("GET", "goes");
        assertEquals(expired, waitPosition("MGET", "a", "goes", "b"));
        assertTrue(removal < expired, removal + " " + expired);
        store.store.slot(0).flush();
        long flushed = waitPosition("GET", "b");
        assertEquals(flushed, waitPosition("MGET", "goes", "b"));
        assertTrue(expired < flushed, expired + " " + flushed);
    }

    private long waitPosition(String... command) {
        store.call(command);
        return store.store.slot(0).waitPosition(0);
    }

    /** A stub stands for a large value. */
    @Test
    void largeValuesAreJavas() {
        Staging staging = store.store.staging();
        staging.clear();
        int index = staging.add("large".getBytes(), true);
        assertEquals(0, staging.stage(store.store.slot(0), false));
        staging.put(index, new Stub(1, 100_000), 0);
        assertEquals(0, staging.commit(store.store.slot(0)));
        set("a", "1");
        isJavas(mget(List.of("a", "large")), 0);
        answers(List.of("a"));
    }
}
