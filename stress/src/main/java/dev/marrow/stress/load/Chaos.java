package dev.marrow.stress.load;

import dev.marrow.stress.bench.TimedServer;
import dev.marrow.stress.crash.DiskFiller;
import dev.marrow.stress.crash.Ending;
import dev.marrow.stress.crash.Endpoint;
import dev.marrow.stress.crash.Reply;
import dev.marrow.stress.crash.RespConnection;
import dev.marrow.wal.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** What is done to a server while it is loaded and checked, at random. One thread. */
final class Chaos {
    private static final int FREEZE_MILLIS_MIN = 50;
    private static final int FREEZE_MILLIS_MAX = 1_500;
    /** How long a disk is full, unless its server ends before. */
    private static final int FULL_MILLIS_MIN = 500;
    private static final int FULL_MILLIS_MAX = 4_000;
    /** What becomes free meanwhile is taken as often as this. */
    private static final int REFILL_MILLIS = 20;
    /** For a thread that has just been told that there is no room, and has not told the others: from then on nothing is acknowledged. */
    private static final int SETTLE_MILLIS = 250;
    private static final int CERTAIN_MILLIS = 1_000;
    /** For a server that ends, and does not answer any more. */
    private static final int END_MILLIS_MAX = 60_000;
    private static final String PROBE = "check:probe";
    private static final String PROBE_SYNC_MILLIS = "30000";

    /** What can happen. */
    enum Event {
        /** kill -9 and a start. */
        KILL("kill -9 and a warm start"),
        /** kill -9, the tables are dropped as a reboot does it, and the start has base and log alone. */
        COLD_KILL("kill -9 and a cold start"),
        /**
         * SIGSTOP, so that the log writer and the event loops stand still, and SIGCONT; local clients of the on-host door may be served meanwhile.
         */
        FREEZE("freezes"),
        /** The server closes all connections of clients. */
        RESET("all connections closed"),
        /** The server's file system has no room left, for a time. If that ends the server it is started again when there is room. */
        FULL_DISK("full disks"),
        /** For comparison. */
        NOTHING("nothing");

        private final String words;

        Event(String words) {
            this.words = words;
        }

        /** Whether connections may end by it. */
        boolean endsConnections() {
            return this != FREEZE && this != NOTHING;
        }

        /** Whether nothing acknowledged or read may be lost by it. */
        boolean keepsAll(Durability durability) {
            return this != COLD_KILL || durability == Durability.ALWAYS;
        }
    }

    /** What is done to a data directory before a cold start: nothing, but in a test that wants something to be lost. */
    interface BeforeColdStart {
        void act(Path directory) throws IOException;
    }

    private final TimedServer server;
    private final DiskFiller disk;
    private final List<Event> events;
    private final Endpoint endpoint;
    private final SplittableRandom random;
    private final BeforeColdStart beforeColdStart;
    private final List<Event> bag = new ArrayList<>();
    private final Map<Event, Integer> counts = new EnumMap<>(Event.class);
    private int endedByFullDisk;

    /** @param disk the file system of the server's data directory, which has nothing else */
    Chaos(TimedServer server, DiskFiller disk, Durability durability, Endpoint endpoint, SplittableRandom random,
            BeforeColdStart beforeColdStart) {
        this.server = server;
        this.disk = disk;
        this.events = events(durability);
        this.endpoint = endpoint;
        this.random = random;
        this.beforeColdStart = beforeColdStart;
    }

    private static List<Event> events(Durability durability) {
        return List.of(Event.values()).stream().filter(event -> event.keepsAll(durability)).toList();
    }

    /** What will happen, in words. */
    static String describe(Durability durability) {
        String drawn = String.join("; ", events(durability).stream().map(event -> event.words).toList());
        return "chaos: " + drawn + (Event.COLD_KILL.keepsAll(durability) ? "" : " (no cold starts: by them " + durability.word()
                + " may lose about its last second)");
    }

    /** Each as often as the others, in random order. */
    Event next() {
        if (bag.isEmpty()) {
            bag.addAll(events);
        }
        return bag.remove(random.nextInt(bag.size()));
    }

    /** Does the first part: a server that is killed is gone then, and a disk is full. */
    void begin(Event event) throws IOException, InterruptedException {
        counts.merge(event, 1, Integer::sum);
        switch (event) {
            case KILL, COLD_KILL -> server.kill();
            case FREEZE -> server.freeze(random.nextInt(FREEZE_MILLIS_MIN, FREEZE_MILLIS_MAX));
            case RESET -> reset();
            case FULL_DISK -> fill(random.nextInt(FULL_MILLIS_MIN, FULL_MILLIS_MAX));
            case NOTHING -> { }
        }
    }

    /** Does the rest: the server serves again. */
    void end(Event event) throws IOException, InterruptedException {
        switch (event) {
            case KILL -> server.restart("warm");
            case COLD_KILL -> {
                server.unpin();
                beforeColdStart.act(server.directory());
                server.restart("cold");
            }
            case FULL_DISK -> makeRoom();
            case FREEZE, RESET, NOTHING -> { }
        }
    }

    private void reset() throws IOException {
        try (RespConnection connection = new RespConnection(endpoint)) {
            Reply reply = connection.call("CLIENT", "KILL", "TYPE", "normal");
            if (!(reply instanceof Reply.Number)) {
                throw new IOException("CLIENT KILL answered " + reply);
            }
        }
    }

    /** A checkpoint that ends gives room back, and the log has a spare segment: so it is filled again until the server ends, or the time is over. */
    private void fill(long millis) throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        disk.fill();
        while (!server.awaitEnd(REFILL_MILLIS) && System.nanoTime() - startNanos < TimeUnit.MILLISECONDS.toNanos(millis)) {
            disk.fill();
        }
    }

    private void makeRoom() throws IOException, InterruptedException {
        disk.empty();
        // A thread that was told so may have been held up for longer than the probe: so it is looked twice.
        if (!server.awaitEnd(SETTLE_MILLIS) && logGoesOn() && !server.awaitEnd(CERTAIN_MILLIS)) {
            return;
        }
        server.awaitEnd(END_MILLIS_MAX);
        server.requireEnd(Ending.PowerCut.EXIT_CODE, Ending.PowerCut.MESSAGE);
        endedByFullDisk++;
        server.restart("rescued");
    }

    /** A server whose log has failed ends, and until then acknowledges nothing. */
    private boolean logGoesOn() {
        try (RespConnection connection = new RespConnection(endpoint)) {
            Reply set = connection.call("SET", PROBE, "x");
            Reply synced = connection.call("WAITAOF", "1", "0", PROBE_SYNC_MILLIS);
            Reply deleted = connection.call("DEL", PROBE);
            return set instanceof Reply.Status && synced.equals(new Reply.Numbers(List.of(1L, 0L))) && deleted.equals(new Reply.Number(1));
        } catch (IOException gone) {
            return false;
        }
    }

    /** How often each happened. */
    String text() {
        return String.format(Locale.ROOT, "%d kills, %s%d freezes, %d times all connections closed, %d full disks, %d of which ended the server",
                count(Event.KILL), events.contains(Event.COLD_KILL) ? count(Event.COLD_KILL) + " cold kills, " : "", count(Event.FREEZE),
                count(Event.RESET), count(Event.FULL_DISK), endedByFullDisk);
    }

    int count(Event event) {
        return counts.getOrDefault(event, 0);
    }

    /** Of the full disks. */
    int endedByFullDisk() {
        return endedByFullDisk;
    }
}
