package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The checkers accept what a right server does, and refuse each way in which a server can be wrong. */
class HistoryTest {
    private static final String KEY = "k";

    private final SplittableRandom random = new SplittableRandom(1);
    private final Findings findings = new Findings();
    private final CounterHistory counter = new CounterHistory(KEY, findings);
    private final AppendHistory appends = new AppendHistory(KEY, findings);
    private final OnceHistory once = new OnceHistory(KEY, findings);
    private final TransferHistory transfers = new TransferHistory(KEY, findings);
    private final TreeMap<String, String> content = new TreeMap<>();

    private static Reply number(long value) {
        return new Reply.Number(value);
    }

    private static Reply bulk(String value) {
        return new Reply.Bulk(Optional.of(value));
    }

    private static final Reply NIL = new Reply.Bulk(Optional.empty());

    /** A server that recovered {@link #content}, all without expiry. */
    private Caller recovered() {
        return command -> switch (command[0]) {
            case "GET" -> new Reply.Bulk(Optional.ofNullable(content.get(command[1])));
            case "MGET" -> new Reply.Bulks(Arrays.stream(command).skip(1).map(key -> Optional.ofNullable(content.get(key))).toList());
            case "PTTL" -> number(content.containsKey(command[1]) ? -1 : -2);
            default -> throw new IOException("not expected: " + List.of(command));
        };
    }

    private void recover(Subject subject, Promise promise, Map<String, String> state) throws IOException {
        content.clear();
        content.putAll(state);
        subject.recovered(recovered(), promise);
    }

    private void increment(long reply) {
        counter.change(random).answered(number(reply));
    }

    @Test
    void counterMayEndAnywhereBetweenAcknowledgedAndInFlight() throws IOException {
        increment(1);
        increment(2);
        counter.change(random);
        recover(counter, Promise.ACKNOWLEDGED_AND_READ, Map.of(KEY, "3"));
        assertTrue(findings.clean(), () -> findings.texts().toString());
    }

    @Test
    void lostIncrementIsFound() throws IOException {
        increment(1);
        increment(2);
        recover(counter, Promise.ACKNOWLEDGED_AND_READ, Map.of(KEY, "1"));
        assertEquals(1, findings.lost());
    }

    @Test
    void lostReadIsFound() throws IOException {
        counter.change(random);
        counter.read().answered(bulk("1"));
        recover(counter, Promise.ACKNOWLEDGED_AND_READ, Map.of());
        assertEquals(1, findings.lost());
    }

    @Test
    void incrementExecutedTwiceIsFound() throws IOException {
        increment(1);
        recover(counter, Promise.ACKNOWLEDGED_AND_READ, Map.of(KEY, "2"));
        assertEquals(1, findings.wrong());
    }

    @Test
    void replyGivenTwiceIsFound() {
        Operation first = counter.change(random);
        Operation second = counter.change(random);
        first.answered(number(1));
        second.answered(number(1));
        assertEquals(1, findings.wrong());
    }

    @Test
    void staleReadIsFound() {
        increment(1);
        increment(2);
        counter.read().answered(bulk("1"));
        assertEquals(1, findings.wrong());
    }

    @Test
    void everysecMayLoseWhatWaitAofDidNotCover() throws IOException {
        Operation first = counter.change(random);
        first.answered(number(1));
        first.synced();
        increment(2);
        recover(counter, Promise.SYNCED, Map.of(KEY, "1"));
        assertTrue(findings.clean(), () -> findings.texts().toString());
        increment(2);
        recover(counter, Promise.SYNCED, Map.of());
        assertEquals(1, findings.lost(), "what was recovered once is the new beginning");
    }

    private String appended(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            Operation append = appends.change(random);
            text.append(append.command().get(2));
            append.answered(number(text.length()));
        }
        return text.toString();
    }

    @Test
    void appendedTokensAreAllThereOnce() throws IOException {
        String text = appended(3);
        String inFlight = appends.change(random).command().get(2);
        recover(appends, Promise.ACKNOWLEDGED_AND_READ, Map.of(KEY + ".0", text + inFlight));
        assertTrue(findings.clean(), () -> findings.texts().toString());
    }

    @Test
    void lostSwappedDoubledAndForeignTokensAreFound() throws IOException {
        String text = appended(2);
        recover(appends, Promise.ACKNOWLEDGED_AND_READ, Map.of(KEY + ".0", text.substring(0, 8)));
        assertEquals(1, findings.lost());

        text = text.substring(0, 8);
        Operation one = appends.change(random);
        Operation two = appends.change(random);
        one.answered(number(16));
        two.answered(number(24));
        recover(appends, Promise.ACKNOWLEDGED_AND_READ, Map.of(KEY + ".0", text + two.command().get(2) + one.command().get(2)));
        assertEquals(3, findings.lost(), "two tokens are not where their replies said");

        assertEquals(0, findings.wrong());
        recover(appends, Promise.ACKNOWLEDGED_AND_READ, Map.of(KEY + ".0", content.get(KEY + ".0") + "strange;"));
        assertEquals(1, findings.wrong());
    }

    @Test
    void raceHasOneWinnerWhoStays() throws IOException {
        Operation first = once.change(random);
        Operation second = once.change(random);
        second.answered(number(1));
        first.answered(number(0));
        once.read().answered(bulk(second.command().get(2)));
        recover(once, Promise.ACKNOWLEDGED_AND_READ, Map.of(KEY + ".0", second.command().get(2)));
        assertTrue(findings.clean(), () -> findings.texts().toString());
        recover(once, Promise.ACKNOWLEDGED_AND_READ, Map.of());
        assertEquals(1, findings.lost());
    }

    @Test
    void secondWinnerOtherWinnerAndLostRaceAreFound() throws IOException {
        Operation first = once.change(random);
        Operation second = once.change(random);
        first.answered(number(1));
        second.answered(number(1));
        assertEquals(1, findings.wrong());
        once.read().answered(NIL);
        assertEquals(2, findings.wrong());
        recover(once, Promise.ACKNOWLEDGED_AND_READ, Map.of(KEY + ".0", second.command().get(2)));
        assertEquals(3, findings.wrong());

        once.change(random).answered(number(0));
        recover(once, Promise.ACKNOWLEDGED_AND_READ, Map.of(KEY + ".0", second.command().get(2)));
        assertEquals(1, findings.lost(), "who loses a race has read that the key exists");
    }

    private static Map<String, String> accounts(long first, long second, long count) {
        return Map.of(KEY + ".0", Long.toString(first), KEY + ".1", Long.toString(second), KEY + ".count", Long.toString(count));
    }

    private void transfer(long count) {
        transfers.change(random).answered(new Reply.Numbers(List.of(-5L, 5L, count)));
    }

    @Test
    void transfersMayEndAnywhereBetweenAcknowledgedAndInFlight() throws IOException {
        transfer(1);
        transfers.change(random);
        recover(transfers, Promise.ACKNOWLEDGED_AND_READ, accounts(-7, 7, 2));
        assertTrue(findings.clean(), () -> findings.texts().toString());
    }

    @Test
    void halfATransactionIsFound() throws IOException {
        transfer(1);
        transfers.read().answered(new Reply.Bulks(List.of(Optional.of("-5"), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of("1"))));
        assertEquals(1, findings.wrong(), "seen");
        recover(transfers, Promise.ACKNOWLEDGED_AND_READ, accounts(-5, 0, 1));
        assertEquals(2, findings.wrong(), "recovered");
    }

    @Test
    void lostTransferIsFound() throws IOException {
        transfer(1);
        transfer(2);
        recover(transfers, Promise.ACKNOWLEDGED_AND_READ, accounts(-5, 5, 1));
        assertEquals(1, findings.lost());
        transfer(5);
        assertEquals(1, findings.wrong(), "more than were sent");
    }
}
