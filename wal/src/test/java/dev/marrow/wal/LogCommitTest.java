package dev.marrow.wal;

import static dev.marrow.wal.LogFixture.DIR;
import static dev.marrow.wal.LogFixture.OPTIONS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Threads that write and sync what they wait for themselves, beside the writer thread. */
class LogCommitTest {

    private static final long TEN_SECONDS = 10_000_000_000L;

    /** Who published what. */
    private static final class Publishers implements DurabilityListener {
        private final LogFixture.Listener heard = new LogFixture.Listener();
        private final Map<Long, String> threads = new ConcurrentHashMap<>();

        @Override
        public void onDurable(long position) {
            threads.put(position, Thread.currentThread().getName());
            heard.onDurable(position);
        }

        @Override
        public void onFailure(Throwable cause) {
            heard.onFailure(cause);
        }
    }

    private final FaultStorage storage = new FaultStorage();
    private final MemoryRing ring = new MemoryRing(64 << 20, 1 << 20);
    private final Publishers publishers = new Publishers();
    private LogDirectory directory;

    @BeforeEach
    void open() throws Exception {
        directory = LogDirectory.open(DIR, storage);
    }

    @AfterEach
    void nothingUntrueWasSaid() {
        assertEquals(List.of(), publishers.heard.broken);
    }

    private LogWriter start(LogWriterOptions options) throws Exception {
        LogWriter writer = LogFixture.writer(ring, directory, options, publishers);
        writer.start();
        return writer;
    }

    /** Puts a record and commits until this thread was the one that published it: the writer thread looks by itself now and then. */
    private boolean publishesItself(LogWriter writer) throws Exception {
        for (int i = 0; i < 100; i++) {
            long end = ring.put(i, "key", new byte[10]);
            writer.commit();
            assertTrue(writer.awaitDurable(end, TEN_SECONDS));
            if (Thread.currentThread().getName().equals(publishers.threads.get(end))) {
                return true;
            }
        }
        return false;
    }

    @Test
    void whoeverCommitsWritesAndSyncs() throws Exception {
        LogWriter writer = start(OPTIONS);
        assertTrue(publishesItself(writer));
        writer.commit();
        assertEquals(ring.producerPosition(), ring.consumerPosition());
        writer.close();
        writer.commit();
        assertFalse(LogFixture.contents(directory).isEmpty());
    }

    @Test
    void whatMayTakeLongerIsTheWriterThreads() throws Exception {
        AtomicLong clock = new AtomicLong();
        LogWriter slow = start(OPTIONS.withSyncPeriodMillis(1).withClockNanos(() -> clock.addAndGet(1_000_000)));
        ring.put(1000, "key", new byte[10]);
        assertTrue(slow.awaitDurable(ring.producerPosition(), TEN_SECONDS));
        assertFalse(publishesItself(slow), "a slow sync");
        slow.durability(Durability.EVERYSEC);
        assertFalse(publishesItself(slow), "everysec, where nobody waits");
        slow.close();
    }

    @Test
    void manyThatCommitAtOnceAndSegmentsThatEnd() throws Exception {
        LogWriter writer = start(OPTIONS);
        AtomicLong versions = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        for (int t = 0; t < 4; t++) {
            threads.add(Thread.ofPlatform().name("committer-" + t).start(() -> {
                try {
                    for (int i = 0; i < 300; i++) {
                        long version = versions.incrementAndGet();
                        long end = ring.put(version, "key" + version, LogFixture.value(version));
                        while (end < 0) {
                            writer.commit();
                            Thread.onSpinWait();
                            end = ring.put(version, "key" + version, LogFixture.value(version));
                        }
                        writer.commit();
                        assertTrue(writer.awaitDurable(end, TEN_SECONDS));
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
        assertTrue(publishers.threads.values().stream().anyMatch(name -> name.startsWith("committer")));
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
        LogWriter writer = start(OPTIONS);
        assertTrue(publishesItself(writer));
        while (directory.segments().size() < 2) {
            Thread.sleep(1);
        }
        long durable = writer.durable();
        synchronized (storage) {
            storage.failAtCall = storage.calls + call;
        }
        ring.put(1001, "key", new byte[10]);
        writer.commit();
        assertFalse(writer.awaitDurable(ring.producerPosition(), TEN_SECONDS));
        writer.commit();
        writer.close();
        assertTrue(writer.failed());
        assertEquals(durable, writer.durable());
        assertEquals(1, publishers.heard.failures.size());
        assertEquals(0, storage.logForcesAfterFault, "nothing is synced after that");
    }
}
