package dev.marrow.stress.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One run of redis-benchmark: what it is given, and what its CSV says. */
final class RedisBenchmark {
    private static final int RUN_SECONDS_MAX = 300;
    private static final String HEADING = "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\","
            + "\"p99_latency_ms\",\"max_latency_ms\"";
    private static final int COLUMN_RPS = 1;
    private static final int COLUMN_P50 = 4;
    private static final int COLUMN_P99 = 6;
    private static final int COLUMNS = 8;

    private RedisBenchmark() {}

    /**
     * What one client process does.
     *
     * @param command   {@code set} or {@code get}
     * @param clients   connections
     * @param pipeline  requests sent together on one
     * @param keyspace  uniformly random keys out of so many
     * @param dataBytes size of a value
     */
    record Workload(String command, int clients, int pipeline, int keyspace, int dataBytes) {
        List<String> arguments(int port, long requests) {
            return List.of("redis-benchmark", "-h", "127.0.0.1", "-p", Integer.toString(port), "-t", command, "-n", Long.toString(requests),
                    "-c", Integer.toString(clients), "-P", Integer.toString(pipeline), "-r", Integer.toString(keyspace),
                    "-d", Integer.toString(dataBytes), "--csv");
        }
    }

    /** @param requestsPerSecond over the whole run; latencies in milliseconds, of whole pipelines */
    record Result(double requestsPerSecond, double p50Millis, double p99Millis) {}

    /**
     * Runs it to its end.
     *
     * @throws IOException it is not installed, did not end in time, or failed, as it does at the first error reply
     */
    static Result run(Workload workload, int port, long requests, Path scratch) throws IOException, InterruptedException {
        Path output = Files.createTempFile(scratch, "redis-benchmark", ".csv");
        List<String> command = workload.arguments(port, requests);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            if (!process.waitFor(RUN_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + " failed or did not end in " + RUN_SECONDS_MAX + " s:\n"
                        + Files.readString(output));
            }
            return parse(Files.readAllLines(output));
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }

    /** @throws IOException for anything but the heading and one line of numbers, such as an error or a warning */
    static Result parse(List<String> lines) throws IOException {
        List<String> told = lines.stream().filter(line -> !line.isBlank()).toList();
        if (told.size() != 2 || !told.getFirst().equals(HEADING)) {
            throw new IOException("redis-benchmark said:\n" + String.join("\n", lines));
        }
        List<String> cells = new ArrayList<>();
        for (String cell : told.get(1).split(",")) {
            cells.add(cell.replace("\"", ""));
        }
        try {
            if (cells.size() != COLUMNS) {
                throw new NumberFormatException("columns=" + cells.size());
            }
            return new Result(Double.parseDouble(cells.get(COLUMN_RPS)), Double.parseDouble(cells.get(COLUMN_P50)),
                    Double.parseDouble(cells.get(COLUMN_P99)));
        } catch (NumberFormatException e) {
            throw new IOException("redis-benchmark said:\n" + told.get(1), e);
        }
    }
}
