package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A key with one writer: every prefix of what was sent is right, from the last thing that was told on. */
class RegisterHistoryTest {
    private static final String KEY = "k";
    private static final int CHANGES = 300;
    private static final Reply NIL = new Reply.Bulk(Optional.empty());

    private final SplittableRandom random = new SplittableRandom(7);
    private final Findings findings = new Findings();
    private final RegisterHistory register = new RegisterHistory(KEY, false, findings);
    private final RightServer server = new RightServer();

    /** One key as Redis would keep it; its times are all far ahead. */
    private static final class RightServer implements Caller {
        private RegisterState state = RegisterState.ABSENT;

        @Override
        public Reply call(String... command) {
            Optional<String> now = state.value();
            String argument = command.length > 2 ? command[2] : "";
            RegisterState set = new RegisterState(Optional.of(argument), 0);
            return switch (command[0]) {
                case "GET" -> new Reply.Bulk(now);
                case "PTTL" -> number(now.isEmpty() ? -2 : state.expireMillis() == 0 ? -1 : state.expireMillis() - System.currentTimeMillis());
                case "DEL" -> becomes(RegisterState.ABSENT, number(now.isPresent()));
                case "GETDEL" -> becomes(RegisterState.ABSENT, new Reply.Bulk(now));
                case "GETSET" -> becomes(set, new Reply.Bulk(now));
                case "SETNX" -> becomes(now.isPresent() ? state : set, number(now.isEmpty()));
                case "APPEND" -> append(now.orElse("") + argument);
                case "PEXPIREAT" -> becomes(now.isEmpty() ? state : new RegisterState(now, Long.parseLong(argument)), number(now.isPresent()));
                case "PERSIST" -> becomes(new RegisterState(now, 0), number(state.expireMillis() != 0));
                case "SET" -> set(List.of(command), set);
                default -> throw new IllegalArgumentException(String.join(" ", command));
            };
        }

        private Reply set(List<String> command, RegisterState set) {
            if (command.contains("XX") && state.value().isEmpty()) {
                return NIL;
            }
            boolean expires = command.contains("PXAT");
            return becomes(expires ? new RegisterState(set.value(), Long.parseLong(command.getLast())) : set, new Reply.Status("OK"));
        }

        private Reply append(String whole) {
            return becomes(new RegisterState(Optional.of(whole), state.expireMillis()), number(whole.length()));
        }

        private Reply becomes(RegisterState next, Reply reply) {
            state = next;
            return reply;
        }

        private static Reply number(boolean one) {
            return number(one ? 1 : 0);
        }

        private static Reply number(long value) {
            return new Reply.Number(value);
        }
    }

    private Operation execute() {
        Operation change = register.change(random);
        change.answered(server.call(change.command().toArray(String[]::new)));
        return change;
    }

    /** Executes until the state is another one. */
    private void executeChange() {
        RegisterState before = server.state;
        while (server.state.equals(before)) {
            execute();
        }
    }

    private void assertClean() {
        assertTrue(findings.clean(), () -> findings.texts().toString());
    }

    @Test
    void acceptsWhatARightServerAnswersAndRecovers() throws IOException {
        for (int i = 0; i < CHANGES; i++) {
            execute();
            if (i % 7 == 0) {
                register.read().answered(server.call("GET", KEY));
            }
            if (i % 50 == 0) {
                register.recovered(server, Promise.ACKNOWLEDGED_AND_READ);
            }
        }
        assertClean();
    }

    @Test
    void acceptsWhatWasInFlightAtTheCrash() throws IOException {
        execute();
        Operation inFlight = register.change(random);
        server.call(inFlight.command().toArray(String[]::new));
        register.change(random);
        register.recovered(server, Promise.ACKNOWLEDGED_AND_READ);
        assertClean();
    }

    @Test
    void findsEachLostChange() throws IOException {
        for (int i = 0; i < CHANGES; i++) {
            RegisterState before = server.state;
            executeChange();
            RegisterState acknowledged = server.state;
            server.state = before;
            register.recovered(server, Promise.ACKNOWLEDGED_AND_READ);
            assertTrue(findings.lost() > i, before + " after " + acknowledged + " was acknowledged");
        }
        assertEquals(0, findings.wrong());
    }

    @Test
    void findsAStaleRead() {
        executeChange();
        Reply old = server.call("GET", KEY);
        while (server.call("GET", KEY).equals(old)) {
            executeChange();
        }
        register.read().answered(old);
        assertEquals(1, findings.wrong());
    }

    @Test
    void findsALostRead() throws IOException {
        Operation inFlight;
        RegisterState before;
        do {
            before = server.state;
            inFlight = register.change(random);
            server.call(inFlight.command().toArray(String[]::new));
        } while (server.state.value().equals(before.value()));
        register.read().answered(server.call("GET", KEY));
        server.state = RegisterState.ABSENT;
        register.recovered(server, Promise.ACKNOWLEDGED_AND_READ);
        assertEquals(1, findings.lost());
    }

    @Test
    void everysecMayLoseWhatWaitAofDidNotCover() throws IOException {
        executeChange();
        execute().synced();
        RegisterState synced = server.state;
        executeChange();
        server.state = synced;
        register.recovered(server, Promise.SYNCED);
        assertClean();
    }

    @Test
    void findsWhatNobodyWrote() throws IOException {
        executeChange();
        server.state = new RegisterState(Optional.of("strange"), 0);
        register.recovered(server, Promise.SYNCED);
        assertEquals(1, findings.wrong());
    }

    @Test
    void expiryExplainsAbsenceOnlyWhenItsTimeIsOver() {
        RegisterState state = new RegisterState(Optional.of("v"), 10_000);
        assertTrue(state.explains(new RegisterState.Seen(Optional.of("v"), 5_000, 5_001)));
        assertTrue(!state.explains(new RegisterState.Seen(Optional.empty(), 5_000, 5_001)));
        assertTrue(state.explains(new RegisterState.Seen(Optional.empty(), 15_000, 15_001)));
        assertTrue(!state.explains(new RegisterState.Seen(Optional.of("v"), 15_000, 15_001)));
    }
}
