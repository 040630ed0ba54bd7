package dev.marrow.bpf;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Accounts whose sum never changes, while transactions move money between them, single commands write to their neighbours in the same buckets, and
 * others read: in a transaction every sum is right, and a reader who looks at two accounts one after the other never sees money in neither.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TransactionRacesKernelIT {
    private static final int ACCOUNTS = 6;
    private static final long EACH = 1_000;
    private static final int THREADS = 5;
    private static final int TRANSFERS = 30_000;
    /** And more transfers until so many sums were taken. */
    private static final int SUMS_MIN = 100;
    private static final int MGETS_A_SUM = 5;
    private static final int FLUSH_MGETS = 50_000;
    private static final int SEEN_MIN = 100;
    private static final String BOTH = "*2\r\n$1\r\nv\r\n$1\r\nv\r\n";
    private static final String SECOND_ALONE = "*2\r\n$1\r\nv\r\n$-1\r\n";
    private static final String NONE = "*2\r\n$-1\r\n$-1\r\n";

    /** Sums that MGET found, and those of them that were not right. */
    final AtomicLong mgets = new AtomicLong();
    final AtomicLong wrongMgets = new AtomicLong();
    private TestStore store;
    private ExecutorService threads;
    private final AtomicBoolean going = new AtomicBoolean(true);
    private Thread drainer;

    /** The programs under test. */
    String object() {
        return "/bpf/marrow.bpf.o";
    }

    @BeforeEach
    void open() {
        store = new TestStore(object(), new StoreGeometry(StoreGeometry.CAPACITY_MIN, 64 << 20, 1 << 20), THREADS);
        store.drainedElsewhere = true;
        threads = Executors.newFixedThreadPool(THREADS);
        drainer = Thread.ofPlatform().start(() -> {
            while (going.get()) {
                store.dropLog();
                Thread.onSpinWait();
            }
        });
    }

    @AfterEach
    void close() throws InterruptedException {
        going.set(false);
        threads.shutdownNow();
        drainer.join();
        store.close();
    }

    @Test
    void noSumIsEverWrong() throws Exception {
        assertEquals(0, wrongSums());
        assertEquals(0, wrongMgets.get());
        assertTrue(mgets.get() > 100, "mgets=" + mgets);
        assertEquals(ACCOUNTS * EACH, total());
    }

    @Test
    void noMgetSeesHalfAFlush() throws Exception {
        assertEquals(0, halfFlushes());
    }

    /** How often MGET found "second" and not "first", which is written before it and goes at the same moment. */
    long halfFlushes() throws Exception {
        AtomicBoolean reading = new AtomicBoolean(true);
        Future<?> writer = threads.submit(() -> {
            while (reading.get()) {
                store.run(0, TestStore.command("SET", "first", "v"), 0);
                store.run(0, TestStore.command("SET", "second", "v"), 0);
                store.store.slot(0).flush();
            }
        });
        Map<String, Integer> seen = new HashMap<>();
        try {
            int looks = 0;
            while (!writer.isDone() && (looks++ < FLUSH_MGETS || Stream.of(BOTH, NONE).anyMatch(reply -> seen.getOrDefault(reply, 0) < SEEN_MIN))) {
                mget("second", "first").ifPresent(reply -> seen.merge(reply, 1, Integer::sum));
            }
        } finally {
            reading.set(false);
            writer.get();
        }
        return seen.getOrDefault(SECOND_ALONE, 0);
    }

    /** Sums that were not right, of transactions and of reads one after the other. */
    long wrongSums() throws Exception {
        for (int i = 0; i < ACCOUNTS; i++) {
            store.run(0, TestStore.command("SET", "account:" + i, Long.toString(EACH)), 0);
        }
        AtomicLong wrong = new AtomicLong();
        AtomicLong sums = new AtomicLong();
        List<Future<?>> running = new ArrayList<>();
        AtomicBoolean moving = new AtomicBoolean(true);
        running.add(threads.submit(() -> {
            try {
                transfers(0, moving, sums);
            } finally {
                moving.set(false);
            }
        }));
        running.add(threads.submit(() -> {
            try {
                read(moving, sums, wrong);
            } finally {
                moving.set(false);
            }
        }));
        running.add(threads.submit(() -> neighbours(2, moving)));
        running.add(threads.submit(() -> neighbours(3, moving)));
        running.add(threads.submit(() -> wrong.addAndGet(disorder(4, moving))));
        for (Future<?> one : running) {
            one.get();
        }
        return wrong.get();
    }

    private void read(AtomicBoolean moving, AtomicLong sums, AtomicLong wrong) {
        while (moving.get()) {
            wrong.addAndGet(total() == ACCOUNTS * EACH ? 0 : 1);
            sums.incrementAndGet();
            for (int i = 0; i < MGETS_A_SUM; i++) {
                OptionalLong sum = mgetSum();
                if (sum.isPresent()) {
                    wrongMgets.addAndGet(sum.getAsLong() == ACCOUNTS * EACH ? 0 : 1);
                    mgets.incrementAndGet();
                }
            }
        }
    }

    /** Moves money, and counts each transfer in "from" before "to": both in the same transaction. */
    private void transfers(int slot, AtomicBoolean moving, AtomicLong sums) {
        Random random = new Random(1);
        for (int i = 0; moving.get() && (i < TRANSFERS || sums.get() < SUMS_MIN); i++) {
            int from = random.nextInt(ACCOUNTS);
            int to = (from + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
            long amount = random.nextInt(10);
            String count = Integer.toString(i);
            transact(slot, List.of("account:" + from, "account:" + to, "first", "second"), staging -> {
                staging.put(0, latin(Long.toString(number(staging, 0) - amount)), 0);
                staging.put(1, latin(Long.toString(number(staging, 1) + amount)), 0);
                staging.put(2, latin(count), 0);
                staging.put(3, latin(count), 0);
            });
        }
    }

    private interface Body {
        void run(Staging staging);
    }

    private void transact(int slot, List<String> keys, Body body) {
        Staging staging = store.store.staging();
        int status;
        int attempt = slot;
        do {
            synchronized (staging) {
                staging.clear();
                keys.forEach(key -> staging.add(latin(key), true));
                status = staging.stage(store.store.slot(slot), attempt++ % 2 == 1);
                if (status == 0) {
                    body.run(staging);
                    status = staging.commit(store.store.slot(slot));
                }
            }
            assertTrue(status == 0 || status == Abi.STATUS_CHANGED || status == Abi.STATUS_BUSY || status == Abi.STATUS_RING_FULL, "status=" + status);
        } while (status != 0);
    }

    private long total() {
        long[] sum = {0};
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < ACCOUNTS; i++) {
            keys.add("account:" + i);
        }
        transact(1, keys, staging -> {
            sum[0] = 0;
            for (int i = 0; i < ACCOUNTS; i++) {
                sum[0] += number(staging, i);
            }
        });
        return sum[0];
    }

    /** The sum as MGET finds it; empty when it was outrun, and leaves it to Java. */
    private OptionalLong mgetSum() {
        Optional<String> reply = mget(IntStream.range(0, ACCOUNTS).mapToObj(i -> "account:" + i).toArray(String[]::new));
        if (reply.isEmpty()) {
            return OptionalLong.empty();
        }
        String[] lines = reply.get().split("\r\n");
        assertEquals(1 + 2 * ACCOUNTS, lines.length, reply.get());
        return OptionalLong.of(IntStream.range(0, ACCOUNTS).mapToLong(i -> Long.parseLong(lines[2 + 2 * i])).sum());
    }

    private Optional<String> mget(String... keys) {
        IoSlot slot = store.store.slot(1);
        byte[] in = latin(TestStore.command(Stream.concat(Stream.of("MGET"), Stream.of(keys)).toArray(String[]::new)));
        MemorySegment.copy(in, 0, slot.in(), ValueLayout.JAVA_BYTE, 0, in.length);
        slot.request(0, 0, in.length, 0);
        slot.serve(1);
        if (slot.status(0) == Abi.STATUS_COLD) {
            return Optional.empty();
        }
        assertEquals(Abi.STATUS_DONE, slot.status(0));
        return Optional.of(new String(slot.out().asSlice(0, slot.outEnd(0)).toArray(ValueLayout.JAVA_BYTE), ISO_8859_1));
    }

    private static long number(Staging staging, int index) {
        return Long.parseLong(new String(staging.value(index), ISO_8859_1));
    }

    /** Single commands on other keys of the same few buckets: they grow and shrink the chains. */
    private void neighbours(int slot, AtomicBoolean moving) {
        Random random = new Random(slot);
        while (moving.get()) {
            String key = "n" + slot + ":" + random.nextInt(60);
            store.run(slot, TestStore.command(random.nextInt(3) == 0 ? new String[] {"DEL", key} : new String[] {"SET", key, key}), 0);
        }
    }

    /** A transaction writes "first" and "second" alike: whoever reads one and then the other never finds the other older. */
    private long disorder(int slot, AtomicBoolean moving) {
        long wrong = 0;
        boolean turn = false;
        while (moving.get()) {
            long one = read(slot, turn ? "first" : "second");
            long other = read(slot, turn ? "second" : "first");
            wrong += other < one ? 1 : 0;
            turn = !turn;
        }
        return wrong;
    }

    private long read(int slot, String key) {
        String reply = store.run(slot, TestStore.command("GET", key), 0);
        return reply.startsWith("$-1") ? -1 : Long.parseLong(reply.substring(reply.indexOf('\n') + 1).strip());
    }

    private static byte[] latin(String text) {
        return text.getBytes(ISO_8859_1);
    }
}
