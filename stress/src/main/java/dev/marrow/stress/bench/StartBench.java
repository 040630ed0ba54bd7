package dev.marrow.stress.bench;

import dev.marrow.stress.bench.RecoveryBench.Plan;
import dev.marrow.stress.bench.StartRow.Kind;
import dev.marrow.stress.bench.StartRow.Source;
import dev.marrow.stress.bench.TimedServer.Start;
import dev.marrow.stress.crash.RespConnection;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How soon Marrow and redis-server serve after a start: from the log of every write, then, compacted, from what a checkpoint wrote, and Marrow
 * from its tables in the kernel. And what a key takes in each of these files.
 */
final class StartBench {
    private static final int LOGGED_SECONDS_MAX = 60;
    private static final int LOGGED_POLL_MILLIS = 20;
    private static final List<Kind> COLD = List.of(Kind.MARROW, Kind.REDIS);
    private static final String MODE_COLD = "cold";
    private static final String MODE_WARM = "warm";

    private final Plan plan;
    private final Path scratch;
    private final Report report;
    private final Teardown teardown;
    private final List<StartRow> rows = new ArrayList<>();
    private final List<StartTables.Sizes> sizes = new ArrayList<>();

    StartBench(Plan plan, Path scratch, Report report, Teardown teardown) {
        this.plan = plan;
        this.scratch = scratch;
        this.report = report;
        this.teardown = teardown;
    }

    void run() throws IOException, InterruptedException {
        for (int keys : plan.keys()) {
            try (TimedServer marrow = TimedServer.marrow(Durability.EVERYSEC, keys, plan.valueBytes(), true, scratch.resolve("marrow-start"),
                    teardown);
                    TimedServer redis = TimedServer.redis(Durability.EVERYSEC, scratch.resolve("redis-start"), teardown)) {
                measure(keys, marrow, redis);
            }
        }
        new StartTables(plan, rows, sizes, report).print();
    }

    /** One filling is enough: what is all log at first is compacted by the last start from it. */
    private void measure(int keys, TimedServer marrow, TimedServer redis) throws IOException, InterruptedException {
        long marrowLog = fillMarrow(keys, marrow);
        long redisLog = fillRedis(keys, redis);
        StartRow log = new StartRow(Source.LOG, keys);
        for (int round = 0; round < plan.rounds(); round++) {
            boolean last = round == plan.rounds() - 1;
            for (Kind kind : Turns.of(COLD, round)) {
                TimedServer server = kind == Kind.MARROW ? marrow : redis;
                add(log, kind, server.start(keys), round);
                if (last) {
                    compact(kind, server);
                }
                server.stop();
            }
        }
        StartRow base = new StartRow(Source.BASE, keys);
        for (int round = 0; round < plan.rounds(); round++) {
            for (Kind kind : Turns.of(COLD, round)) {
                TimedServer server = kind == Kind.MARROW ? marrow : redis;
                add(base, kind, server.start(keys), round);
                if (kind == Kind.MARROW) {
                    server.kill();
                    add(base, Kind.WARM, server.start(keys), round);
                }
                server.stop();
            }
        }
        rows.add(base);
        rows.add(log);
        sizes.add(new StartTables.Sizes(keys, marrow.fileBytes("base", ".base"), redis.fileBytes("appendonlydir", ".base.rdb"), marrowLog, redisLog));
        StartTables.Sizes all = sizes.getLast();
        report.sample(Map.of("keys", keys, "marrow_base_bytes", all.marrowBase(), "redis_base_bytes", all.redisBase(),
                "marrow_log_bytes", all.marrowLog(), "redis_log_bytes", all.redisLog()));
    }

    /** Returns the bytes of its log: payload, as the server counts it, for files are longer than what they hold. */
    private long fillMarrow(int keys, TimedServer marrow) throws IOException, InterruptedException {
        fill(keys, marrow);
        long bytes;
        try (RespConnection connection = marrow.connect()) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LOGGED_SECONDS_MAX);
            while (BackgroundSave.number(BackgroundSave.info(connection, "marrow"), "log_records") < keys) {
                if (System.nanoTime() > deadline) {
                    throw new IOException("Marrow's log is not written after " + LOGGED_SECONDS_MAX + " s");
                }
                TimeUnit.MILLISECONDS.sleep(LOGGED_POLL_MILLIS);
            }
            bytes = BackgroundSave.number(BackgroundSave.info(connection, "marrow"), "log_bytes");
        }
        marrow.stop();
        return bytes;
    }

    private long fillRedis(int keys, TimedServer redis) throws IOException, InterruptedException {
        fill(keys, redis);
        redis.stop();
        return redis.fileBytes("appendonlydir", ".incr.aof");
    }

    private void fill(int keys, TimedServer server) throws IOException, InterruptedException {
        report.progress(String.format(Locale.ROOT, "%,d keys: filling %s", keys, server.name()));
        server.startEmpty();
        Prefill.run(server.port(), keys, plan.valueBytes());
    }

    private static void compact(Kind kind, TimedServer server) throws IOException, InterruptedException {
        try (RespConnection connection = server.connect()) {
            (kind == Kind.MARROW ? BackgroundSave.BGSAVE : BackgroundSave.BGREWRITEAOF).run(connection);
        }
    }

    /** @throws IOException Marrow's tables came from somewhere else: that would be the measurement of another start */
    private void add(StartRow row, Kind kind, Start start, int round) throws IOException {
        String expected = kind == Kind.WARM ? MODE_WARM : MODE_COLD;
        if (kind != Kind.REDIS && !start.mode().equals(expected)) {
            throw new IOException("this start of Marrow was " + start.mode() + ", not " + expected);
        }
        row.add(kind, start);
        report.sample(Map.of("source", row.source().word(), "keys", row.keys(), "start", kind.word(), "round", round,
                "ready_seconds", start.seconds(), "reported_seconds", start.reported()));
        report.progress(String.format(Locale.ROOT, "%,d keys, %s, round %d: %s ready after %.2f s", row.keys(), row.source().word(), round + 1,
                kind.word(), start.seconds()));
    }
}
