package dev.marrow.stress.bench;

import dev.marrow.stress.bench.RedisBenchmark.Result;
import dev.marrow.stress.bench.RedisBenchmark.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What one server does of one workload: the number of requests that keeps it busy for the wanted time, and its measurements. */
final class RedisBenchmarkSide {
    /** A run this long tells the rate well enough to choose the number of requests, and has the JIT compiler done. */
    private static final double CALIBRATION_SECONDS = 1;
    private static final long CALIBRATION_REQUESTS = 10_000;
    private static final int CALIBRATION_RUNS_MAX = 12;
    /** A measurement shorter than this share of the wanted time is taken again. */
    private static final double LEAST_SHARE = 0.8;
    private static final int AGAIN_MAX = 2;

    private final Workload workload;
    private final ServerProcess server;
    private final double seconds;
    private final Path scratch;
    private final List<Result> results = new ArrayList<>();
    private long requests;

    RedisBenchmarkSide(Workload workload, ServerProcess server, double seconds, Path scratch) {
        this.workload = workload;
        this.server = server;
        this.seconds = seconds;
        this.scratch = scratch;
    }

    void calibrate() throws IOException, InterruptedException {
        double wanted = Math.min(CALIBRATION_SECONDS, seconds);
        double rate = 0;
        requests = CALIBRATION_REQUESTS;
        for (int run = 0; run < CALIBRATION_RUNS_MAX; run++) {
            rate = measure().requestsPerSecond();
            if (requests / rate >= wanted) {
                break;
            }
            requests = Math.max(2 * requests, (long) (rate * wanted));
        }
        fit(rate);
    }

    /** One that turned out short, because the server became quicker, is taken again with more requests. */
    void sample() throws IOException, InterruptedException {
        Result result = measure();
        for (int again = 0; again < AGAIN_MAX && requests / result.requestsPerSecond() < LEAST_SHARE * seconds; again++) {
            fit(result.requestsPerSecond());
            result = measure();
        }
        results.add(result);
    }

    private Result measure() throws IOException, InterruptedException {
        return RedisBenchmark.run(workload, server.port(), requests, scratch);
    }

    private void fit(double requestsPerSecond) {
        requests = (long) Math.ceil(requestsPerSecond * seconds);
    }

    String server() {
        return server.name();
    }

    /** Of each measurement from now on. */
    long requests() {
        return requests;
    }

    Result last() {
        return results.getLast();
    }

    List<Double> rates() {
        return results.stream().map(Result::requestsPerSecond).toList();
    }

    List<Double> p50Millis() {
        return results.stream().map(Result::p50Millis).toList();
    }

    List<Double> p99Millis() {
        return results.stream().map(Result::p99Millis).toList();
    }
}
