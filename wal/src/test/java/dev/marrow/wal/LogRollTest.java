package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static dev.marrow.wal.LogFixture.OPTIONS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where a checkpoint begins: a roll says where, or is cancelled, and never leaves somebody waiting. */
class LogRollTest {

    private static final long WAIT_SECONDS = 30;

    private final FaultStorage storage = new FaultStorage();
    private final MemoryRing ring = new MemoryRing();
    private LogDirectory directory;
    private LogWriter writer;
    private long version;

    @BeforeEach
    void open() throws IOException {
        directory = LogDirectory.open(DIR, storage);
        writer = LogFixture.writer(ring, directory, OPTIONS, new LogFixture.Listener());
    }

    @AfterEach
    void close() throws IOException {
        writer.close();
        directory.close();
    }

    private static LogPosition get(Future<LogPosition> roll) throws Exception {
        return roll.get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    private void write(int records) throws Exception {
        for (int i = 0; i < records; i++) {
            long end = ring.put(++version, "k", LogFixture.value(version));
            writer.wake();
            assertTrue(writer.awaitDurable(end, TimeUnit.SECONDS.toNanos(WAIT_SECONDS)));
        }
    }

    /** Versions in segments from {@code first} on. */
    private List<Long> versionsFrom(long first) throws IOException {
        List<Long> versions = new ArrayList<>();
        for (long sequence : directory.segments()) {
            try (MappedSegment segment = MappedSegment.open(directory, sequence)) {
                long at = SegmentDescriptor.HEADER_BYTES;
                while (sequence >= first && segment.cursor().read(at, true)) {
                    RedoRecords.forEach(segment.bytes(), at + BatchDescriptor.HEADER_BYTES, segment.cursor().payloadLength,
                            (payload, record, length) -> versions.add(RedoRecords.version(payload, record)));
                    at = segment.cursor().end;
                }
            }
        }
        return versions;
    }

    @Test
    void anEmptySegmentNeedsNoRoll() throws Exception {
        writer.start();
        assertEquals(new LogPosition(1, 1, 0, 0), get(writer.roll()));
        assertEquals(get(writer.roll()), get(writer.roll()));
        assertEquals(1, get(writer.roll()).segment());
    }

    @Test
    void whatIsWrittenBeforeIsInEarlierSegments() throws Exception {
        writer.start();
        write(5);
        LogPosition position = get(writer.roll());
        assertEquals(2, position.segment());
        assertEquals(5, position.versionMax());
        write(3);
        assertEquals(List.of(6L, 7L, 8L), versionsFrom(position.segment()));
        writer.close();
        assertEquals(8, LogFixture.contents(directory).size());
    }

    @Test
    void theLogBehindARollStandsAlone() throws Exception {
        writer.start();
        write(5);
        LogPosition position = get(writer.roll());
        write(3);
        directory.checkpoint(new BaseWriter(directory, OPTIONS).finish(), position, 5, 0, 0, 0);
        writer.close();
        assertEquals(List.of(6L, 7L, 8L), List.copyOf(LogFixture.contents(directory).keySet()));
        assertEquals(position.lsn() + 4, LogScanner.verify(directory).lsnNext());
    }

    /** A wall clock that was set back meanwhile must not take the log's time with it. */
    @Test
    void theTimeOfTheLogBeforeARollIsKept() throws Exception {
        writer.start();
        write(5);
        LogPosition position = get(writer.roll());
        assertTrue(position.timeMaxMillis() > 0);
        directory.checkpoint(new BaseWriter(directory, OPTIONS).finish(), position, 5, 0, 1, 0);
        assertEquals(position.timeMaxMillis(), LogScanner.verify(directory).timeMaxMillis());
    }

    @Test
    void rollsOfABusyLogAllEnd() throws Exception {
        writer.start();
        Thread busy = Thread.ofPlatform().start(() -> {
            for (long i = 1; i <= 3000 && ring.put(i, "k", new byte[200]) > 0; i++) {
                writer.wake();
            }
        });
        List<Long> segments = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Future<LogPosition> first = writer.roll();
            Future<LogPosition> second = writer.roll();
            segments.add(get(first).segment());
            assertTrue(get(second).segment() >= get(first).segment());
        }
        busy.join();
        assertEquals(segments.stream().sorted().toList(), segments);
        writer.close();
        assertTrue(LogScanner.verify(directory).cleanStop());
        assertEquals(3000, LogScanner.verify(directory).records());
    }

    @Test
    void aRollAskedForBeforeTheStartIsDone() throws Exception {
        Future<LogPosition> roll = writer.roll();
        writer.start();
        assertEquals(1, get(roll).segment());
    }

    @Test
    void aRollOfALogThatNeverStartedIsCancelled() throws Exception {
        Future<LogPosition> before = writer.roll();
        writer.close();
        assertThrows(CancellationException.class, () -> get(before));
        assertThrows(CancellationException.class, () -> get(writer.roll()));
    }

    @Test
    void aRollOfAClosedLogIsCancelled() throws Exception {
        writer.start();
        write(2);
        writer.close();
        assertThrows(CancellationException.class, () -> get(writer.roll()));
        assertThrows(CancellationException.class, () -> get(writer.roll()));
    }

    @Test
    void aRollWhileTheLogIsClosedEnds() throws Exception {
        for (int i = 0; i < 50; i++) {
            FaultStorage other = new FaultStorage();
            MemoryRing otherRing = new MemoryRing(1 << 16, 1 << 16);
            try (LogDirectory place = LogDirectory.open(DIR, other)) {
                LogWriter closing = LogFixture.writer(otherRing, place, OPTIONS, new LogFixture.Listener());
                closing.start();
                otherRing.put(1, "k", new byte[10]);
                List<Future<LogPosition>> rolls = new ArrayList<>();
                Thread asking = Thread.ofPlatform().start(() -> {
                    for (int n = 0; n < 50; n++) {
                        rolls.add(closing.roll());
                    }
                });
                closing.close();
                asking.join();
                for (Future<LogPosition> roll : rolls) {
                    try {
                        get(roll);
                    } catch (CancellationException closed) {
                        assertTrue(roll.isCancelled());
                    }
                }
            }
        }
    }

    @Test
    void aRollThatFailsIsCancelledAndSoIsEveryLaterOne() throws Exception {
        for (boolean before : new boolean[] {true, false}) {
            FaultStorage broken = new FaultStorage();
            try (LogDirectory place = LogDirectory.open(DIR, broken)) {
                MemoryRing otherRing = new MemoryRing(1 << 16, 1 << 16);
                LogWriter failing = LogFixture.writer(otherRing, place, OPTIONS, new LogFixture.Listener());
                failing.start();
                long end = otherRing.put(1, "k", new byte[10]);
                failing.wake();
                assertTrue(failing.awaitDurable(end, TimeUnit.SECONDS.toNanos(WAIT_SECONDS)));
                if (before) {
                    failing.fail(new IOException("the disk is gone"));
                } else {
                    broken.powerCut(new Random(1));
                }
                assertThrows(CancellationException.class, () -> get(failing.roll()));
                assertThrows(CancellationException.class, () -> get(failing.roll()));
                assertTrue(failing.failed());
                failing.close();
            }
        }
        assertFalse(writer.failed());
    }
}
