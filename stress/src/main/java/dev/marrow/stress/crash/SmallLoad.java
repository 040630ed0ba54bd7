package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A few writes of which each sets a key of its own, and some that write, replace, move and remove large values; a checkpoint in their middle where the
 * server knows of such, while half of a large value has come; and a check that finds what was acknowledged or read, and nothing that was not sent. One
 * command at a time.
 */
final class SmallLoad {
    private static final int SINGLE = 10;
    private static final int PIPELINED = 12;
    private static final int PIPELINED_BYTES = 5_000;
    private static final int LARGE_CHANGES = 6;
    private static final int LARGE_BYTES_MAX = 131_073;
    private static final int SAVE_WAITS_MAX = 100;
    private static final long SAVE_WAIT_MILLIS = 20;

    private final Map<String, Key> keys = new LinkedHashMap<>();
    private final List<String> wrong = new ArrayList<>();
    private final Findings findings = new Findings();
    private final LargeHistory large = new LargeHistory(0, LARGE_BYTES_MAX, findings);
    private final SplittableRandom random;
    private long acknowledged;
    private long read;
    private long lost;
    private int next;

    private static final class Key {
        final String value;
        /** Acknowledged or read: it must stay. */
        boolean promised;

        Key(String value) {
            this.value = value;
        }
    }

    /** @param seed decides what becomes of the large values */
    SmallLoad(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Checks what is there, then writes more. The server may end inside, then false; what was not answered stays in flight. */
    boolean run(int port) throws InterruptedException {
        try (RespConnection connection = new RespConnection(port)) {
            check(connection);
            checkLarge(connection);
            for (int i = 0; i < SINGLE; i++) {
                write(connection, List.of(newKey(10)));
            }
            changeLarge(connection);
            saveWhileAValueComes(connection, port);
            List<String> burst = new ArrayList<>();
            for (int i = 0; i < PIPELINED; i++) {
                burst.add(newKey(PIPELINED_BYTES));
            }
            write(connection, burst);
            changeLarge(connection);
            checkLarge(connection);
            return true;
        } catch (IOException serverGone) {
            // whether it should have ended is seen in its exit code
            return false;
        }
    }

    /** Everything lost or wrong, in words. */
    List<String> wrong() {
        List<String> all = new ArrayList<>(wrong);
        all.addAll(findings.texts());
        return all;
    }

    CrashTable.Counts counts() {
        return new CrashTable.Counts(acknowledged, 0, read, lost, wrong.size() - lost).plus(CrashTable.Counts.of(findings));
    }

    private void changeLarge(RespConnection connection) throws IOException {
        for (int i = 0; i < LARGE_CHANGES; i++) {
            Operation change = large.change(random);
            change.answered(LoadingClient.orRefused(connection.call(change.command().toArray(String[]::new))));
        }
    }

    private void checkLarge(RespConnection connection) throws IOException, InterruptedException {
        large.recovered(connection, Promise.ACKNOWLEDGED_AND_READ);
        TierTwoSpace.findOrphans(connection, large.keys()).ifPresent(findings::wrong);
    }

    private void saveWhileAValueComes(RespConnection connection, int port) throws IOException, InterruptedException {
        try (RespConnection slow = new RespConnection(port)) {
            Operation change = large.set(random, LARGE_BYTES_MAX);
            slow.sendPart(change.command(), random.nextDouble());
            save(connection);
            slow.sendRest();
            change.answered(LoadingClient.orRefused(slow.receive()));
        }
    }

    private String newKey(int bytes) {
        String name = "key." + next++;
        keys.put(name, new Key((name + " ").repeat(bytes / name.length() + 1)));
        return name;
    }

    private void write(RespConnection connection, List<String> names) throws IOException {
        connection.send(names.stream().map(name -> List.of("SET", name, keys.get(name).value)).toList());
        for (String name : names) {
            boolean done = connection.receive().equals(new Reply.Status("OK"));
            keys.get(name).promised = done;
            acknowledged += done ? 1 : 0;
        }
    }

    private void check(RespConnection connection) throws IOException {
        List<String> names = List.copyOf(keys.keySet());
        connection.send(names.stream().map(name -> List.of("GET", name)).toList());
        for (String name : names) {
            compare(name, connection.receive());
        }
    }

    private void compare(String name, Reply reply) {
        Key key = keys.get(name);
        if (reply.equals(new Reply.Bulk(Optional.of(key.value)))) {
            key.promised = true;
            read++;
        } else if (!reply.equals(new Reply.Bulk(Optional.empty()))) {
            wrong.add(name + " is " + reply);
        } else if (key.promised) {
            lost++;
            wrong.add(name + " was acknowledged or read, and is gone");
        } else {
            keys.remove(name);
        }
    }

    /** A server without checkpoints answers with an error; one that has them is waited for, so that the calls of a checkpoint fail too. */
    private static void save(RespConnection connection) throws IOException, InterruptedException {
        boolean saving = !(connection.call("BGSAVE") instanceof Reply.Failure);
        for (int i = 0; saving && i < SAVE_WAITS_MAX; i++) {
            Thread.sleep(SAVE_WAIT_MILLIS);
            saving = connection.call("INFO", "persistence") instanceof Reply.Bulk(Optional<String> text)
                    && text.orElse("").contains("rdb_bgsave_in_progress:1");
        }
    }
}
