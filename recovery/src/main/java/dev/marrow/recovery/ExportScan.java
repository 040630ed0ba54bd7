package dev.marrow.recovery;

import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.Stub;
import dev.marrow.recovery.tiertwo.LoggedValues;
import dev.marrow.wal.RedoRecord;
import dev.marrow.wal.RedoRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Gives every record of the tables to the target. Of a large value the scan gives a stub: these are kept until its end, then all are looked for at
 * once. One that is not found was replaced or removed after the scan met it, and a checkpoint has dropped its bytes since: its key is looked at
 * again.
 */
final class ExportScan {
    /** Each takes a value that is replaced, and a checkpoint that ends, between its scan and its search: more than a few are no coincidence. */
    private static final int ROUNDS_MAX = 8;

    /** What to do with the values that were found. */
    @FunctionalInterface
    interface Found {
        void read(LoggedValues values) throws IOException;
    }

    /** Where large values are. */
    @FunctionalInterface
    interface Search {
        /** @param stubs to be looked for, by id */
        void find(Map<Long, Stub> stubs, Found found) throws IOException;
    }

    private final KernelStore store;
    private final StoreExport.Target target;
    private final Search search;
    /** Stubs that the scan gave, by key. */
    private final Map<ByteBuffer, RedoRecord> waiting = new LinkedHashMap<>();

    ExportScan(KernelStore store, StoreExport.Target target, Search search) {
        this.store = store;
        this.target = target;
        this.search = search;
    }

    /** @throws IOException values are not there; or the target failed */
    void run() throws IOException {
        scan(Optional.empty());
        for (int round = 1; !waiting.isEmpty(); round++) {
            List<RedoRecord> missing = giveLarge();
            if (round == ROUNDS_MAX && !missing.isEmpty()) {
                throw LoggedValues.lack(missing.stream().map(record -> record.stub().orElseThrow()).toList());
            }
            waiting.clear();
            if (!missing.isEmpty()) {
                Set<ByteBuffer> keys = new HashSet<>();
                missing.forEach(record -> keys.add(ByteBuffer.wrap(record.key())));
                scan(Optional.of(keys::contains));
            }
        }
    }

    /** @param wanted keys that are to be given; empty: all */
    private void scan(Optional<Predicate<ByteBuffer>> wanted) throws IOException {
        new TableScan(store, store.slot(0)).<IOException>run((records, count, versionMax) -> {
            try {
                RedoRecords.forEach(records, 0, records.byteSize(), (memory, record, length) -> give(memory, record, length, wanted));
            } catch (UncheckedIOException failure) {
                throw failure.getCause();
            }
        });
    }

    private void give(MemorySegment memory, long record, int length, Optional<Predicate<ByteBuffer>> wanted) {
        boolean isStub = RedoRecords.isStub(memory, record);
        if (!isStub && waiting.isEmpty() && wanted.isEmpty()) {
            target.record(memory, record, length);
            return;
        }
        RedoRecord copy = RedoRecord.read(memory, record);
        ByteBuffer key = ByteBuffer.wrap(copy.key());
        if (wanted.isPresent() && !wanted.get().test(key)) {
            return;
        }
        if (isStub) {
            waiting.put(key, copy);
        } else {
            // a key that changes meanwhile may be given again: what waits is older
            waiting.remove(key);
            target.record(memory, record, length);
        }
    }

    /** Gives the values that wait; returns those that are not there. */
    private List<RedoRecord> giveLarge() throws IOException {
        Map<Long, Stub> stubs = new HashMap<>();
        waiting.values().forEach(record -> record.stub().ifPresent(stub -> stubs.put(stub.id(), stub)));
        List<RedoRecord> missing = new ArrayList<>();
        search.find(stubs, values -> {
            for (RedoRecord record : waiting.values()) {
                Optional<LoggedValues.Value> value = values.open(record.stub().orElseThrow());
                if (value.isPresent()) {
                    give(record, value.get());
                } else {
                    missing.add(record);
                }
            }
        });
        return missing;
    }

    private void give(RedoRecord record, LoggedValues.Value value) throws IOException {
        try {
            target.large(record, value);
        } catch (InternalError unreadable) {
            throw new IOException("base or log cannot be read", unreadable);
        }
    }
}
