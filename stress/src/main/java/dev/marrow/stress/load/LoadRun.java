package dev.marrow.stress.load;

import dev.marrow.stress.crash.Endpoint;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

/** One load on one server, from the first connection to the last reply. */
final class LoadRun {
    private static final long INTERVAL_NANOS = 1_000_000_000;
    /** What is left at the end and is shorter than this is no interval of its own: its rate would say nothing. */
    private static final double LAST_INTERVAL_SECONDS_MIN = 0.5;
    /** Between the connections and the first operation, so that all threads begin together. */
    private static final long LEAD_NANOS = 20_000_000;
    /** A server that is silent for so long has lost its connection. */
    private static final long SILENT_NANOS_MAX = 30_000_000_000L;

    private final Shape shape;
    private final Endpoint server;
    private final LoadClock clock = LoadClock.SYSTEM;
    private final Troubles troubles;
    private final Counts counts = new Counts();
    private final List<Meter> meters = new ArrayList<>();
    private final List<Driver> drivers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Map<OperationKind, Histogram> totals = new EnumMap<>(OperationKind.class);
    private final List<Interval> series = new ArrayList<>();
    private long errorsBefore;

    /**
     * What is asked of a server.
     *
     * @param mix the kinds that can come, and their room
     * @param source makes a connection's operations from its own randomness
     * @param pipeline requests in one write, at most
     * @param threads at most as many as connections
     * @param rate operations a second; 0: closed loop
     * @param seconds 0: until so many operations are done
     * @param operations {@link Long#MAX_VALUE}: until the time is over
     * @param warmupSeconds before recording begins
     * @param complete whether every record is there, and stays
     * @param endsExpected whether connections are ended on purpose
     */
    record Shape(Mix mix, Function<SplittableRandom, OperationSource> source, int valueBytesMax, int pipeline, int connections, int threads,
            double rate, double seconds, long operations, double warmupSeconds, long seed, Rmw rmw, boolean complete, long records,
            boolean endsExpected) {

        int outBytes() {
            return pipeline * RequestEncoder.operationBytesMax(mix, valueBytesMax);
        }

        int bulkBytes() {
            return mix.has(OperationKind.RMW) ? valueBytesMax : 0;
        }
    }

    LoadRun(Shape shape, Endpoint server) {
        this.shape = shape;
        this.server = server;
        troubles = new Troubles(shape.endsExpected);
    }

    /**
     * Runs it to its end.
     *
     * @param progress is told of each second
     * @throws IOException a connection could not be made at the beginning
     */
    Measurement run(Consumer<Interval> progress) throws IOException, InterruptedException {
        List<SocketChannel> channels = new ArrayList<>();
        try {
            for (int i = 0; i < shape.connections; i++) {
                channels.add(server.connect());
            }
            long start = clock.nanos() + LEAD_NANOS;
            long recordFrom = start + (long) (shape.warmupSeconds * 1e9);
            prepare(channels, start, recordFrom);
            drivers.forEach(this::start);
            return observe(recordFrom, progress);
        } finally {
            for (Driver driver : drivers) {
                driver.stop();
            }
            for (Thread thread : threads) {
                thread.interrupt();
                thread.join(Duration.ofNanos(SILENT_NANOS_MAX));
            }
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
    }

    private void prepare(List<SocketChannel> channels, long start, long recordFrom) throws IOException {
        long end = shape.seconds == 0 ? Pace.NEVER : recordFrom + (long) (shape.seconds * 1e9);
        Session.Terms terms = new Session.Terms(shape.pipeline, shape.outBytes(), shape.bulkBytes(), recordFrom, shape.rmw, shape.complete,
                shape.records);
        Quota quota = new Quota(shape.operations);
        SplittableRandom random = new SplittableRandom(shape.seed);
        List<List<Session>> sessions = new ArrayList<>();
        List<List<SocketChannel>> shares = new ArrayList<>();
        for (int i = 0; i < shape.threads; i++) {
            meters.add(new Meter(shape.mix.kinds()));
            sessions.add(new ArrayList<>());
            shares.add(new ArrayList<>());
        }
        for (int i = 0; i < shape.connections; i++) {
            Pace pace = shape.rate == 0 ? new Pace.Closed(start, end) : new Pace.Open(start, end, shape.rate, i, shape.connections);
            int thread = i % shape.threads;
            sessions.get(thread).add(new Session(terms, shape.source.apply(random.split()), pace, quota, meters.get(thread), counts, troubles));
            shares.get(thread).add(channels.get(i));
        }
        for (int i = 0; i < shape.threads; i++) {
            drivers.add(driver(sessions.get(i), shares.get(i)));
        }
        shape.mix.kinds().forEach(kind -> totals.put(kind, Meter.histogram()));
    }

    private Driver driver(List<Session> sessions, List<SocketChannel> channels) throws IOException {
        if (sessions.size() == 1 && shape.outBytes() <= BlockingDriver.BATCH_BYTES_MAX) {
            return new BlockingDriver(sessions.getFirst(), channels.getFirst(), server::connect, clock, troubles);
        }
        return new SelectingDriver(sessions, channels, server, clock, troubles);
    }

    private void start(Driver driver) {
        Thread thread = Thread.ofPlatform().daemon().name("load-" + threads.size()).unstarted(driver);
        thread.setUncaughtExceptionHandler((which, thrown) -> failure.compareAndSet(null, thrown));
        threads.add(thread);
        thread.start();
    }

    /** One interval after the other, until all threads are done. */
    private Measurement observe(long recordFrom, Consumer<Interval> progress) throws InterruptedException {
        long from = recordFrom;
        long tick = recordFrom + INTERVAL_NANOS;
        while (!ended(tick)) {
            long now = clock.nanos();
            if (now >= tick) {
                Interval interval = interval(recordFrom, from, now);
                series.add(interval);
                progress.accept(interval);
                drivers.forEach(driver -> driver.dropSilent(now - SILENT_NANOS_MAX));
                from = now;
                tick += INTERVAL_NANOS * Math.ceilDiv(now - tick + 1, INTERVAL_NANOS);
            }
        }
        long end = Math.max(clock.nanos(), recordFrom + 1);
        Interval last = interval(recordFrom, from, end);
        if (last.seconds() >= LAST_INTERVAL_SECONDS_MIN || series.isEmpty()) {
            series.add(last);
            progress.accept(last);
        }
        if (failure.get() != null) {
            throw new IllegalStateException("a thread of the load failed", failure.get());
        }
        Map<OperationKind, Long> errors = new EnumMap<>(OperationKind.class);
        shape.mix.kinds().forEach(kind -> errors.put(kind, troubles.errors(kind)));
        return new Measurement((end - recordFrom) / 1e9, List.copyOf(series), totals, errors, troubles.all(), troubles.lostConnections(),
                troubles.refused(), troubles.unanswered(), troubles.unsent(), counts.misses(), counts.conflicts(), troubles.texts());
    }

    /** Whether all threads are done; waits for that, at most until then. */
    private boolean ended(long untilNanos) throws InterruptedException {
        for (Thread thread : threads) {
            Duration left = Duration.ofNanos(Math.max(0, untilNanos - clock.nanos()));
            if (!thread.join(left)) {
                return false;
            }
        }
        return true;
    }

    private Interval interval(long recordFrom, long from, long now) {
        Histogram all = Meter.histogram();
        Map<OperationKind, Interval.Latencies> kinds = new EnumMap<>(OperationKind.class);
        for (OperationKind kind : shape.mix.kinds()) {
            Histogram together = Meter.histogram();
            meters.forEach(meter -> together.add(meter.interval(kind)));
            kinds.put(kind, Interval.Latencies.of(together));
            totals.get(kind).add(together);
            all.add(together);
        }
        long errors = troubles.all();
        long errorsNow = errors - errorsBefore;
        errorsBefore = errors;
        return new Interval((now - recordFrom) / 1e9, Math.max(1, now - from) / 1e9, Interval.Latencies.of(all), kinds, errorsNow);
    }
}
