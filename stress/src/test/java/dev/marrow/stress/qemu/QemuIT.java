package dev.marrow.stress.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.crash.CrashTable;
import dev.marrow.stress.crash.Ending;
import dev.marrow.stress.crash.Findings;
import dev.marrow.stress.crash.Reply;
import dev.marrow.stress.crash.RespConnection;
import dev.marrow.stress.crash.ServerProcess;
import dev.marrow.stress.crash.Store;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A whole machine loses its power, on both of Debian's kernels: once with a disk that flushes when it is told to, once with one that does not,
 * which must turn the same run red. Before that the server is asked by both doors. {@code -Dmarrow.qemu.cycles=N} for more cuts.
 */
@Timeout(900)
class QemuIT {
    private static final int CYCLES = Integer.getInteger("marrow.qemu.cycles", 1);
    private static final int LOAD_MILLIS_MAX = 3_000;

    private final long seed = Long.getLong("marrow.crash.seed", ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));
    private final Findings findings = new Findings();

    @Test
    void alwaysLosesNothingAcknowledgedOrRead() throws Exception {
        run(GuestKernel.Series.V6_1, CYCLES, true);
        assertTrue(findings.clean(), () -> "seed " + seed + "\n" + String.join("\n", findings.texts()));
    }

    @Test
    void controlOnDiskThatIgnoresFlushesTurnsRed() throws Exception {
        run(GuestKernel.Series.V6_12, 1, false);
        findings.texts().stream().limit(3).forEach(System.out::println);
        assertTrue(findings.lost() > 0, "nothing was lost without flushes: the harness is blind; seed " + seed);
    }

    private void run(GuestKernel.Series kernel, int cycles, boolean flushes) throws Exception {
        CrashTable table = new CrashTable();
        Guest.Plan guest = new Guest.Plan("always", flushes, seed);
        AskedFirst ending = new AskedFirst(kernel, new GuestPowerCut(kernel));
        PowerCutCommand.run(new PowerCutCommand.Plan(kernel, cycles, LOAD_MILLIS_MAX, guest), ending, findings, table, System.out);
        table.print(System.out);
        assertTrue(findings.acknowledged() > cycles && findings.read() > cycles, "there was no load");
    }

    /** Under load, a client of the guest and one of the host see one store; then comes the cut. */
    private record AskedFirst(GuestKernel.Series kernel, Ending cut) implements Ending {
        private static final long ANSWER_MILLIS_MAX = 120_000;
        private static final long PAUSE_MILLIS = 100;

        @Override
        public String fault() {
            return cut.fault();
        }

        @Override
        public void end(ServerProcess server, Store store, Findings findings) throws IOException, InterruptedException {
            try (RespConnection connection = new RespConnection(server.port())) {
                assertEquals(new Reply.Status("OK"), connection.call("SET", "local", "from outside"));
            }
            server.send("local " + server.port());
            long end = System.currentTimeMillis() + ANSWER_MILLIS_MAX;
            while (!server.output().contains("guest: local client done") && System.currentTimeMillis() < end) {
                Thread.sleep(PAUSE_MILLIS);
            }
            String output = server.output();
            assertTrue(output.contains("$12\nfrom outside"), output);
            assertTrue(output.matches("(?s).*\non_host_messages:[1-9].*"), output);
            assertTrue(output.contains("\non_host:on") && output.contains("\nos:Linux " + kernel + "."), output);
            cut.end(server, store, findings);
        }

        @Override
        public String nextStart() {
            return cut.nextStart();
        }

        @Override
        public boolean keepsAcknowledged() {
            return cut.keepsAcknowledged();
        }
    }
}
