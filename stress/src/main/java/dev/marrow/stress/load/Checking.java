package dev.marrow.stress.load;

import dev.marrow.stress.crash.Findings;
import dev.marrow.stress.crash.Reply;
import dev.marrow.stress.crash.RespConnection;
import dev.marrow.stress.crash.Workload;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Clients beside the load, on keys of their own, whose whole history is known and checked: round by round, over whatever happens to the server
 * meanwhile.
 */
final class Checking {
    private static final int ROUND_MILLIS_MIN = 300;
    private static final int ROUND_MILLIS_MAX = 2_000;
    /** A round ends when its connections do; a start may take as long as the server allows. */
    private static final long END_SECONDS_MAX = 400;
    private static final String PREFIX = "check:";
    private static final String SCAN_COUNT = "1000";
    private static final int SCANS_MAX = 1_000_000;

    private final Peer peer;
    private final Findings findings;
    private final Optional<Chaos> chaos;
    private final SplittableRandom random;
    private final String prefix = PREFIX + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ":";
    private final Workload workload;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;
    private int rounds;

    /** Begins; what it finds is the peer's. */
    Checking(Peer peer, Optional<Chaos> chaos, SplittableRandom random) {
        this.peer = peer;
        findings = peer.findings();
        this.chaos = chaos;
        this.random = random;
        workload = Workload.beside(prefix, peer.abilities(), findings, random.split());
        thread = Thread.ofPlatform().daemon().name("checking").start(this::run);
    }

    private void run() {
        try {
            while (stop.getCount() > 0) {
                round();
                rounds++;
            }
            deleteKeys();
        } catch (IOException | RuntimeException failure) {
            // Whatever it is: what is not checked any more must not pass for right.
            findings.wrong("round " + (rounds + 1) + ": " + failure);
        } catch (InterruptedException told) {
            Thread.currentThread().interrupt();
        }
    }

    private void round() throws IOException, InterruptedException {
        Chaos.Event event = chaos.map(Chaos::next).orElse(Chaos.Event.NOTHING);
        workload.start(peer.server(), event.endsConnections());
        boolean last = stop.await(random.nextInt(ROUND_MILLIS_MIN, ROUND_MILLIS_MAX), TimeUnit.MILLISECONDS);
        if (last || chaos.isEmpty()) {
            workload.join();
        } else {
            chaos.get().begin(event);
            workload.join();
            chaos.get().end(event);
        }
        workload.check(peer.server());
    }

    /** Of a server that others use too. */
    private void deleteKeys() throws IOException {
        try (RespConnection connection = new RespConnection(peer.server())) {
            String cursor = "0";
            for (int scan = 0; scan < SCANS_MAX; scan++) {
                Reply reply = connection.call("SCAN", cursor, "MATCH", prefix + "*", "COUNT", SCAN_COUNT);
                if (!(reply instanceof Reply.Page(String next, List<String> keys))) {
                    throw new IOException("SCAN answered " + reply);
                }
                if (!keys.isEmpty()) {
                    List<String> delete = new ArrayList<>(keys);
                    delete.addFirst("DEL");
                    connection.call(delete.toArray(String[]::new));
                }
                cursor = next;
                if (next.equals("0")) {
                    return;
                }
            }
        }
    }

    /** Lets the round end, checks it, and returns how many there were. */
    int end() throws InterruptedException {
        stop.countDown();
        if (!thread.join(Duration.ofSeconds(END_SECONDS_MAX))) {
            findings.wrong("the last round did not end");
        }
        return rounds;
    }
}
