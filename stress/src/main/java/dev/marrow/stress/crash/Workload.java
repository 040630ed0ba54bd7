package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** All subjects of a run and the workers that load them. The subjects outlive the server's crashes; workers live for one cycle. */
public final class Workload {
    private static final int CONNECTIONS = 6;
    /** Further ones, each with its own keys. With a value on its way to each key they must fit tier two. */
    private static final int LARGE_CONNECTIONS = 2;
    private static final int LARGE_BYTES_MAX = 5 << 20;
    /** Connections that ask WAITAOF often; the others load. */
    private static final int SYNCING_CONNECTIONS = 2;
    private static final int SYNC_BURSTS_OFTEN = 20;
    private static final int SYNC_BURSTS_RARELY = 3_000;
    private static final String SYNC_TIMEOUT_MILLIS = "10000";
    private static final int REGISTERS_EACH = 12;
    private static final int LEASES_EACH = 3;
    private static final int COUNTERS = 3;
    private static final int APPENDS = 2;
    private static final int TRANSFERS = 2;
    private static final int SHARED_REGISTERS = 8;
    /** Of a workload that runs beside a load, which is what should be busy. */
    private static final long PAUSE_MILLIS = 4;
    /** A worker ends when its connection does; a longer life is a finding. */
    private static final long JOIN_MILLIS_MAX = 30_000;

    private final Findings findings;
    private final SplittableRandom random;
    private final boolean waitAof;
    private final long pauseMillis;
    private final List<List<Subject>> own = new ArrayList<>();
    private final List<Subject> shared = new ArrayList<>();
    private final List<LargeHistory> large = new ArrayList<>();
    private final List<Subject> all = new ArrayList<>();
    private final List<LoadingClient> workers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean endExpected;

    /** @param largeValues whether the server takes any */
    Workload(boolean largeValues, Findings findings, SplittableRandom random) {
        this(largeValues, findings, random, "", true, 0);
    }

    private Workload(boolean largeValues, Findings findings, SplittableRandom random, String prefix, boolean waitAof, long pauseMillis) {
        this.findings = findings;
        this.random = random;
        this.waitAof = waitAof;
        this.pauseMillis = pauseMillis;
        for (int i = 0; i < CONNECTIONS; i++) {
            List<Subject> subjects = new ArrayList<>();
            for (int k = 0; k < REGISTERS_EACH; k++) {
                subjects.add(new RegisterHistory(prefix + "register." + i + "." + k, false, findings));
            }
            for (int k = 0; k < LEASES_EACH; k++) {
                subjects.add(new RegisterHistory(prefix + "lease." + i + "." + k, true, findings));
            }
            own.add(subjects);
            all.addAll(subjects);
        }
        for (int k = 0; k < COUNTERS; k++) {
            shared.add(new CounterHistory(prefix + "counter." + k, findings));
        }
        for (int k = 0; k < APPENDS; k++) {
            shared.add(new AppendHistory(prefix + "append." + k, findings));
        }
        shared.add(new OnceHistory(prefix + "once", findings));
        for (int k = 0; k < TRANSFERS; k++) {
            shared.add(new TransferHistory(prefix + "transfer." + k, findings));
        }
        all.addAll(shared);
        for (int i = 0; largeValues && i < LARGE_CONNECTIONS; i++) {
            large.add(new LargeHistory(i, LARGE_BYTES_MAX, findings));
        }
    }

    /**
     * One that leaves the server time for others, and has keys beside that all connections read, set, delete and compare-and-set.
     *
     * @param prefix of all its keys; none of them may exist
     */
    public static Workload beside(String prefix, SharedRegister.Abilities abilities, Findings findings, SplittableRandom random) {
        Workload workload = new Workload(false, findings, random, prefix, abilities.waitAof(), PAUSE_MILLIS);
        for (int k = 0; k < SHARED_REGISTERS; k++) {
            SharedRegister register = new SharedRegister(prefix + "shared." + k, abilities, findings);
            workload.shared.add(register);
            workload.all.add(register);
        }
        return workload;
    }

    void start(int port, boolean endsByItself) {
        start(Endpoint.local(port), endsByItself);
    }

    /** @param endsByItself the server may end from the beginning: a fault was planted in it */
    public void start(Endpoint server, boolean endsByItself) {
        endExpected = endsByItself;
        for (int i = 0; i < CONNECTIONS; i++) {
            int syncBursts = i < SYNCING_CONNECTIONS ? SYNC_BURSTS_OFTEN : SYNC_BURSTS_RARELY;
            workers.add(new Worker(server, waitAof ? syncBursts : 0, pauseMillis, own.get(i), shared, all, () -> endExpected, findings, random.split()));
        }
        for (LargeHistory history : large) {
            workers.add(new LargeWorker(server, history, large, () -> endExpected, findings, random.split()));
        }
        for (LoadingClient worker : workers) {
            threads.add(Thread.ofPlatform().daemon().name("worker-" + threads.size()).start(worker));
        }
    }

    /** From now on the server may end, and its connections with it. */
    public void expectEnd() {
        endExpected = true;
    }

    /** Waits for the workers, who stop if their server is not gone. */
    public void join() throws InterruptedException {
        workers.forEach(LoadingClient::stop);
        for (Thread thread : threads) {
            if (!thread.join(java.time.Duration.ofMillis(JOIN_MILLIS_MAX))) {
                findings.wrong(thread.getName() + " did not end with its server");
            }
        }
        workers.clear();
        threads.clear();
    }

    /**
     * Compares everything with what the server recovered, from where the next history starts.
     *
     * @param syncFirst that start must be durable: {@code everysec} itself promises it only after a second
     */
    void check(int port, Promise promise, boolean syncFirst) throws IOException, InterruptedException {
        check(Endpoint.local(port), promise, syncFirst);
    }

    /** As above, where nothing acknowledged or read may be lost. */
    public void check(Endpoint server) throws IOException, InterruptedException {
        check(server, Promise.ACKNOWLEDGED_AND_READ, false);
    }

    private void check(Endpoint server, Promise promise, boolean syncFirst) throws IOException, InterruptedException {
        try (RespConnection connection = new RespConnection(server)) {
            for (Subject subject : all) {
                subject.recovered(connection, promise);
            }
            for (LargeHistory history : large) {
                history.recovered(connection, promise);
            }
            if (!large.isEmpty()) {
                List<String> keys = large.stream().flatMap(history -> history.allKeys().stream()).toList();
                TierTwoSpace.findOrphans(connection, keys).ifPresent(findings::wrong);
            }
            if (syncFirst) {
                sync(connection);
            }
        }
    }

    /** The log is one line: what is synced covers everything before it. */
    private void sync(RespConnection connection) throws IOException {
        Reply set = connection.call("SET", "barrier", "x");
        Reply wait = connection.call("WAITAOF", "1", "0", SYNC_TIMEOUT_MILLIS);
        if (!set.equals(new Reply.Status("OK")) || !wait.equals(new Reply.Numbers(List.of(1L, 0L)))) {
            findings.wrong("SET, WAITAOF answered " + set + ", " + wait);
        }
    }
}
