package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import dev.marrow.stress.bench.MemoryServer.Use;
import dev.marrow.stress.bench.ProcessMemory.KernelObject;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the numbers of {@code bench memory} are read from and made of. */
class MemoryUseTest {
    @Test
    void residentMemoryLeavesOutMappedMaps() {
        List<String> smaps = """
                7f0000000000-7f0000100000 rw-s 00000000 00:0e 1042                       anon_inode:bpf-map
                Size:               1024 kB
                Rss:                 512 kB
                Pss:                 512 kB
                7f0000200000-7f0000300000 rw-p 00000000 00:00 0
                Size:               1024 kB
                Rss:                 100 kB
                Pss:                  50 kB
                Pss_Dirty:            50 kB
                7f0000400000-7f0000500000 r-xp 00000000 fe:00 12                         /usr/lib/libc.so.6
                Rss:                   8 kB
                VmFlags: rd ex mr mw me sd
                """.lines().toList();
        assertEquals(108 * 1024, ProcessMemory.residentBytes(smaps));
    }

    @Test
    void kernelMemoryIsThatOfMapsAndPrograms() {
        assertEquals(new KernelObject("map 12", 4096), fdinfo("pos:\t0", "map_type:\t2", "max_entries:\t5", "memlock:\t4096", "map_id:\t12"));
        assertEquals(new KernelObject("program 7", 8192), fdinfo("prog_type:\t6", "prog_tag:\t0011aabb", "memlock:\t8192", "prog_id:\t7"));
        assertEquals(KernelObject.NONE, fdinfo("link_type:\txdp", "link_id:\t3", "prog_id:\t7"));
        assertEquals(KernelObject.NONE, fdinfo("pos:\t0", "flags:\t02"));
    }

    @Test
    void aRingCountsWithItsSizeWhereTheKernelSaysNothing() {
        assertEquals(new KernelObject("map 3", 1 << 24), fdinfo("map_type:\t27", "max_entries:\t16777216", "memlock:\t0", "map_id:\t3"));
        assertEquals(new KernelObject("map 3", 16_789_000), fdinfo("map_type:\t27", "max_entries:\t16777216", "memlock:\t16789000", "map_id:\t3"));
    }

    private static KernelObject fdinfo(String... lines) {
        return ProcessMemory.kernelObject(List.of(lines));
    }

    @Test
    void growthHasWhatWasLaidOutForTheKeys() {
        MemoryLoad load = new MemoryLoad(new ValueSizes.Fixed(32), 10);
        Use before = new Use(100, 1_000, 5_000, 2_000);
        Use after = new Use(300, 1_600, 5_500, 2_600);
        MemoryRow row = new MemoryRow(load, Map.of(ServerKind.MARROW, new MemoryRow.Growth(before, after, 40, 1_000), ServerKind.REDIS,
                new MemoryRow.Growth(before, after, 0, 0)));
        assertEquals(24, row.countedPerKey(ServerKind.MARROW));
        assertEquals(164, row.takenPerKey(ServerKind.MARROW));
        assertEquals(810, row.allPerKey(ServerKind.MARROW));
        assertEquals(20, row.countedPerKey(ServerKind.REDIS));
        assertEquals(60, row.takenPerKey(ServerKind.REDIS));
    }

    @Test
    void loadKnowsItsRecords() {
        MemoryLoad load = new MemoryLoad(new ValueSizes.Fixed(33), 10);
        assertEquals(10 * (Abi.RECORD_HEADER_BYTES + 16 + 33), load.recordBytes());
        assertEquals(10 * 88, load.classBytes());
        assertEquals(Abi.RECORD_CLASS_BYTES_MAX, MemoryLoad.classBytes(Abi.RECORD_BYTES_MAX));
        assertThrows(IllegalArgumentException.class, () -> MemoryLoad.classBytes(Abi.RECORD_CLASS_BYTES_MAX + 1));
    }

    @Test
    void aMixIsTheSameAgainAndEvenOverDoublings() {
        ValueSizes mix = new ValueSizes.LogUniform(16, 16_384, 1);
        int keys = 100_000;
        assertEquals(mix.total(keys), new ValueSizes.LogUniform(16, 16_384, 1).total(keys));
        assertEquals(mix.mean(), (double) mix.total(keys) / keys, 0.02 * mix.mean());
        assertTrue(IntStream.range(0, keys).map(mix::bytes).allMatch(bytes -> bytes >= 16 && bytes <= mix.most()));
        for (int least = 16; least < 16_384; least *= 2) {
            int from = least;
            long count = IntStream.range(0, keys).map(mix::bytes).filter(bytes -> bytes >= from && bytes < 2 * from).count();
            assertEquals(0.1, (double) count / keys, 0.01);
        }
    }

    @Test
    void readsInfoAndStats() throws IOException {
        assertEquals(1_024, InfoField.number("# Memory\r\nused_memory_rss:7\r\nused_memory:1024\r\n", "used_memory"));
        MemcachedStats stats = new MemcachedStats(List.of("STAT bytes_read 7", "STAT bytes 1024", "STAT version 1.6.18"));
        assertEquals(1_024, stats.number("bytes"));
        assertThrows(IOException.class, () -> InfoField.number("used_memory:1k\r\n", "used_memory"));
        assertThrows(IOException.class, () -> InfoField.number("# Memory\r\n", "used_memory"));
        assertThrows(IOException.class, () -> stats.number("curr_items"));
        assertThrows(IOException.class, () -> stats.number("version"));
    }
}
