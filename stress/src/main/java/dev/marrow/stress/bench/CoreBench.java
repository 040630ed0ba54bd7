package dev.marrow.stress.bench;

import dev.marrow.bpf.StoreGeometry;
import dev.marrow.stress.bench.BenchStore.Operation;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The cost of a transaction inside the kernel: hash, table, lock, and for writes the redo record; no network, no parsing, no
 * system call to speak of (one per {@link BenchStore#batch}). Beside it, in the same run, the machine's cost of a cache miss,
 * because that is what most of a transaction on a large table consists of.
 */
final class CoreBench {
    private static final int BATCHES_PER_ROUND = 20;
    private static final long RING_BYTES = 16 << 20;
    private static final long FLOOR_BYTES = 128 << 20;
    private static final long HIT_BYTES = 16 << 10;
    private static final int FLOOR_LOADS = 1_000_000;
    /** Room per key besides its value and a quarter for rounding to size classes: header, key, copies on write. */
    private static final long KEY_BYTES_EXTRA = 256;
    private static final long MEMORY_BYTES_MIN = 64 << 20;
    private static final int MISSED_EXTRA = 32;
    private static final int GOAL_KEYS = 1_000_000;

    private final List<Integer> tableSizes;
    private final int valueBytes;
    private final int rounds;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;

    CoreBench(List<Integer> tableSizes, int valueBytes, int rounds, Path scratch, Report report, Teardown teardown) {
        this.tableSizes = tableSizes;
        this.valueBytes = valueBytes;
        this.rounds = rounds;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    void run() throws IOException {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("keys", "GET ns", "SET with redo ns", "dependent miss ns", "GET in misses", "SET in misses", "CPU share"));
        for (int keys : tableSizes) {
            rows.add(row(keys));
        }
        report.table(rows);
        try (MemoryFloor small = new MemoryFloor(HIT_BYTES, scratch)) {
            small.nanosPerLoad(FLOOR_LOADS);
            report.line(String.format(Locale.ROOT, "%nMedian (min..max) of %d batches on uniformly random keys, one CPU; 16-byte keys,"
                    + " %d-byte values. A dependent miss: one load of a random chain through %d MiB on 4 KiB pages, in the same rounds;"
                    + " through %d KiB such a load takes %.1f ns. A CPU share below 95 %%: others ran here too.",
                    rounds * BATCHES_PER_ROUND, valueBytes, FLOOR_BYTES >> 20, HIT_BYTES >> 10, small.nanosPerLoad(FLOOR_LOADS)));
        }
    }

    private List<String> row(int keys) throws IOException {
        long memory = Math.max(MEMORY_BYTES_MIN, keys * (valueBytes * 5L / 4 + KEY_BYTES_EXTRA));
        // As full as the table promises to become: nine tenths of its capacity.
        StoreGeometry geometry = new StoreGeometry(Math.max(StoreGeometry.CAPACITY_MIN, keys * 10L / 9 + 1), memory, RING_BYTES);
        Map<Operation, List<Double>> nanos = new LinkedHashMap<>();
        List<Double> misses = new ArrayList<>();
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        double cpuShare;
        try (BenchStore store = new BenchStore(geometry, teardown); MemoryFloor floor = new MemoryFloor(FLOOR_BYTES, scratch)) {
            report.progress(String.format(Locale.ROOT, "filling %,d keys", keys));
            store.fill(keys, valueBytes);
            for (Operation operation : Operation.values()) {
                nanos.put(operation, new ArrayList<>());
                check(store, operation, keys);
            }
            floor.nanosPerLoad(FLOOR_LOADS);
            long wallBegin = System.nanoTime();
            long cpuBegin = threads.getCurrentThreadCpuTime();
            for (int round = 0; round < rounds; round++) {
                misses.add(floor.nanosPerLoad(FLOOR_LOADS));
                report.sample(Map.of("keys", keys, "round", round, "operation", "MISS", "ns", misses.getLast()));
                for (Operation operation : Operation.values()) {
                    for (int batch = 0; batch < BATCHES_PER_ROUND; batch++) {
                        long seed = (long) round * BATCHES_PER_ROUND + batch + 1;
                        double each = store.time(operation, seed, keys, valueBytes);
                        nanos.get(operation).add(each);
                        report.sample(Map.of("keys", keys, "round", round, "operation", operation.name(), "ns", each));
                    }
                }
            }
            cpuShare = (double) (threads.getCurrentThreadCpuTime() - cpuBegin) / (System.nanoTime() - wallBegin);
        }
        Spread miss = Spread.of(misses);
        Spread get = Spread.of(nanos.get(Operation.GET));
        Spread set = Spread.of(nanos.get(Operation.SET));
        boolean large = keys == GOAL_KEYS;
        report.headline(Headline.alone(String.format(Locale.ROOT, "GET, %,d keys", keys), "ns", get.median(), large ? "≤ 180" : ""));
        report.headline(Headline.alone(String.format(Locale.ROOT, "SET with its redo record, %,d keys", keys), "ns", set.median(),
                large ? "≤ 300" : ""));
        report.headline(Headline.alone(String.format(Locale.ROOT, "one dependent cache miss, in the same rounds, %,d keys", keys), "ns", miss.median(), ""));
        return List.of(String.format(Locale.ROOT, "%,d", keys), get.text(0), set.text(0), miss.text(0), inMisses(get, miss),
                inMisses(set, miss), String.format(Locale.ROOT, "%.0f %%", 100 * cpuShare));
    }

    private static String inMisses(Spread cost, Spread miss) {
        return String.format(Locale.ROOT, "%.1f", cost.median() / miss.median());
    }

    /** The first batch of its kind, not measured: a GET finds its keys and logs nothing, a SET leaves a redo record each. */
    private void check(BenchStore store, Operation operation, int keys) {
        long begin = store.ring().producerPosition();
        store.time(operation, 0, keys, valueBytes);
        long logged = store.ring().producerPosition() - begin;
        int batch = store.batch(valueBytes);
        // The program's keys are 0..keys, and 0 was not filled.
        long missed = 4L * batch / keys + MISSED_EXTRA;
        boolean right = switch (operation) {
            case GET -> store.found() >= batch - missed && logged == 0;
            case SET -> logged >= batch * BenchStore.redoBytes(valueBytes);
        };
        if (!right) {
            throw new IllegalStateException("operation=" + operation + " found=" + store.found() + " logged_bytes=" + logged);
        }
    }
}
