package dev.marrow.stress.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.load.KeyChooser.Distribution;
import dev.marrow.stress.load.OperationSource.ValueSize;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every reply is judged, and nothing that goes wrong is passed over. */
class SessionTest {
    private static final int OPERATIONS = 200;
    private static final int RECORDS = 10;

    private final Troubles troubles = new Troubles(false);
    private final Counts counts = new Counts();

    private FakeServer run(String mix, Rmw rmw, boolean complete, int pipeline, Function<List<String>, String> replies) {
        FakeServer server = new FakeServer(1_000, replies);
        Mix parsed = Mix.parse(mix);
        Records records = new Records(RECORDS);
        Meter meter = new Meter(parsed.kinds());
        Session session = new Session(new Session.Terms(pipeline, pipeline * RequestEncoder.operationBytesMax(parsed, 20), 20, 0, rmw, complete,
                RECORDS), OperationSource.mixed(parsed, KeyChooser.of(Distribution.UNIFORM, records), records, new ValueSize(3, 20),
                new SplittableRandom(1)),
                new Pace.Closed(0, Pace.NEVER), new Quota(OPERATIONS), meter, counts, troubles);
        new BlockingDriver(session, server, server::connect, server, troubles).run();
        recorded = parsed.kinds().stream().mapToLong(kind -> meter.interval(kind).getTotalCount()).sum();
        return server;
    }

    private long recorded;

    /** A small Redis. */
    private static Function<List<String>, String> store(Map<String, String> values) {
        for (int i = 0; i < RECORDS; i++) {
            values.put(String.format("key:%012d", i), "old" + i);
        }
        return words -> switch (words.getFirst()) {
            case "GET" -> bulk(values.get(words.get(1)));
            case "SET" -> {
                boolean holds = words.size() == 3 || words.get(3).equals("IFEQ") && words.get(4).equals(values.get(words.get(1)))
                        || words.get(3).equals("NX") && !values.containsKey(words.get(1));
                if (holds) {
                    values.put(words.get(1), words.get(2));
                }
                yield holds ? "+OK\r\n" : "$-1\r\n";
            }
            case "INCR" -> ":" + values.merge(words.get(1), "1", (a, b) -> Integer.toString(Integer.parseInt(a) + 1)) + "\r\n";
            case "DEL" -> values.remove(words.get(1)) == null ? ":0\r\n" : ":1\r\n";
            case "MGET" -> "*" + (words.size() - 1) + "\r\n" + String.join("", words.subList(1, words.size()).stream().map(values::get)
                    .map(SessionTest::bulk).toList());
            case "WATCH", "MULTI" -> "+OK\r\n";
            case "EXEC" -> "*1\r\n+OK\r\n";
            default -> "-ERR unknown command\r\n";
        };
    }

    private static String bulk(String value) {
        return value == null ? "$-1\r\n" : "$" + value.length() + "\r\n" + value + "\r\n";
    }

    @Test
    void everyKindIsAnsweredRight() {
        FakeServer server = run("get=1,set=1,insert=1,scan=1,incr=1,del=1", Rmw.IFEQ, false, 7, store(new HashMap<>()));
        assertEquals(List.of(), troubles.texts());
        assertEquals(OPERATIONS, recorded);
        assertEquals(OPERATIONS, server.requests.size());
        for (String command : List.of("GET", "SET", "MGET", "INCR", "DEL")) {
            assertTrue(server.requests.stream().anyMatch(words -> words.getFirst().equals(command)), command);
        }
        assertTrue(server.requests.stream().filter(words -> words.getFirst().equals("INCR")).allMatch(words -> words.get(1).startsWith("cnt:")));
    }

    @Test
    void readModifyWriteComparesWhatItRead() {
        Map<String, String> values = new HashMap<>();
        FakeServer server = run("rmw=1", Rmw.IFEQ, true, 1, store(values));
        assertEquals(List.of(), troubles.texts());
        assertEquals(OPERATIONS, recorded);
        assertEquals(0, counts.conflicts());
        assertTrue(server.requests.stream().anyMatch(words -> words.size() == 5 && words.get(4).equals("old3")));
        assertTrue(values.values().stream().noneMatch(value -> value.startsWith("old")), "something was not written");
    }

    @Test
    void aForestalledWriteIsCountedAndNoError() {
        Function<List<String>, String> right = store(new HashMap<>());
        run("rmw=1", Rmw.IFEQ, true, 1, words -> words.contains("IFEQ") ? "$-1\r\n" : right.apply(words));
        assertEquals(0, troubles.all());
        assertEquals(OPERATIONS, counts.conflicts());
    }

    @Test
    void readModifyWriteWatches() {
        Function<List<String>, String> right = store(new HashMap<>());
        boolean[] queued = {false};
        FakeServer server = run("rmw=1", Rmw.WATCH, true, 1, words -> {
            queued[0] = words.getFirst().equals("MULTI") || queued[0] && !words.getFirst().equals("EXEC");
            return queued[0] && words.getFirst().equals("SET") ? "+QUEUED\r\n" : right.apply(words);
        });
        assertEquals(List.of(), troubles.texts());
        assertEquals(OPERATIONS, recorded);
        assertEquals(List.of("WATCH", "GET", "MULTI", "SET", "EXEC"), server.requests.subList(0, 5).stream().map(List::getFirst).toList());
    }

    @ParameterizedTest
    @CsvSource({"get,+OK", "get,:1", "get,*0", "set,+QUEUED", "set,$-1", "insert,:1", "scan,$-1", "scan,*1000", "incr,:0", "incr,+OK", "del,:2",
            "incr,bulk", "set,bulk", "del,bulk",
            "get,-ERR no", "set,-ERR no",
        "scan,-ERR no", "incr,-ERR no", "del,-ERR no", "rmw,-ERR no", "rmw,*0"})
    void aReplyOfAnotherTypeIsAnError(String kind, String reply) {
        String whole = reply.equals("bulk") ? "$1\r\n1\r\n" : reply.equals("*1000") ? "*1000\r\n" + "$-1\r\n".repeat(1_000) : reply + "\r\n";
        run(kind + "=1", Rmw.IFEQ, false, 1, words -> whole);
        assertEquals(OPERATIONS, troubles.errors(OperationKind.of(kind).orElseThrow()));
        assertEquals(0, recorded);
        assertTrue(troubles.texts().getFirst().contains("record"), troubles.texts().toString());
        assertEquals(Troubles.TEXTS_MAX + 1, troubles.texts().size());
    }

    @Test
    void arrayWithAnErrorInsideIsAnError() {
        run("scan=1", Rmw.IFEQ, false, 1, words -> "*" + (words.size() - 1) + "\r\n" + "-ERR inside\r\n".repeat(words.size() - 1));
        assertEquals(OPERATIONS, troubles.all());
        assertTrue(troubles.texts().getFirst().contains("ERR inside"), troubles.texts().toString());
    }

    @Test
    void aRecordThatMustBeThereIsMissed() {
        run("get=1,scan=1", Rmw.IFEQ, true, 1, words -> words.getFirst().equals("GET") ? "$-1\r\n" : "*" + (words.size() - 1) + "\r\n"
                + "$-1\r\n".repeat(words.size() - 1));
        assertEquals(OPERATIONS, troubles.all());
    }

    @Test
    void aRecordThatMayBeAbsentIsCounted() {
        run("get=1", Rmw.IFEQ, false, 1, words -> "$-1\r\n");
        assertEquals(0, troubles.all());
        assertEquals(OPERATIONS, counts.misses());
    }

    @Test
    void aLostConnectionIsReportedWithWhatWasUnderWay() {
        Function<List<String>, String> right = store(new HashMap<>());
        int[] asked = {0};
        run("get=1", Rmw.IFEQ, true, 4, words -> ++asked[0] == 10 ? "" : right.apply(words));
        assertEquals(1, troubles.lostConnections());
        assertEquals(3, troubles.unanswered());
        assertEquals(OPERATIONS - 3, recorded);
        assertTrue(troubles.texts().getFirst().contains("3 requests unanswered"), troubles.texts().toString());
    }

    @Test
    void aConnectionThatIsEndedOnPurposeIsCountedAndNoError() {
        Troubles expecting = new Troubles(true);
        expecting.lost(3, "killed");
        assertEquals(List.of(), expecting.texts());
        assertEquals(0, expecting.all());
        assertEquals(1, expecting.lostConnections());
        assertEquals(3, expecting.unanswered());
        expecting.givenUp("it never came back");
        assertEquals(1, expecting.all());
        assertEquals(1, expecting.texts().size());
    }

    @Test
    void whatAFailedLogRefusesIsNoErrorWhereServersEndOnPurpose() {
        String refused = "SET record 7 answered -ERR the log did not take the write in time (--stall-timeout); nothing was changed";
        Troubles expecting = new Troubles(true);
        expecting.wrong(OperationKind.SET, refused);
        assertEquals(0, expecting.all());
        assertEquals(List.of(), expecting.texts());
        expecting.wrong(OperationKind.SET, "SET record 7 answered -ERR nothing was changed");
        assertEquals(1, expecting.all());
        troubles.wrong(OperationKind.SET, refused);
        assertEquals(1, troubles.all());
    }

    @Test
    void aReplyThatNobodyAskedForIsNoReply() {
        int[] asked = {0};
        run("get=1", Rmw.IFEQ, true, 1, words -> ++asked[0] == 10 ? "$1\r\na\r\n$1\r\nb\r\n" : "$1\r\na\r\n");
        assertEquals(1, troubles.lostConnections());
        assertTrue(troubles.texts().getFirst().contains("nobody asked"), troubles.texts().toString());
    }
}
