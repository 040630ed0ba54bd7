package dev.marrow.stress.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Runs of redis-benchmark: what it is given, and what its CSV says. */
final class RedisBenchmark {
    private static final int RUN_SECONDS_MAX = 300;
    private static final String HEADING = "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\","
            + "\"p99_latency_ms\",\"max_latency_ms\"";
    private static final int COLUMN_RPS = 1;
    private static final int COLUMN_P50 = 4;
    private static final int COLUMN_P99 = 6;
    private static final int COLUMNS = 8;

    /** Of one MSET, which redis-benchmark has chosen, and of one MGET. */
    static final int KEYS_OF_SEVERAL = 10;

    private RedisBenchmark() {}

    /**
     * What is asked of a server.
     *
     * Several client threads are several processes here, for {@code --threads} makes redis-benchmark look only every 250 ms whether it is
     * done, and adds that to the time that its rate is of.
     *
     * @param command   {@code set}, {@code get}, or {@code mset} or {@code mget} of {@value #KEYS_OF_SEVERAL} keys
     * @param processes that share the connections and the requests, at most one a connection
     * @param clients   connections
     * @param pipeline  requests sent together on one
     * @param keyspace  uniformly random keys out of so many
     * @param dataBytes size of a value
     */
    record Workload(String command, int processes, int clients, int pipeline, int keyspace, int dataBytes) {
        /** What each process does of it. */
        List<Share> shares(long requests) {
            List<Share> shares = new ArrayList<>();
            for (int i = 0; i < processes; i++) {
                int connections = clients / processes + (i < clients % processes ? 1 : 0);
                if (connections > 0) {
                    shares.add(new Share(connections, Math.ceilDiv(requests * connections, clients)));
                }
            }
            return shares;
        }

        boolean hasSeveralKeys() {
            return command.equals("mset") || command.equals("mget");
        }

        /** For people. */
        String label() {
            return command.toUpperCase(Locale.ROOT) + (hasSeveralKeys() ? " of " + KEYS_OF_SEVERAL : "");
        }

        List<String> arguments(int port, Share share) {
            List<String> words = new ArrayList<>(List.of("redis-benchmark", "-h", "127.0.0.1", "-p", Integer.toString(port),
                    "-n", Long.toString(share.requests), "-c", Integer.toString(share.clients), "-P", Integer.toString(pipeline),
                    "-r", Integer.toString(keyspace), "--csv"));
            if (command.equals("mget")) {
                // it has no test of that name
                words.add(command);
                words.addAll(Collections.nCopies(KEYS_OF_SEVERAL, "key:__rand_int__"));
            } else {
                words.addAll(List.of("-t", command, "-d", Integer.toString(dataBytes)));
            }
            return words;
        }
    }

    /** One process's part. */
    record Share(int clients, long requests) {}

    /** @param requestsPerSecond over the whole run; latencies in milliseconds, of whole pipelines */
    record Result(double requestsPerSecond, double p50Millis, double p99Millis) {
        /** All requests in the time of the slowest process, and the latencies of the one that had longer ones. */
        static Result together(List<Share> shares, List<Result> results) {
            long requests = 0;
            double seconds = 0;
            double p50 = 0;
            double p99 = 0;
            for (int i = 0; i < shares.size(); i++) {
                requests += shares.get(i).requests;
                seconds = Math.max(seconds, shares.get(i).requests / results.get(i).requestsPerSecond);
                p50 = Math.max(p50, results.get(i).p50Millis);
                p99 = Math.max(p99, results.get(i).p99Millis);
            }
            return new Result(requests / seconds, p50, p99);
        }
    }

    /**
     * Runs it to its end.
     *
     * @throws IOException it is not installed, did not end in time, or failed, as it does at the first error reply
     */
    static Result run(Workload workload, int port, long requests, Path scratch) throws IOException, InterruptedException {
        List<Share> shares = workload.shares(requests);
        List<Client> clients = new ArrayList<>();
        try {
            for (Share share : shares) {
                clients.add(new Client(workload.arguments(port, share), scratch));
            }
            List<Result> results = new ArrayList<>();
            for (Client client : clients) {
                results.add(client.result());
            }
            return Result.together(shares, results);
        } finally {
            for (Client client : clients) {
                client.close();
            }
        }
    }

    /** One process. */
    private static final class Client implements AutoCloseable {
        private final List<String> command;
        private final Path output;
        private final Process process;

        Client(List<String> command, Path scratch) throws IOException {
            this.command = command;
            output = Files.createTempFile(scratch, "redis-benchmark", ".csv");
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        }

        Result result() throws IOException, InterruptedException {
            if (!process.waitFor(RUN_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + " failed or did not end in " + RUN_SECONDS_MAX + " s:\n"
                        + Files.readString(output));
            }
            return parse(Files.readAllLines(output));
        }

        @Override
        public void close() throws IOException {
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
