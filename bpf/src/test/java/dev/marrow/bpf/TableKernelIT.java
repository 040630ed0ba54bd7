package dev.marrow.bpf;

import java.util.Random;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Sizes, limits, and what a full ring or table leaves behind. */
class TableKernelIT {
    @Test
    void keepsEverySizeAroundEveryClassBorder() {
        try (TestStore store = TestStore.small()) {
            Random random = new Random(1);
            for (int size : Abi.sizeClasses()) {
                for (int length = size - Abi.RECORD_HEADER_BYTES - 5; length <= size - Abi.RECORD_HEADER_BYTES + 1; length++) {
                    if (length < 0 || length > Abi.VALUE_BYTES_MAX) {
                        continue;
                    }
                    String value = (char) ('a' + random.nextInt(26)) + "z".repeat(Math.max(0, length - 1));
                    value = value.substring(0, length);
                    assertEquals("+OK\r\n", store.call("SET", "size", value));
                    assertEquals("$" + length + "\r\n" + value + "\r\n", store.call("GET", "size"));
                }
            }
        }
    }

    @Test
    void aFullRingChangesNothingAndIsNotAnError() {
        try (TestStore store = new TestStore(new StoreGeometry(1000, 64 << 20, StoreGeometry.RING_BYTES_MIN), 1)) {
            IoSlot slot = store.store.slot(0);
            assertEquals("+OK\r\n", store.call("SET", "k", "before"));
            String value = "v".repeat(60_000);
            String command = TestStore.command("SET", "k", value);
            int status;
            int writes = 0;
            do {
                put(slot, command, 0);
                slot.serve(1);
                status = slot.status(0);
                writes += slot.writes(0);
            } while (status == Abi.STATUS_DONE);
            assertEquals(Abi.STATUS_RING_FULL, status);
            assertEquals(0, slot.inOffset(0), "the command was consumed");
            long used = store.store.counters().keys();
            put(slot, TestStore.command("DEL", "k"), 0);
            for (int i = 0; i < 3; i++) {
                put(slot, command, 0);
                slot.serve(1);
                assertEquals(Abi.STATUS_RING_FULL, slot.status(0));
            }
            assertEquals(used, store.store.counters().keys());
            put(slot, TestStore.command("STRLEN", "k"), 0);
            slot.serve(1);
            assertEquals(Abi.STATUS_DONE, slot.status(0), "reads go on");
            put(slot, command, Abi.REQUEST_FAIL_STALLED);
            slot.serve(1);
            assertEquals(Abi.STATUS_DONE, slot.status(0));
            assertEquals('-', slot.out().get(java.lang.foreign.ValueLayout.JAVA_BYTE, slot.outOffset(0)));
            store.dropLog();
            assertEquals("+OK\r\n", store.call("SET", "k", "after"));
            assertTrue(writes > 0);
        }
    }

    private static void put(IoSlot slot, String command, int flags) {
        byte[] bytes = command.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        slot.inBuffer().clear().put(bytes);
        slot.request(0, 0, bytes.length, flags);
    }

    @Test
    void aFullTableSaysSoKeepsWhatItHasAndTakesMoreAfterADelete() {
        int capacity = 20_000;
        try (TestStore store = new TestStore(new StoreGeometry(capacity, 64 << 20, 1 << 20), 1)) {
            int held = 0;
            String reply;
            while ((reply = store.call("SET", "key:" + held, "v" + held)).equals("+OK\r\n")) {
                held++;
            }
            assertTrue(reply.startsWith("-OOM "), reply);
            assertTrue(held >= capacity * 9 / 10, "held=" + held);
            assertEquals("$-1\r\n", store.call("GET", "key:" + held));
            assertEquals(held, store.store.counters().keys());
            for (int i = 0; i < held; i++) {
                assertEquals("$" + ("v" + i).length() + "\r\nv" + i + "\r\n", store.call("GET", "key:" + i));
            }
            for (int i = 0; i < held; i++) {
                assertEquals(":1\r\n", store.call("DEL", "key:" + i));
            }
            assertEquals(0, store.store.counters().keys());
            for (int i = 0; i < capacity * 9 / 10; i++) {
                assertEquals("+OK\r\n", store.call("SET", "other:" + i, "v"));
            }
        }
    }

    @Test
    void outOfMemorySaysSoAndRecovers() {
        try (TestStore store = new TestStore(new StoreGeometry(100_000, StoreGeometry.SLAB_BYTES * 4, 1 << 20), 1)) {
            String value = "m".repeat(5000);
            int held = 0;
            while (store.call("SET", "key:" + held, value).equals("+OK\r\n")) {
                held++;
            }
            long stored = held * (long) (Abi.RECORD_HEADER_BYTES + 8 + value.length());
            assertTrue(stored > StoreGeometry.SLAB_BYTES * 4 * 85 / 100, "stored=" + stored);
            assertTrue(store.call("SET", "key:0", value + value).startsWith("-OOM "));
            assertEquals("$5000\r\n" + value + "\r\n", store.call("GET", "key:0"));
            assertEquals(":1\r\n", store.call("DEL", "key:1"));
            assertEquals("+OK\r\n", store.call("SET", "again", value));
        }
    }

    @Test
    void expiredKeysAreSweptAndLogged() {
        try (TestStore store = TestStore.small()) {
            store.store.control().clockFixedMillis(1000);
            for (int i = 0; i < 100; i++) {
                assertEquals("+OK\r\n", store.call("SET", "mortal:" + i, "v", "PX", i < 60 ? "10" : "100000"));
            }
            store.store.control().clockFixedMillis(2000);
            store.dropLog();
            IoSlot slot = store.store.slot(0);
            slot.sweep(0, store.store.geometry().bucketCount(), IoSlot.Sweep.EXPIRED);
            assertEquals(60, slot.batchResult());
            assertEquals(40, store.store.counters().keys());
            assertTrue(store.store.ring().producerPosition() > store.store.ring().consumerPosition(), "nothing was logged");
        }
    }

    @Test
    void timeNeverGoesBack() {
        try (TestStore store = TestStore.small()) {
            assertEquals("+OK\r\n", store.call("SET", "k", "v", "PX", "50"));
            long floor = store.store.control().clockFloorMillis();
            store.store.control().clockOffsetNanos(-3_600_000_000_000L);
            assertEquals("+PONG\r\n", store.call("PING"));
            assertTrue(store.store.control().clockFloorMillis() >= floor);
            String left = store.call("PTTL", "k");
            assertTrue(Long.parseLong(left.substring(1).trim()) <= 50, "time went back: " + left);
        }
    }

    /** A kill in the middle of unpinning must not leave something that looks like a store: libbpf would make what is missing, empty. */
    @Test
    void pinsThatAreNotWholeAreNoStore() throws Exception {
        for (String missing : new String[] {"control", "counters", "buckets", "heap", "allocators", "ring"}) {
            try (TestStore store = TestStore.small()) {
                store.store.control().state(Abi.STATE_SERVING);
                java.nio.file.Files.delete(BpfFs.directory(store.instance).resolve(missing));
                assertEquals(0, KernelStore.inspect(BpfFs.directory(store.instance)).state(), missing);
            }
        }
    }

    @Test
    void pinnedTablesOutliveTheirProcessAndAreAdopted() {
        byte[] instance;
        try (TestStore store = TestStore.small()) {
            instance = store.instance;
            store.call("SET", "k", "survives");
            store.store.control().state(Abi.STATE_SERVING);
            PinnedStore pinned = KernelStore.inspect(BpfFs.directory(instance));
            assertEquals(Abi.STATE_SERVING, pinned.state());
            assertEquals(store.store.geometry(), pinned.geometry());
            try (KernelStore adopted = KernelStore.adopt(BpfFs.directory(instance), pinned, 1)) {
                IoSlot slot = adopted.slot(0);
                put(slot, TestStore.command("GET", "k"), 0);
                slot.serve(1);
                byte[] reply = slot.out().asSlice(slot.outOffset(0), slot.outEnd(0)).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
                assertEquals("$8\r\nsurvives\r\n", new String(reply, java.nio.charset.StandardCharsets.ISO_8859_1));
                assertEquals(1, adopted.counters().keys());
            }
        }
    }
}
