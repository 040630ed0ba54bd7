package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * Writes large values, one command at a time, and reads them: whole, or so slowly that the key has another value before the reply is through. Some
 * commands come with a pause in their middle, some never to their end; some values expire soon. Checkpoints are asked for between.
 */
final class LargeWorker extends LoadingClient {
    private static final int PAUSE_MILLIS_MAX = 60;
    private static final int CUT_LENGTH = 200_000;
    private static final int LEASE_MILLIS_MAX = 1_000;
    /** The kernel holds no more of a reply than this, and what the server's socket takes. */
    private static final int SLOW_READER_BYTES = 8 << 10;
    private static final int CHANGES_MEANWHILE_MAX = 4;

    private final LargeHistory own;
    private final List<LargeHistory> all;
    private final SplittableRandom random;

    /**
     * @param own what only this worker changes
     * @param all what it reads: also what others own
     * @param endExpected whether connections may end now
     */
    LargeWorker(Endpoint server, LargeHistory own, List<LargeHistory> all, BooleanSupplier endExpected, Findings findings, SplittableRandom random) {
        super(server, endExpected, findings);
        this.own = own;
        this.all = all;
        this.random = random;
    }

    @Override
    void step(RespConnection connection) throws IOException, InterruptedException {
        switch (random.nextInt(40)) {
            case 0 -> save(connection);
            case 1 -> execute(connection, new WaitAof());
            case 2 -> cutOff();
            case 3 -> lease(connection);
            case 4, 5, 6, 7 -> sendSlowly(connection, own.change(random));
            case 8, 9, 10 -> readSlowly(connection);
            case 11, 12, 13, 14, 15, 16, 17, 18, 19 -> execute(connection, all.get(random.nextInt(all.size())).read());
            default -> execute(connection, own.change(random));
        }
    }

    private void execute(RespConnection connection, Operation operation) throws IOException {
        connection.send(operation.commands());
        receive(connection, operation);
    }

    private void save(RespConnection connection) throws IOException {
        Reply reply = connection.call("BGSAVE");
        boolean runsAlready = reply instanceof Reply.Failure(String text) && text.contains("in progress");
        if (!(reply instanceof Reply.Status) && !runsAlready) {
            findings.wrong("BGSAVE answered " + reply);
        }
    }

    /** A command that never ends is not executed. */
    private void cutOff() throws IOException, InterruptedException {
        try (RespConnection connection = new RespConnection(server())) {
            connection.sendPart(List.of("SET", own.keys().get(0), own.newValue(CUT_LENGTH)), random.nextDouble());
            Thread.sleep(random.nextInt(PAUSE_MILLIS_MAX));
        }
    }

    private void lease(RespConnection connection) throws IOException {
        Reply reply = orRefused(connection.call("SET", own.lease(), own.newValue(CUT_LENGTH), "PX", Integer.toString(random.nextInt(1, LEASE_MILLIS_MAX))));
        if (!reply.equals(new Reply.Status("OK"))) {
            findings.wrong("SET with PX answered " + reply);
        }
    }

    private void sendSlowly(RespConnection connection, Operation operation) throws IOException, InterruptedException {
        connection.sendPart(operation.command(), random.nextDouble());
        Thread.sleep(random.nextInt(PAUSE_MILLIS_MAX));
        connection.sendRest();
        receive(connection, operation);
    }

    private void readSlowly(RespConnection connection) throws IOException, InterruptedException {
        try (RespConnection reader = new RespConnection(server(), SLOW_READER_BYTES)) {
            Operation read = own.read();
            reader.send(read.commands());
            int changes = random.nextInt(1, CHANGES_MEANWHILE_MAX);
            for (int i = 0; i < changes; i++) {
                execute(connection, own.change(random));
            }
            Thread.sleep(random.nextInt(PAUSE_MILLIS_MAX));
            receive(reader, read);
        }
    }
}
