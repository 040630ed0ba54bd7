package dev.marrow.stress.load;

import dev.marrow.stress.bench.TimedServer;
import dev.marrow.stress.crash.Reply;
import dev.marrow.stress.crash.RespConnection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/** What is done to a server while it is loaded and checked, at random. One thread. */
final class Chaos {
    private static final int FREEZE_MILLIS_MIN = 50;
    private static final int FREEZE_MILLIS_MAX = 1_500;

    /** What can happen. */
    enum Event {
        /** kill -9 and a start. */
        KILL,
        /**
         * SIGSTOP, so that the log writer and the event loops stand still, and SIGCONT; local clients of the on-host door may be served meanwhile.
         */
        FREEZE,
        /** The server closes all connections of clients. */
        RESET,
        /** For comparison. */
        NOTHING;

        /** Whether connections end by it. */
        boolean endsConnections() {
            return this == KILL || this == RESET;
        }
    }

    private final TimedServer server;
    private final InetSocketAddress address;
    private final SplittableRandom random;
    private final List<Event> bag = new ArrayList<>();
    private final Map<Event, Integer> counts = new EnumMap<>(Event.class);

    Chaos(TimedServer server, InetSocketAddress address, SplittableRandom random) {
        this.server = server;
        this.address = address;
        this.random = random;
    }

    /** Each as often as the others, in random order. */
    Event next() {
        if (bag.isEmpty()) {
            bag.addAll(List.of(Event.values()));
        }
        return bag.remove(random.nextInt(bag.size()));
    }

    /** Does the first part: a server that is killed is gone then. */
    void begin(Event event) throws IOException, InterruptedException {
        counts.merge(event, 1, Integer::sum);
        switch (event) {
            case KILL -> server.kill();
            case FREEZE -> server.freeze(random.nextInt(FREEZE_MILLIS_MIN, FREEZE_MILLIS_MAX));
            case RESET -> reset();
            case NOTHING -> { }
        }
    }

    /** Does the rest: the server serves again. */
    void end(Event event) throws IOException, InterruptedException {
        if (event == Event.KILL) {
            server.restart();
        }
    }

    private void reset() throws IOException {
        try (RespConnection connection = new RespConnection(address)) {
            Reply reply = connection.call("CLIENT", "KILL", "TYPE", "normal");
            if (!(reply instanceof Reply.Number)) {
                throw new IOException("CLIENT KILL answered " + reply);
            }
        }
    }

    String text() {
        return String.format(Locale.ROOT, "%d kills, %d freezes, %d times all connections closed", count(Event.KILL), count(Event.FREEZE),
                count(Event.RESET));
    }

    int count(Event event) {
        return counts.getOrDefault(event, 0);
    }
}
