package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Bursts of commands to keys with small values. */
final class Worker extends LoadingClient {
    private static final int BURST_MAX = 16;

    private final int syncBursts;
    private final long pauseMillis;
    private final List<Subject> own;
    private final List<Subject> shared;
    private final List<Subject> all;
    private final SplittableRandom random;

    /**
     * @param syncBursts one burst in so many asks WAITAOF: in everysec the connection then waits for the sync, and loads nothing; 0: none
     * @param pauseMillis between two bursts
     * @param own subjects that only this worker changes
     * @param shared subjects that every worker changes
     * @param all what it reads: also what others own
     * @param endExpected whether connections may end now
     */
    Worker(Endpoint server, int syncBursts, long pauseMillis, List<Subject> own, List<Subject> shared, List<Subject> all,
            BooleanSupplier endExpected, Findings findings, SplittableRandom random) {
        super(server, endExpected, findings);
        this.syncBursts = syncBursts;
        this.pauseMillis = pauseMillis;
        this.own = own;
        this.shared = shared;
        this.all = all;
        this.random = random;
    }

    @Override
    void step(RespConnection connection) throws IOException {
        burst(connection);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMillis));
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
            receive(connection, operation);
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
}
