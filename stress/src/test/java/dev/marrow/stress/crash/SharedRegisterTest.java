package dev.marrow.stress.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.crash.SharedRegister.Abilities;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients of a key are answered is recorded as it was, and everything that is wrong is a finding. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedRegisterTest {
    private static final String KEY = "k";

    private final Findings findings = new Findings();
    private final SharedRegister register = new SharedRegister(KEY, new Abilities(true, true, true), findings);
    private final SplittableRandom random = new SplittableRandom(1);
    private Optional<String> value = Optional.empty();
    private long version;
    private final Caller server = command -> execute(List.of(command));

    /** A right server. */
    private Reply execute(List<String> command) {
        return switch (command.getFirst()) {
            case "GET" -> new Reply.Bulk(value);
            case "GETV" -> value.<Reply>map(text -> new Reply.Versioned(text, version)).orElse(new Reply.Bulk(value));
            case "DEL" -> {
                boolean there = value.isPresent();
                value = Optional.empty();
                version++;
                yield new Reply.Number(there ? 1 : 0);
            }
            case "SET" -> {
                boolean holds = command.size() == 3 || value.equals(Optional.of(command.get(4)));
                if (holds) {
                    value = Optional.of(command.get(2));
                    version++;
                }
                yield holds ? new Reply.Status("OK") : new Reply.Bulk(Optional.empty());
            }
            default -> throw new IllegalArgumentException(command.toString());
        };
    }

    private void run(int operations) {
        for (int i = 0; i < operations; i++) {
            Operation operation = random.nextBoolean() ? register.read() : register.change(random);
            operation.answered(execute(operation.command()));
        }
    }

    /** The next operation of this command, with an answer that is changed. */
    private void lie(String command, UnaryOperator<Reply> lie) {
        for (int i = 0; i < 10_000; i++) {
            Operation operation = command.startsWith("GET") ? register.read() : register.change(random);
            Reply right = execute(operation.command());
            boolean meant = operation.command().getFirst().equals(command);
            operation.answered(meant ? lie.apply(right) : right);
            if (meant) {
                return;
            }
        }
        throw new IllegalStateException("no " + command);
    }

    private void check() throws IOException {
        register.recovered(server, Promise.ACKNOWLEDGED_AND_READ);
    }

    @Test
    void aRightServerIsFoundRightRoundAfterRound() throws IOException {
        for (int round = 0; round < 5; round++) {
            run(2_000);
            check();
        }
        assertEquals(List.of(), findings.texts());
        assertTrue(findings.acknowledged() > 1_000 && findings.read() > 1_000);
    }

    @Test
    void aWriteWithoutAnAnswerMayHaveHappenedOrNot() throws IOException {
        for (boolean happens : new boolean[] {true, false}) {
            run(100);
            Operation unanswered = register.change(random);
            if (happens) {
                execute(unanswered.command());
            }
            check();
        }
        assertEquals(List.of(), findings.texts());
    }

    @Test
    void oneWrongReplyIsAFinding() throws IOException {
        run(500);
        lie("DEL", right -> new Reply.Number(right.equals(new Reply.Number(1)) ? 0 : 1));
        run(500);
        check();
        assertFalse(findings.clean());
        assertTrue(findings.texts().getFirst().contains("DELETE"), findings.texts().toString());
    }

    @Test
    void aStaleReadIsAFinding() throws IOException {
        execute(List.of("SET", KEY, "x"));
        run(500);
        Optional<String> old = Optional.empty();
        while (old.isEmpty()) {
            run(1);
            old = value;
        }
        Optional<String> stale = old;
        while (value.equals(old)) {
            run(1);
        }
        lie("GET", right -> new Reply.Bulk(stale));
        check();
        assertFalse(findings.clean());
    }

    @Test
    void aValueThatNobodyWroteIsAFinding() {
        run(10);
        lie("GET", right -> new Reply.Bulk(Optional.of("k#999")));
        assertTrue(findings.texts().getFirst().contains("nobody wrote"), findings.texts().toString());
    }

    @Test
    void anAcknowledgedWriteThatIsGoneIsLost() throws IOException {
        run(100);
        while (value.isEmpty()) {
            run(1);
        }
        Optional<String> before = value;
        while (value.equals(before) || value.isEmpty()) {
            run(1);
        }
        value = before;
        check();
        assertEquals(1, findings.lost());
    }

    @Test
    void aVersionThatFallsIsAFindingAlsoOverARestart() throws IOException {
        while (value.isEmpty() || findings.read() < 100) {
            run(1);
        }
        check();
        version = 1;
        run(10);
        assertTrue(findings.wrong() > 0 && findings.texts().getFirst().contains("answered version"), findings.texts().toString());
    }

    @Test
    void aVersionHasOneValue() {
        tellVersion();
        version--;
        Operation write = register.change(random);
        while (!write.command().getFirst().equals("SET") || write.command().size() > 3) {
            write = register.change(random);
        }
        write.answered(execute(write.command()));
        tellVersion();
        assertTrue(findings.texts().getFirst().contains("this version with"), findings.texts().toString());
    }

    private void tellVersion() {
        boolean told = false;
        while (!told) {
            if (value.isEmpty()) {
                run(1);
            }
            Operation read = register.read();
            Reply reply = execute(read.command());
            read.answered(reply);
            told = reply instanceof Reply.Versioned;
        }
    }

    @Test
    void anErrorIsAFinding() {
        lie("SET", right -> new Reply.Failure("ERR no"));
        assertTrue(findings.texts().getFirst().contains("ERR no"), findings.texts().toString());
    }

    @Test
    void beyondTheBoundNothingIsRecorded() throws IOException {
        run(SharedRegister.CALLS_MAX + 100);
        Optional<String> before = value;
        run(100);
        assertEquals(before, value, "something was changed that is not recorded");
        check();
        assertEquals(List.of(), findings.texts());
    }
}
