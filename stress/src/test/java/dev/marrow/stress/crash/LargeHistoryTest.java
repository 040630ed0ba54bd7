package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Large values under several keys: whatever is torn, mixed, half moved or lost is found. */
class LargeHistoryTest {
    private static final int LENGTH_MAX = 131_073;
    private static final int CHANGES = 200;

    private final SplittableRandom random = new SplittableRandom(11);
    private final Findings findings = new Findings();
    private final LargeHistory large = new LargeHistory(1, LENGTH_MAX, findings);
    private final RightServer server = new RightServer();

    /** A few keys as Redis would keep them; times are all far ahead. */
    private static final class RightServer implements Caller {
        private final Map<String, RegisterState> states = new HashMap<>();

        @Override
        public Reply call(String... command) {
            String key = command[1];
            RegisterState state = states.getOrDefault(key, RegisterState.ABSENT);
            Optional<String> now = state.value();
            return switch (command[0]) {
                case "GET" -> new Reply.Bulk(now);
                case "PTTL" -> number(now.isEmpty() ? -2 : state.expireMillis() == 0 ? -1 : state.expireMillis() - System.currentTimeMillis());
                case "SET" -> becomes(key, command[2], command.length > 3 ? Long.parseLong(command[4]) : 0, new Reply.Status("OK"));
                case "GETSET" -> becomes(key, command[2], 0, new Reply.Bulk(now));
                case "APPEND" -> {
                    String whole = now.orElse("") + command[2];
                    yield becomes(key, whole, state.expireMillis(), number(whole.length()));
                }
                case "SETRANGE" -> {
                    StringBuilder whole = new StringBuilder(now.orElse(""));
                    int offset = Integer.parseInt(command[2]);
                    whole.append("\0".repeat(Math.max(0, offset + command[3].length() - whole.length())));
                    whole.replace(offset, offset + command[3].length(), command[3]);
                    yield becomes(key, whole.toString(), state.expireMillis(), number(whole.length()));
                }
                case "PEXPIREAT" -> now.isEmpty() ? number(0) : becomes(key, now.get(), Long.parseLong(command[2]), number(1));
                case "PERSIST" -> state.expireMillis() == 0 ? number(0) : becomes(key, now.orElseThrow(), 0, number(1));
                case "DEL" -> number(states.remove(key) == null ? 0 : 1);
                case "GETDEL" -> {
                    states.remove(key);
                    yield new Reply.Bulk(now);
                }
                case "RENAME" -> {
                    if (now.isEmpty()) {
                        yield new Reply.Failure("ERR no such key");
                    }
                    states.put(command[2], states.remove(key));
                    yield new Reply.Status("OK");
                }
                default -> throw new IllegalArgumentException(String.join(" ", command));
            };
        }

        private Reply becomes(String key, String value, long expireMillis, Reply reply) {
            states.put(key, new RegisterState(Optional.of(value), expireMillis));
            return reply;
        }

        private static Reply number(long value) {
            return new Reply.Number(value);
        }
    }

    private Operation execute() {
        Operation change = large.change(random);
        change.answered(server.call(change.command().toArray(String[]::new)));
        return change;
    }

    /** Executes until this command did something. */
    private List<String> executeUntil(String name) {
        while (true) {
            Map<String, RegisterState> before = Map.copyOf(server.states);
            Operation change = execute();
            if (change.command().get(0).equals(name) && !server.states.equals(before)) {
                return change.command();
            }
        }
    }

    private void assertClean() {
        assertTrue(findings.clean(), () -> findings.texts().toString());
    }

    @Test
    void acceptsWhatARightServerAnswersAndRecovers() throws IOException {
        for (int i = 0; i < CHANGES; i++) {
            execute();
            Operation read = large.read();
            read.answered(server.call(read.command().toArray(String[]::new)));
            if (i % 20 == 0) {
                large.recovered(server, Promise.ACKNOWLEDGED_AND_READ);
            }
        }
        assertClean();
        assertEquals(CHANGES, findings.large());
    }

    @Test
    void acceptsWhatWasInFlightAtTheCrash() throws IOException {
        execute();
        Operation inFlight = large.change(random);
        server.call(inFlight.command().toArray(String[]::new));
        large.change(random);
        large.recovered(server, Promise.ACKNOWLEDGED_AND_READ);
        assertClean();
    }

    @Test
    void findsEachLostChange() throws IOException {
        for (int i = 0; i < CHANGES; i++) {
            Map<String, RegisterState> before = Map.copyOf(server.states);
            execute();
            boolean changed = !server.states.equals(before);
            long lost = findings.lost();
            server.states.clear();
            server.states.putAll(before);
            large.recovered(server, Promise.ACKNOWLEDGED_AND_READ);
            assertTrue(!changed || findings.lost() > lost, "change " + i);
        }
        assertEquals(0, findings.wrong());
    }

    @Test
    void findsOneWrongCharacterWhereverItIs() {
        String key = executeUntil("SET").get(1);
        String value = server.states.get(key).value().orElseThrow();
        Operation read;
        do {
            read = large.read();
        } while (!read.command().get(1).equals(key));
        for (int at : List.of(0, value.length() / 2, value.length() - 1)) {
            long wrong = findings.wrong();
            read.answered(new Reply.Bulk(Optional.of(value.substring(0, at) + "?" + value.substring(at + 1))));
            assertEquals(wrong + 1, findings.wrong());
        }
    }

    @Test
    void findsHalfOfOneValueAndHalfOfAnother() throws IOException {
        String key = executeUntil("SET").get(1);
        String first = server.states.get(key).value().orElseThrow();
        String second = large.newValue(first.length());
        int half = first.length() / 2;
        server.call("SET", key, first.substring(0, half) + second.substring(half));
        large.recovered(server, Promise.SYNCED);
        assertEquals(1, findings.wrong());
    }

    @Test
    void findsAMoveThatHappenedToOneKeyOnly() throws IOException {
        List<String> move = executeUntil("RENAME");
        server.states.put(move.get(1), server.states.get(move.get(2)));
        large.recovered(server, Promise.SYNCED);
        assertEquals(1, findings.wrong());
    }

    @Test
    void everysecMayLoseWhatWaitAofDidNotCover() throws IOException {
        executeUntil("SET");
        execute().synced();
        Map<String, RegisterState> synced = Map.copyOf(server.states);
        executeUntil("SET");
        server.states.clear();
        server.states.putAll(synced);
        large.recovered(server, Promise.SYNCED);
        assertClean();
    }

    @Test
    void digestNamesThePartsThatAValueIsMadeOf() {
        String one = LargeText.of(0x1a, 64);
        String two = LargeText.of(0x2b, 64);
        assertTrue(LargeText.digest(one.substring(0, 32) + two.substring(32)).endsWith("[0:0000001a:0+2, 32:0000002b:2+2]"),
                () -> LargeText.digest(one.substring(0, 32) + two.substring(32)));
        assertNotEquals(LargeText.digest(one), LargeText.digest(two));
    }

    @Test
    void findsBytesThatNoKeyRefersTo() throws Exception {
        Map<String, Reply> replies = Map.of("STRLEN", new Reply.Number(70_000), "INFO", new Reply.Bulk(Optional.of("tier_two_used_bytes:70001\r\n")));
        assertTrue(TierTwoSpace.findOrphans(command -> replies.get(command[0]), List.of("k"), 2).isPresent());
        Map<String, Reply> right = Map.of("STRLEN", new Reply.Number(70_000), "INFO", new Reply.Bulk(Optional.of("tier_two_used_bytes:140000\r\n")));
        assertTrue(TierTwoSpace.findOrphans(command -> right.get(command[0]), List.of("k", "l"), 2).isEmpty());
    }
}
