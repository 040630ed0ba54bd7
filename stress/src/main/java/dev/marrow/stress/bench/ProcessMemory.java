package dev.marrow.stress.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process occupies, as the kernel says.
 *
 * @param residentBytes pages of its address space that are in memory, without those of eBPF maps that it has mapped
 * @param kernelBytes   eBPF maps and programs that it holds a descriptor of, each once, whether mapped or not
 */
record ProcessMemory(long residentBytes, long kernelBytes) {
    private static final long BYTES_PER_KB = 1024;
    private static final Pattern MAPPING = Pattern.compile("^[0-9a-f]+-[0-9a-f]+ .*");
    private static final String BPF_MAPPING = "bpf-map";
    private static final Pattern RESIDENT = Pattern.compile("^Rss:\\s+(\\d+) kB$");
    private static final Pattern FIELD = Pattern.compile("^(\\w+):\\s+(\\d+)$");
    /** {@code BPF_MAP_TYPE_RINGBUF}. */
    private static final long RING_TYPE = 27;

    /** One map or program. */
    record KernelObject(String name, long bytes) {
        static final KernelObject NONE = new KernelObject("none", 0);
    }

    /** As of now; it has to be root's business to look. */
    static ProcessMemory of(long pid) throws IOException {
        Path process = Path.of("/proc", Long.toString(pid));
        return new ProcessMemory(residentBytes(Files.readAllLines(process.resolve("smaps"))), kernelBytes(process.resolve("fdinfo")));
    }

    /** @param smaps lines of a process's file of that name */
    static long residentBytes(List<String> smaps) {
        long kilobytes = 0;
        boolean counts = true;
        for (String line : smaps) {
            Matcher resident = RESIDENT.matcher(line);
            if (MAPPING.matcher(line).matches()) {
                counts = !line.endsWith(BPF_MAPPING);
            } else if (counts && resident.matches()) {
                kilobytes += Long.parseLong(resident.group(1));
            }
        }
        return kilobytes * BYTES_PER_KB;
    }

    private static long kernelBytes(Path fdinfo) throws IOException {
        Map<String, Long> objects = new HashMap<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(fdinfo)) {
            for (Path descriptor : descriptors) {
                try {
                    KernelObject object = kernelObject(Files.readAllLines(descriptor));
                    objects.put(object.name, object.bytes);
                } catch (NoSuchFileException closedMeanwhile) {
                    // Then it is not held.
                }
            }
        }
        return objects.values().stream().mapToLong(Long::longValue).sum();
    }

    /** @param fdinfo lines about one descriptor, of whatever kind */
    static KernelObject kernelObject(List<String> fdinfo) {
        Map<String, Long> fields = new HashMap<>();
        for (String line : fdinfo) {
            Matcher field = FIELD.matcher(line);
            if (field.matches()) {
                fields.put(field.group(1), Long.parseLong(field.group(2)));
            }
        }
        if (!fields.containsKey("memlock")) {
            return KernelObject.NONE;
        }
        long bytes = fields.get("memlock");
        if (fields.containsKey("map_id")) {
            // Before 6.4 the kernel takes entries times their size for the memory of any map, and those of a ring have none.
            boolean ring = fields.getOrDefault("map_type", 0L) == RING_TYPE;
            return new KernelObject("map " + fields.get("map_id"), ring ? Math.max(bytes, fields.get("max_entries")) : bytes);
        }
        return fields.containsKey("prog_id") ? new KernelObject("program " + fields.get("prog_id"), bytes) : KernelObject.NONE;
    }
}
