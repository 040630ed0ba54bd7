package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static dev.marrow.wal.LogFixture.OPTIONS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Threads that write and sync what they wait for themselves, beside the writer thread. That one comes by itself only after an hour here, and nobody asks for
 * a sync: a wake-up that is lost is seen.
 */
class LogCommitTest {

    private static final long TEN_SECONDS = 10_000_000_000L;
    /** And by this clock no sync takes long. */
    private static final LogWriterOptions PATIENT = OPTIONS.withIdleNanosMax(3_600_000_000_000L).withClockNanos(() -> 0);

    /** Who wrote, and what was said. */
    private static final class Listener implements DurabilityListener {
        private final LogFixture.Listener heard = new LogFixture.Listener();
        private final Set<Thread> writers = ConcurrentHashMap.newKeySet();
        private volatile Thread lastWriter;

        @Override
        public void onWritten(long lsn) {
            lastWriter = Thread.currentThread();
            writers.add(lastWriter);
        }

        @Override
        public void onDurable(long position) {
            heard.onDurable(position);
        }

        @Override
        public void onFailure(Throwable cause) {
            heard.onFailure(cause);
        }
    }

    private final FaultStorage storage = new FaultStorage();
    private final MemoryRing ring = new MemoryRing(64 << 20, 1 << 20);
    private final Listener listener = new Listener();
    private LogDirectory directory;

    @BeforeEach
    void open() throws Exception {
        directory = LogDirectory.open(DIR, storage);
    }

    @AfterEach
    void nothingUntrueWasSaid() {
        assertEquals(List.of(), listener.heard.broken);
    }

    /** A writer whose thread sleeps. */
    private LogWriter start(LogWriterOptions options) throws Exception {
        LogWriter writer = LogFixture.writer(ring, directory, options, listener);
        writer.start();
        await("the writer's thread sleeps", () -> Thread.getAllStackTraces().keySet().stream().anyMatch(LogCommitTest::isWriterAsleep));
        return writer;
    }

    private static boolean isWriterAsleep(Thread thread) {
        return thread.getName().equals("marrow-log-writer") && thread.getState() == Thread.State.TIMED_WAITING;
    }

    private static void await(String what, BooleanSupplier condition) {
        long begin = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - begin < TEN_SECONDS, what);
            Thread.onSpinWait();
        }
    }

    private long put(long version) {
        return ring.put(version, "key" + version, LogFixture.value(version));
    }

    private void commitAndWait(LogWriter writer, long end) {
        writer.commit();
        await("durable at " + end, () -> writer.durable() >= end);
    }

    @Test
    void whoeverCommitsWritesAndSyncs() throws Exception {
        LogWriter writer = start(PATIENT);
        for (int i = 0; i < 10; i++) {
            long end = put(i);
            writer.commit();
            assertEquals(end, writer.durable());
            assertEquals(end, ring.consumerPosition());
            assertEquals(Thread.currentThread(), listener.lastWriter);
        }
        writer.commit();
        writer.close();
        writer.commit();
        assertEquals(10, LogFixture.contents(directory).size());
    }

    @Test
    void aSlowDiskIsTheWriterThreads() throws Exception {
        AtomicLong clock = new AtomicLong();
        LogWriter writer = start(PATIENT.withClockNanos(() -> clock.addAndGet(1_000_000)));
        commitAndWait(writer, put(1));
        for (int i = 2; i < 20; i++) {
            commitAndWait(writer, put(i));
            assertNotEquals(Thread.currentThread(), listener.lastWriter);
        }
        writer.close();
    }

    @Test
    void everysecIsTheWriterThreads() throws Exception {
        LogWriter writer = start(PATIENT.withDurability(Durability.EVERYSEC).withSyncPeriodMillis(1));
        for (int i = 0; i < 20; i++) {
            commitAndWait(writer, put(i));
            assertNotEquals(Thread.currentThread(), listener.lastWriter);
        }
        // whatever the thread does when the mode changes, it hears of it
        writer.durability(Durability.ALWAYS);
        commitAndWait(writer, put(20));
        writer.close();
    }

    @Test
    void theEndOfASegmentIsTheWriterThreads() throws Exception {
        LogWriter writer = start(PATIENT);
        for (int i = 0; writer.stats().segments() < 4; i++) {
            commitAndWait(writer, put(i));
        }
        assertEquals(2, listener.writers.size(), listener.writers.toString());
        writer.close();
    }

    @Test
    void whatCouldNotBeTakenIsTheWriterThreads() throws Exception {
        LogWriter writer = start(PATIENT);
        byte[] record = MemoryRing.record(Abi.REDO_PUT, 1, "busy", new byte[10]);
        long busy = ring.reserve(record.length);
        long end = put(2);
        writer.commit();
        ring.submit(busy, record);
        await("durable at " + end, () -> writer.durable() >= end);
        writer.close();
    }

    @Test
    void aRollIsHeardOf() throws Exception {
        LogWriter writer = start(PATIENT);
        for (int i = 0; i < 50; i++) {
            commitAndWait(writer, put(i));
            assertTrue(writer.roll().get().segment() > 0);
        }
        writer.close();
    }

    @Test
    void manyThatCommitAtOnceAndSegmentsThatEnd() throws Exception {
        LogWriter writer = start(PATIENT);
        AtomicLong versions = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        for (int t = 0; t < 4; t++) {
            threads.add(Thread.ofPlatform().name("committer-" + t).start(() -> {
                try {
                    for (int i = 0; i < 1000; i++) {
                        long version = versions.incrementAndGet();
                        long end = put(version);
                        while (end < 0) {
                            writer.commit();
                            end = put(version);
                        }
                        commitAndWait(writer, end);
                    }
                } catch (Throwable failure) {
                    failures.add(failure);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), failures);
        assertTrue(writer.stats().segments() > 10, writer.stats().toString());
        assertTrue(listener.writers.size() > 2, listener.writers.toString());
        writer.close();
        assertEquals(versions.get(), LogFixture.contents(directory).size());
    }

    @Test
    void failedWriteOfACommitEndsTheLog() throws Exception {
        commitFails(1);
    }

    @Test
    void failedSyncOfACommitEndsTheLog() throws Exception {
        commitFails(2);
    }

    /** The next two calls to the storage are the write of the batch and its sync. */
    private void commitFails(int call) throws Exception {
        LogWriter writer = start(PATIENT);
        commitAndWait(writer, put(1));
        long durable = writer.durable();
        LogFixture.failNext(storage, directory, call);
        put(2);
        writer.commit();
        assertTrue(writer.failed());
        writer.commit();
        writer.close();
        assertEquals(durable, writer.durable());
        assertEquals(1, listener.heard.failures.size());
        assertEquals(0, storage.logForcesAfterFault, "nothing is synced after that");
    }
}
