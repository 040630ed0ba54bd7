package dev.marrow.stress.bench;

import dev.marrow.stress.crash.FreePort;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How a {@link TimedServer} is started. Both servers log every write; Redis never rewrites its log.
 *
 * @param words  the command line
 * @param port   on loopback, free when this was made
 * @param report what the server says about its start: first group where its keys come from, second how many seconds it took
 * @param undo   takes back what the server left in the kernel
 */
record ServerCommand(String name, List<String> words, int port, Pattern report, Runnable undo) {
    /** Of a record in Marrow's memory beside key and value. */
    private static final int RECORD_HEADER_BYTES = 32;
    private static final long MEMORY_BYTES_LEAST = 64L << 20;
    private static final Pattern MARROW_REPORT = Pattern.compile("^start: (\\w+), .* in (\\d+[.,]\\d+) s", Pattern.MULTILINE);
    private static final Pattern REDIS_REPORT = Pattern.compile("DB loaded from (append only file): (\\d+\\.\\d+) seconds");

    /** Debian's redis-server; what it rewrites begins with an RDB. */
    static ServerCommand redis(Durability durability, Path directory) throws IOException {
        int port = FreePort.find();
        List<String> command = List.of("redis-server", "--port", Integer.toString(port), "--bind", "127.0.0.1", "--dir", directory.toString(),
                "--save", "", "--appendonly", "yes", "--appendfsync", durability.word(), "--auto-aof-rewrite-percentage", "0",
                "--aof-use-rdb-preamble", "yes");
        return new ServerCommand("Redis", command, port, REDIS_REPORT, () -> { });
    }

    /** Marrow with room for so many keys and the launcher's JVM flags: one event loop. */
    static ServerCommand marrow(Durability durability, int keys, int valueBytes, boolean onHost, LogShape log, Path directory) throws IOException {
        int port = FreePort.find();
        List<String> options = new ArrayList<>(List.of("--port", Integer.toString(port), "--dir", directory.toString(), "--durability", durability.word(),
                "--event-loops", "1", "--on-host", onHost ? "on" : "off"));
        options.addAll(room(keys, valueBytes));
        options.addAll(log.options());
        return new ServerCommand("Marrow", ServerProcess.marrowCommand(options), port, MARROW_REPORT, () -> ServerProcess.unpin(directory));
    }

    /** Marrow's options for so many keys. */
    static List<String> room(int keys, int valueBytes) {
        // A table takes nine tenths of its capacity for certain.
        long capacity = keys + keys / 8L + 16;
        return List.of("--capacity", Long.toString(capacity), "--memory", Long.toString(memoryBytes(keys, valueBytes)));
    }

    /** Of Marrow's table, which is used to 85 % at least. */
    static long memoryBytes(int keys, int valueBytes) {
        return MEMORY_BYTES_LEAST + keys * (long) (RECORD_HEADER_BYTES + Prefill.KEY_BYTES + valueBytes) * 4 / 3;
    }
}
