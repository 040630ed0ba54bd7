package dev.marrow.stress.bench;

import dev.marrow.bpf.Abi;
import dev.marrow.stress.bench.MemoryServer.Use;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a key takes in Marrow's memory, beside redis-server's and memcached's: how the memory of each grows by the keys, all that a server with
 * these keys occupies, and how much fits Marrow's budget until a write is refused. One server at a time.
 */
final class MemoryBench {
    /** The least that Marrow takes. */
    static final long BUDGET_BYTES_MIN = 16L << 20;
    static final long BUDGET_BYTES_MAX = 4L << 30;
    /** Keys and values of a load, at most. */
    private static final long LOAD_BYTES_MAX = 1L << 30;
    private static final int MIX_BYTES_LEAST = 16;
    private static final int MIX_BYTES_MOST = 16_384;
    private static final long MIX_SEED = 1;
    /** More than can fit, so that the budget is what ends. */
    private static final double FILL_KEYS_SHARE = 1.2;
    private static final int FILL_KEYS_MORE = 1_000;
    private static final String BUDGET_REFUSED = "-OOM the memory budget";

    private final Plan plan;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;
    private final List<MemoryRow> rows = new ArrayList<>();
    private final List<Fill> fills = new ArrayList<>();

    /**
     * How much of it.
     *
     * @param keys        at most; as many as fit {@link #LOAD_BYTES_MAX}
     * @param valueBytes  sizes of values; a mix of sizes comes on top
     * @param budgetBytes what Marrow is given to be filled
     */
    record Plan(List<Integer> keys, List<Integer> valueBytes, long budgetBytes) {
        Plan {
            keys = keys.stream().distinct().sorted().toList();
            valueBytes = valueBytes.stream().distinct().sorted().toList();
        }

        private List<ValueSizes> sizes() {
            List<ValueSizes> sizes = new ArrayList<>();
            valueBytes.forEach(bytes -> sizes.add(new ValueSizes.Fixed(bytes)));
            sizes.add(new ValueSizes.LogUniform(MIX_BYTES_LEAST, MIX_BYTES_MOST, MIX_SEED));
            return sizes;
        }
    }

    /** @param stored what was in a budget of so many bytes when the first write was refused */
    private record Fill(MemoryLoad stored, long budgetBytes) {
        double dataShare() {
            return (double) (stored.keyBytes() + stored.valueBytes()) / budgetBytes;
        }

        double recordShare() {
            return (double) stored.recordBytes() / budgetBytes;
        }
    }

    MemoryBench(Plan plan, Path scratch, Report report, Teardown teardown) {
        this.plan = plan;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    void run() throws IOException, InterruptedException {
        ServerPair.requireInstalled("redis-server", "memcached");
        for (int keys : plan.keys()) {
            for (ValueSizes sizes : plan.sizes()) {
                rows.add(measure(new MemoryLoad(sizes, (int) Math.min(keys, LOAD_BYTES_MAX / (Prefill.KEY_BYTES + sizes.mean())))));
            }
        }
        for (ValueSizes sizes : plan.sizes()) {
            fills.add(fill(sizes));
        }
        new MemoryTables(rows, report).print();
        printFills();
    }

    private MemoryRow measure(MemoryLoad load) throws IOException, InterruptedException {
        Map<ServerKind, MemoryRow.Growth> growths = new EnumMap<>(ServerKind.class);
        for (ServerKind target : ServerKind.values()) {
            try (MemoryServer server = MemoryServer.of(target, load, scratch, teardown)) {
                Use before = server.use();
                server.fill(load);
                MemoryRow.Growth growth = server.growth(before, server.use());
                growths.put(target, growth);
                report.sample(Map.of("values", load.sizes().label(), "keys", load.keys(), "server", target.label(), "data_bytes",
                        load.keyBytes() + load.valueBytes(), "counted_bytes", growth.counted(), "taken_bytes", growth.taken(), "process_bytes",
                        growth.after().process(), "kernel_bytes", growth.after().kernel(), "table_bytes", growth.tableBytes()));
            }
        }
        MemoryRow row = new MemoryRow(load, growths);
        report.progress(String.format(Locale.ROOT, "%s, %,d keys: bytes a key: Redis %,.1f, memcached %,.1f, Marrow %,.1f", load.sizes().label(),
                load.keys(), row.countedPerKey(ServerKind.REDIS), row.countedPerKey(ServerKind.MEMCACHED), row.countedPerKey(ServerKind.MARROW)));
        return row;
    }

    private Fill fill(ValueSizes sizes) throws IOException, InterruptedException {
        double recordBytes = Abi.RECORD_HEADER_BYTES + Prefill.KEY_BYTES + sizes.mean();
        int keys = (int) (FILL_KEYS_SHARE * plan.budgetBytes() / recordBytes) + FILL_KEYS_MORE;
        try (MemoryServer server = MemoryServer.marrow(keys, plan.budgetBytes(), scratch.resolve("memory-fill"), teardown)) {
            Prefill.Outcome outcome = Prefill.untilRefused(Protocol.RESP, server.port(), keys, sizes);
            if (outcome.refusal().stream().noneMatch(refusal -> refusal.startsWith(BUDGET_REFUSED))) {
                throw new IOException("the budget was not used up by " + outcome);
            }
            Fill fill = new Fill(new MemoryLoad(sizes, outcome.stored()), plan.budgetBytes());
            report.sample(Map.of("values", sizes.label(), "keys", outcome.stored(), "budget_bytes", plan.budgetBytes(), "data_share",
                    fill.dataShare(), "record_share", fill.recordShare()));
            report.progress(String.format(Locale.ROOT, "%s: %.1f %% of the budget, with headers", sizes.label(), 100 * fill.recordShare()));
            return fill;
        }
    }

    private void printFills() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("values", "keys that fit", "keys and values %", "with headers %", "goal %"));
        for (Fill fill : fills) {
            cells.add(List.of(fill.stored.sizes().label(), String.format(Locale.ROOT, "%,d", fill.stored.keys()), percent(fill.dataShare()),
                    percent(fill.recordShare()), "≥ 85"));
        }
        report.line("\n## Marrow's budget, used up");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nOf --memory %,d bytes, when the first write is refused with -OOM: new keys only, one after the"
                + " other, the same sizes as above. The goal is of keys, values and headers of %d bytes. Buckets are not in the budget: they belong to"
                + " --capacity.", plan.budgetBytes(), Abi.RECORD_HEADER_BYTES));
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f", 100 * share);
    }
}
