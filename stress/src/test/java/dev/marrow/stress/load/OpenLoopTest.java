package dev.marrow.stress.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.load.OperationSource.ValueSize;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** A server that stalls is charged for everybody who would have come meanwhile. */
class OpenLoopTest {
    private static final long SECOND = 1_000_000_000L;
    private static final double RATE = 1_000;
    private static final int SECONDS = 10;
    private static final long SERVICE_NANOS = 10_000;

    private final Troubles troubles = new Troubles(false);

    private Histogram run(FakeServer server, int pipeline, boolean open) {
        Mix mix = Mix.parse("get=1");
        Meter meter = new Meter(mix.kinds());
        long start = server.nanos();
        long end = start + SECONDS * SECOND;
        Records records = new Records(10);
        Pace pace = open ? new Pace.Open(start, end, RATE, 0, 1) : new Pace.Closed(start, end);
        Session session = new Session(new Session.Terms(pipeline, pipeline * RequestEncoder.operationBytesMax(mix, 1), 0, start, Rmw.IFEQ, true, 10),
                OperationSource.mixed(mix, KeyChooser.of(KeyChooser.Distribution.UNIFORM, records), records, new ValueSize(1, 1),
                new SplittableRandom(1)), pace, new Quota(Long.MAX_VALUE), meter, new Counts(), troubles);
        new BlockingDriver(session, server, server::connect, server, troubles).run();
        return meter.interval(OperationKind.GET);
    }

    private static FakeServer server(long serviceNanos) {
        return new FakeServer(serviceNanos, words -> "$1\r\na\r\n");
    }

    @Test
    void everyOperationHasItsTimeAndTakesAsLongAsItsService() {
        Histogram latencies = run(server(SERVICE_NANOS), 1, true);
        assertEquals(RATE * SECONDS, latencies.getTotalCount());
        assertEquals(SERVICE_NANOS, latencies.getMaxValue(), 32);
        assertEquals(0, troubles.unsent());
    }

    @Test
    void aStallShowsInTheLatenciesOfAllThatWereDueMeanwhile() {
        for (int pipeline : new int[] {1, 16}) {
            FakeServer server = server(SERVICE_NANOS);
            server.stall(server.nanos() + 3 * SECOND, 2 * SECOND);
            Histogram latencies = run(server, pipeline, true);
            assertEquals(RATE * SECONDS, latencies.getTotalCount());
            // a thousand were due in the first half of the stall and waited for a second or more
            long longer = latencies.getCountBetweenValues(SECOND, 3 * SECOND);
            assertTrue(longer > 950 && longer < 1_060, "waited for more than a second: " + longer);
            assertTrue(latencies.getValueAtPercentile(90) > SECOND);
        }
    }

    /** The control: a closed loop asks one question during the stall, and does not notice. */
    @Test
    void aClosedLoopHidesTheStall() {
        FakeServer server = server(SERVICE_NANOS);
        server.stall(server.nanos() + 3 * SECOND, 2 * SECOND);
        Histogram latencies = run(server, 1, false);
        assertEquals(1, latencies.getCountBetweenValues(SECOND, 3 * SECOND));
        assertTrue(latencies.getValueAtPercentile(99.9) < SECOND / 1_000);
    }

    @Test
    void whatWasNeverSentIsCounted() {
        // half as fast as the timetable wants
        Histogram latencies = run(server(2_000_000), 1, true);
        assertEquals(RATE * SECONDS, latencies.getTotalCount() + troubles.unsent());
        assertTrue(Math.abs(troubles.unsent() - RATE * SECONDS / 2) < 10, "unsent " + troubles.unsent());
        assertTrue(latencies.getMaxValue() > 4 * SECOND);
    }

    @Test
    void connectionsShareTheTimetable() {
        long[] times = new long[8];
        for (int connection = 0; connection < 4; connection++) {
            Pace pace = new Pace.Open(0, SECOND, 1_000, connection, 4);
            for (int i = 0; i < 2; i++) {
                times[4 * i + connection] = pace.begin(0);
            }
        }
        for (int i = 0; i < times.length; i++) {
            assertEquals(i * 1_000_000L, times[i]);
        }
    }
}
