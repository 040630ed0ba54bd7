package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** All subjects of a run and the workers that load them. The subjects outlive the server's crashes; workers live for one cycle. */
final class Workload {
    private static final int CONNECTIONS = 6;
    private static final int REGISTERS_EACH = 12;
    private static final int LEASES_EACH = 3;
    private static final int COUNTERS = 3;
    private static final int APPENDS = 2;
    /** A worker ends when its connection does; a longer life is a finding. */
    private static final long JOIN_MILLIS_MAX = 30_000;

    private final Findings findings;
    private final SplittableRandom random;
    private final List<List<Subject>> own = new ArrayList<>();
    private final List<Subject> shared = new ArrayList<>();
    private final List<Subject> all = new ArrayList<>();
    private final List<Worker> workers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    Workload(Findings findings, SplittableRandom random) {
        this.findings = findings;
        this.random = random;
        for (int i = 0; i < CONNECTIONS; i++) {
            List<Subject> subjects = new ArrayList<>();
            for (int k = 0; k < REGISTERS_EACH; k++) {
                subjects.add(new RegisterHistory("register." + i + "." + k, false, findings));
            }
            for (int k = 0; k < LEASES_EACH; k++) {
                subjects.add(new RegisterHistory("lease." + i + "." + k, true, findings));
            }
            own.add(subjects);
            all.addAll(subjects);
        }
        for (int k = 0; k < COUNTERS; k++) {
            shared.add(new CounterHistory("counter." + k, findings));
        }
        for (int k = 0; k < APPENDS; k++) {
            shared.add(new AppendHistory("append." + k, findings));
        }
        shared.add(new OnceHistory("once", findings));
        all.addAll(shared);
    }

    void start(int port) {
        for (int i = 0; i < CONNECTIONS; i++) {
            Worker worker = new Worker(port, own.get(i), shared, all, findings, random.split());
            workers.add(worker);
            threads.add(Thread.ofPlatform().daemon().name("worker-" + i).start(worker));
        }
    }

    /** Waits for the workers of a server that is gone. */
    void join() throws InterruptedException {
        workers.forEach(Worker::stop);
        for (Thread thread : threads) {
            if (!thread.join(java.time.Duration.ofMillis(JOIN_MILLIS_MAX))) {
                findings.wrong(thread.getName() + " did not end with its server");
            }
        }
        workers.clear();
        threads.clear();
    }

    /** Compares everything with what the server recovered. */
    void check(int port, Promise promise) throws IOException {
        try (RespConnection connection = new RespConnection(port)) {
            for (Subject subject : all) {
                subject.recovered(connection, promise);
            }
        }
    }
}
