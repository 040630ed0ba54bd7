package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.KernelStore;
import dev.marrow.bpf.Stub;
import dev.marrow.recovery.TableScan;
import dev.marrow.wal.RedoRecords;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** All stubs in the table. A scan: what is committed meanwhile it may miss. */
final class StubScan {
    private StubScan() {}

    /** By id. */
    static Map<Long, Stub> run(KernelStore store, IoSlot slot) {
        Map<Long, Stub> stubs = new HashMap<>();
        new TableScan(store, slot).<RuntimeException>runStubs((records, count, versionMax) ->
                RedoRecords.forEach(records, 0, records.byteSize(), (bytes, record, length) ->
                        of(bytes, record).ifPresent(stub -> stubs.put(stub.id(), stub))));
        return stubs;
    }

    /** The stub that a redo record brings. */
    static Optional<Stub> of(MemorySegment bytes, long record) {
        return RedoRecords.isStub(bytes, record)
                ? Optional.of(Stub.read(bytes, record + Abi.REDO_HEADER_BYTES + RedoRecords.keyLength(bytes, record))) : Optional.empty();
    }
}
