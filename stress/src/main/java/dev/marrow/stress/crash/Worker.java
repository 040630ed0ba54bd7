package dev.marrow.stress.crash;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** One connection's share of the load: bursts of commands, each reply recorded as it comes, until the server is gone. */
final class Worker implements Runnable {
    private static final int BURST_MAX = 16;
    private static final String SYNC_TIMEOUT_MILLIS = "5000";

    private final InetSocketAddress address;
    private final int syncBursts;
    private final long pauseMillis;
    private final List<Subject> own;
    private final List<Subject> shared;
    private final List<Subject> all;
    private final BooleanSupplier endExpected;
    private final Findings findings;
    private final SplittableRandom random;
    private final List<Operation> unsynced = new ArrayList<>();
    private volatile boolean stopping;

    /**
     * @param syncBursts one burst in so many asks WAITAOF: in everysec the connection then waits for the sync, and loads nothing; 0: none
     * @param pauseMillis between two bursts
     * @param own subjects that only this worker changes
     * @param shared subjects that every worker changes
     * @param all what it reads: also what others own
     * @param endExpected whether connections may end now
     */
    Worker(InetSocketAddress address, int syncBursts, long pauseMillis, List<Subject> own, List<Subject> shared, List<Subject> all,
            BooleanSupplier endExpected, Findings findings, SplittableRandom random) {
        this.address = address;
        this.syncBursts = syncBursts;
        this.pauseMillis = pauseMillis;
        this.own = own;
        this.shared = shared;
        this.all = all;
        this.endExpected = endExpected;
        this.findings = findings;
        this.random = random;
    }

    /** No burst is begun any more. */
    void stop() {
        stopping = true;
    }

    @Override
    public void run() {
        try (RespConnection connection = new RespConnection(address)) {
            while (!stopping) {
                burst(connection);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMillis));
            }
        } catch (ProtocolException garbage) {
            findings.wrong("a reply that is none: " + garbage.getMessage());
        } catch (SocketTimeoutException silent) {
            findings.wrong("the server did not answer for a long time: " + silent);
        } catch (IOException serverGone) {
            // The end of every cycle: what was sent and not answered stays in flight.
            if (!endExpected.getAsBoolean()) {
                findings.wrong("a server that nobody ended dropped a connection: " + serverGone);
            }
        }
    }

    private void burst(RespConnection connection) throws IOException {
        List<Operation> operations = new ArrayList<>();
        int count = random.nextInt(1, BURST_MAX + 1);
        for (int i = 0; i < count; i++) {
            operations.add(next());
        }
        if (syncBursts > 0 && random.nextInt(syncBursts) == 0) {
            operations.add(random.nextInt(operations.size() + 1), new WaitAof());
        }
        connection.send(operations.stream().flatMap(operation -> operation.commands().stream()).toList());
        for (Operation operation : operations) {
            for (int i = 1; i < operation.commands().size(); i++) {
                Reply reply = connection.receive();
                if (!(reply instanceof Reply.Status)) {
                    findings.wrong(operation.commands().get(i - 1) + " answered " + reply);
                }
            }
            operation.answered(connection.receive());
            if (operation.writes()) {
                unsynced.add(operation);
            }
        }
    }

    private Operation next() {
        return switch (random.nextInt(10)) {
            case 0, 1, 2 -> pick(all).read();
            case 3, 4, 5 -> pick(shared).change(random);
            default -> pick(own).change(random);
        };
    }

    private Subject pick(List<Subject> subjects) {
        return subjects.get(random.nextInt(subjects.size()));
    }

    /** Covers what this connection wrote before it, which has been answered when its reply comes: replies keep their order (I9). */
    private final class WaitAof implements Operation {
        @Override
        public List<String> command() {
            return List.of("WAITAOF", "1", "0", SYNC_TIMEOUT_MILLIS);
        }

        @Override
        public boolean writes() {
            return false;
        }

        @Override
        public void answered(Reply reply) {
            if (!(reply instanceof Reply.Numbers(List<Long> counts)) || counts.size() != 2) {
                findings.wrong("WAITAOF answered " + reply);
            } else if (counts.get(0) == 1) {
                unsynced.forEach(Operation::synced);
                unsynced.clear();
            }
        }
    }
}
