package dev.marrow.stress.bench;

import dev.marrow.bpf.Abi;
import dev.marrow.stress.bench.MemoryRow.Growth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What a key takes, where that is in Marrow, and what a whole server takes. */
final class MemoryTables {
    /** By size of the value: what Marrow may take of what Redis takes. */
    private static final Map<Integer, Double> GOALS = Map.of(32, 1.2, 4096, 1.1);
    private static final double BYTES_PER_MEGABYTE = 1e6;

    private final List<MemoryRow> rows;
    private final Report report;

    MemoryTables(List<MemoryRow> rows, Report report) {
        this.rows = rows;
        this.report = report;
    }

    void print() {
        rows.forEach(this::headline);
        printKeys();
        printMarrow();
        printWhole();
    }

    private void headline(MemoryRow row) {
        report.headline(new Headline("a key with " + row.load().sizes().label() + " of value, " + count(row) + " keys", "bytes taken", row.takenPerKey(ServerKind.MARROW),
                Stream.of(ServerKind.REDIS, ServerKind.MEMCACHED).map(peer -> new Headline.Peer(peer.label(), row.takenPerKey(peer),
                        row.takenPerKey(peer) / row.takenPerKey(ServerKind.MARROW))).toList(),
                row.load().sizes() instanceof ValueSizes.Fixed(int bytes) && GOALS.containsKey(bytes)
                        ? String.format(Locale.ROOT, "≥ %.2f × Redis", 1 / GOALS.get(bytes)) : ""));
    }

    private void printKeys() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("values", "keys", "server", "counted B/key", "beside key and value", "Marrow/this", "goal", "taken B/key", "Marrow/this"));
        for (MemoryRow row : rows) {
            double data = row.perKey(row.load().keyBytes() + row.load().valueBytes());
            for (ServerKind target : ServerKind.values()) {
                cells.add(List.of(row.load().sizes().label(), count(row), target.label(), number(row.countedPerKey(target)),
                        number(row.countedPerKey(target) - data), ratio(row, target, each -> row.countedPerKey(each)), goal(row, target),
                        number(row.takenPerKey(target)), ratio(row, target, each -> row.takenPerKey(each))));
            }
        }
        report.line("\n## Memory a key");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nBytes by which the memory of an empty server grows with these keys of %d bytes, by the number of"
                + " keys. Counted, by the server itself: Redis used_memory; memcached's stats bytes, which leave out its hash table and what its"
                + " size classes round up; Marrow the blocks that its size classes have taken (INFO used_memory), and all buckets of a table whose"
                + " --capacity is ten ninths of the keys, which it needs to take them for certain. Taken, from the system: resident memory of"
                + " Redis and memcached; Marrow's slabs, some of which are ahead of need, and the same buckets. Redis runs with appendonly yes,"
                + " appendfsync everysec: buffers of its log count. Hash tables of Redis and memcached double: this number of keys may have just"
                + " filled one (1,000,000 of 1,048,576: the best case), or begun the next.", Prefill.KEY_BYTES));
    }

    private void printMarrow() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("values", "keys", "key", "value", "header", "rounded up to a size class", "not used of blocks", "reference",
                "rest of the buckets", "all"));
        for (MemoryRow row : rows) {
            MemoryLoad load = row.load();
            Growth growth = row.growths().get(ServerKind.MARROW);
            long blocks = growth.counted() - growth.tableBytes();
            cells.add(List.of(load.sizes().label(), count(row), number(Prefill.KEY_BYTES), number(row.perKey(load.valueBytes())),
                    number(Abi.RECORD_HEADER_BYTES), number(row.perKey(load.classBytes() - load.recordBytes())),
                    number(row.perKey(blocks - load.classBytes())), number(Long.BYTES), number(row.perKey(growth.tableBytes()) - Long.BYTES),
                    number(row.countedPerKey(ServerKind.MARROW))));
        }
        report.line("\n## Where a key's bytes are in Marrow");
        report.table(cells);
        report.line(String.format(Locale.ROOT, "%nBytes a key, on average. Blocks of %,d bytes belong to a size class, wholly or by eighths. A"
                + " bucket of %d bytes has five references, %d keys on average when the table is as full as it was laid out for, and a quarter more of them"
                + " is for overflow.", Abi.BLOCK_BYTES, Abi.BUCKET_BYTES, Abi.KEYS_PER_BUCKET_X10 / 10));
    }

    private void printWhole() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("values", "keys", "server", "process MB", "kernel MB", "empty MB", "B/key", "Marrow/this"));
        for (MemoryRow row : rows) {
            for (ServerKind target : ServerKind.values()) {
                Growth growth = row.growths().get(target);
                cells.add(List.of(row.load().sizes().label(), count(row), target.label(), megabytes(growth.after().process()),
                        megabytes(growth.after().kernel()), megabytes(growth.before().all()), number(row.allPerKey(target)),
                        ratio(row, target, each -> row.allPerKey(each))));
            }
        }
        report.line("\n## Memory of the whole server");
        report.table(cells);
        report.line("\nAll that a server with these keys occupies, by the number of keys. Process: resident memory, libraries included, without pages"
                + " of eBPF maps that are mapped into it. Kernel: Marrow's maps and programs by the memlock of its descriptors, and its slabs; all of"
                + " it is there whatever process runs. Empty: the same before the first key. Marrow has the defaults but for --capacity,"
                + " --memory, everysec and checkpoints, of which there are none: a JVM with -Xmx512m, a ring of 16 MiB, the on-host door. Sockets and page cache are nobody's.");
    }

    private static String goal(MemoryRow row, ServerKind target) {
        boolean has = target == ServerKind.REDIS && row.load().sizes() instanceof ValueSizes.Fixed(int bytes) && GOALS.containsKey(bytes);
        return has ? String.format(Locale.ROOT, "≤ %.1f", GOALS.get(row.load().sizes().most())) : "";
    }

    private static String ratio(MemoryRow row, ServerKind target, ToDoubleFunction<ServerKind> bytes) {
        return target == ServerKind.MARROW ? "" : String.format(Locale.ROOT, "%.2f", bytes.applyAsDouble(ServerKind.MARROW) / bytes.applyAsDouble(target));
    }

    private static String count(MemoryRow row) {
        return String.format(Locale.ROOT, "%,d", row.load().keys());
    }

    private static String number(double bytes) {
        return String.format(Locale.ROOT, "%,.1f", bytes);
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%,.1f", bytes / BYTES_PER_MEGABYTE);
    }
}
