package dev.marrow.stress.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** One blocking client with values of megabytes, a C program (largevalues.c): it compares what it reads with what it wrote. */
final class LargeClient {
    /** Of all values together, so that any size is measured in the same memory. */
    private static final int VALUES_BYTES = 64_000_000;
    private static final int KEYS_MIN = 6;
    /** A stream has no end of its own. */
    private static final int STREAM_SECONDS_MAX = 250;
    private static final double BYTES_PER_MEGABYTE = 1e6;

    private final ClientProgram program;
    private final Path scratch;

    /** What one connection does. */
    enum Command { SET, GET, BOTH }

    /** @param roundTrips of values of so many bytes */
    record Result(RoundTrip.Result roundTrips, int valueBytes) {
        double megabytesPerSecond() {
            return roundTrips.perSecond() * valueBytes / BYTES_PER_MEGABYTE;
        }

        double p50Millis() {
            return roundTrips.p50Micros() / 1_000;
        }

        double p99Millis() {
            return roundTrips.p99Micros() / 1_000;
        }
    }

    /** @param scratch for the program and what it says */
    LargeClient(Path scratch) throws IOException {
        this.scratch = scratch;
        program = new ClientProgram("largevalues", scratch);
    }

    /** How many keys there are of a size. */
    static int keys(int valueBytes) {
        return Math.max(KEYS_MIN, VALUES_BYTES / valueBytes);
    }

    /**
     * Runs it to its end, on a new connection.
     *
     * @throws IOException it did not end in time, failed, as it does at the first error reply or wrong value, or measured nothing
     */
    Result run(int port, Command command, int valueBytes, double warmupSeconds, double seconds) throws IOException, InterruptedException {
        return new Result(RoundTrip.parse(program.run(arguments(port, command, valueBytes, warmupSeconds, seconds), scratch)), valueBytes);
    }

    /** SET and GET in turns until it is stopped. */
    Stream stream(int port, int valueBytes) throws IOException {
        return new Stream(program.start(arguments(port, Command.BOTH, valueBytes, 0, STREAM_SECONDS_MAX), scratch), valueBytes);
    }

    private static List<String> arguments(int port, Command command, int valueBytes, double warmupSeconds, double seconds) {
        return List.of("127.0.0.1", Integer.toString(port), command.name().toLowerCase(Locale.ROOT),
                Integer.toString(keys(valueBytes)), Integer.toString(valueBytes), Double.toString(warmupSeconds), Double.toString(seconds));
    }

    /** Values that go in and out beside something else. */
    record Stream(ClientProgram.Running running, int valueBytes) implements AutoCloseable {
        /** @throws IOException it was not there until now, met a wrong value, or not one round trip was done */
        Result stop() throws IOException, InterruptedException {
            return new Result(RoundTrip.parse(running.stop()), valueBytes);
        }

        @Override
        public void close() throws IOException {
            running.close();
        }
    }
}
