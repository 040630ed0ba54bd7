package dev.marrow.engine.command;

import dev.marrow.bpf.Abi;
import dev.marrow.engine.resp.DecimalNumber;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;

/** MEMORY. */
final class MemoryCommands {
    private static final int[] CLASS_BYTES = Abi.sizeClasses();
    /** A key's share of the buckets when the table holds the keys that it is laid out for. */
    private static final int BUCKET_SHARE_BYTES = Abi.BUCKET_BYTES * (100 + Abi.OVERFLOW_SHARE_X100) / 10 / Abi.KEYS_PER_BUCKET_X10;

    private final Kernel kernel;

    MemoryCommands(Kernel kernel) {
        this.kernel = kernel;
    }

    /** MEMORY USAGE key [SAMPLES count]: the record with what its size class rounds up, and the key's share of the buckets. */
    static void usage(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        for (int i = 3; i < arguments.size(); i += 2) {
            if (!Words.is(arguments.get(i), "samples") || i + 1 == arguments.size()) {
                throw new CommandErrorException("ERR syntax error");
            }
            DecimalNumber samples = DecimalNumber.parse(arguments.get(i + 1));
            if (!samples.valid() || samples.value() < 0) {
                throw new CommandErrorException(samples.valid() ? "ERR syntax error" : "ERR value is not an integer or out of range");
            }
        }
        Transaction.Entry entry = transaction.entry(arguments.get(2));
        if (entry.exists()) {
            boolean isStub = entry.length() > Abi.VALUE_BYTES_MAX;
            int held = isStub ? Abi.SIZEOF_stub : entry.length();
            out.integer(classBytes(Abi.RECORD_HEADER_BYTES + arguments.get(2).length + held) + BUCKET_SHARE_BYTES + (isStub ? entry.length() : 0));
        } else {
            out.nil();
        }
    }

    private static int classBytes(int recordBytes) {
        for (int bytes : CLASS_BYTES) {
            if (bytes >= recordBytes) {
                return bytes;
            }
        }
        throw new IllegalStateException("record_bytes=" + recordBytes);
    }

    void stats(Session session, ReplyWriter out) {
        StoreInfo info = kernel.info();
        long keys = kernel.keysObserved(session);
        long used = info.memory().usedBytes();
        long overheads = info.table().capacity() * BUCKET_SHARE_BYTES;
        out.map(8);
        out.bulk("total.allocated").integer(info.memory().reservedBytes() + overheads + info.ring().sizeBytes());
        out.bulk("records.reserved").integer(info.memory().reservedBytes());
        out.bulk("buckets.allocated").integer(overheads);
        out.bulk("ring.allocated").integer(info.ring().sizeBytes());
        out.bulk("keys.count").integer(keys);
        out.bulk("keys.bytes-per-key").integer(keys == 0 ? 0 : used / keys);
        out.bulk("dataset.bytes").integer(used);
        out.bulk("dataset.percentage").number(info.memory().reservedBytes() == 0 ? 0 : used * 100.0 / info.memory().reservedBytes());
    }

    void doctor(ReplyWriter out) {
        StoreInfo.Memory memory = kernel.info().memory();
        long percent = memory.usedBytes() * 100 / memory.limitBytes();
        String budget = percent + " % of the memory budget (--memory) hold keys";
        out.verbatim(percent < 90 ? budget + ". Nothing to worry about.\n"
                : budget + ": writes will be refused with -OOM when it is used up. Delete keys, or start with a larger --memory.\n");
    }

    /** A freed record can be taken again at once; nothing is kept back that could be purged. */
    void purge(ReplyWriter out) {
        out.ok();
    }

    void mallocStats(ReplyWriter out) {
        out.bulk("Stats not supported for the current allocator");
    }
}
