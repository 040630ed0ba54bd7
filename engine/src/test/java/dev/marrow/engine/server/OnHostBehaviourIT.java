package dev.marrow.engine.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a client can see of the on-host door at its own socket, by a C program that tries one trait after another. What differs from plain TCP
 * is the kernel's and differs between kernels: it is printed here and described in docs/ON-HOST.md, not asserted.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 150, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OnHostBehaviourIT {
    private static final List<String> COMPILERS = List.of("clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang", "cc");
    /** The program ends itself before. */
    private static final int PROGRAM_SECONDS_MAX = 120;
    private static final String COMPLETE = "; complete";

    /** Plain TCP, and the on-host door on every kernel. */
    private static final Map<String, String> EVERYWHERE = outcomes("""
            signal_in_poll: EINTR, 12 bytes
            peek: 3 bytes, 7 bytes, 2 bytes, 5 bytes
            peek_passed: 3 bytes, 5 bytes
            timeout_idle: EAGAIN
            timeout_held: EAGAIN
            timeout_served: 7 bytes
            dont_wait: EAGAIN, 7 bytes, EAGAIN
            poll: not ready, ready, inout, 7 bytes, not ready, ready
            select: ready, 7 bytes
            epoll_level: none, in, in, in, 14 bytes, none, in
            epoll_edge: none, in, none, in, 14 bytes, none, in
            one_byte: 145 times 1 byte
            read_vector: 7 bytes
            half_close: then end
            iovecs: 14 sent, 7 bytes
            more_half: no reply to a half, 7 bytes
            sendfile: 42 sent
            mixed: 2000 commands
            """);

    /** Plain TCP only. */
    private static final Map<String, String> PLAIN = outcomes("""
            signal_restart: 12 bytes
            signal_no_restart: EINTR
            signal_with_timeout: EINTR
            stop_continue: 12 bytes
            write_space: no EAGAIN
            closed_while_waiting: end
            fionread_served: 7 of 7
            fionread_passed: 5 of 5
            peek_over_both: 12 of 12 bytes
            recv_over_both: 12 bytes
            tcp_inq: 6 left
            waitall_both_there: 14 bytes
            waitall_second_later: 14 bytes
            waitall_passed: 10 bytes
            lowat_recv: 14 bytes
            lowat_poll: one of two: not ready, both: ready
            splice_served: 7 bytes
            splice_passed: 5 bytes
            discard: 7 bytes, buffer untouched
            more_whole: held back
            cork: held back
            zero_copy: 7 bytes, notified
            tcp_counters: 140 acknowledged, 70 received, 0 queued
            """);

    @TempDir
    static Path temp;

    private Path program;

    @BeforeAll
    void compile() throws Exception {
        program = temp.resolve("behaviour");
        // failsafe runs in the module's directory
        Path source = Path.of("src/test/c/behaviour.c").toAbsolutePath();
        for (String compiler : COMPILERS) {
            if (List.of(System.getenv("PATH").split(":")).stream().anyMatch(bin -> Files.isExecutable(Path.of(bin, compiler)))) {
                Process process = new ProcessBuilder(compiler, "-O1", "-Wall", "-pthread", "-o", program.toString(), source.toString())
                        .inheritIO().start();
                assertEquals(0, process.waitFor(), compiler + " " + source);
                return;
            }
        }
        throw new IOException("no C compiler among " + COMPILERS);
    }

    @Test
    void withTheDoorOffEverythingIsPlainTcp() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec", "on-host", "off")) {
            Map<String, String> expected = new LinkedHashMap<>(EVERYWHERE);
            expected.putAll(PLAIN);
            assertSame(expected, seen(server));
        }
    }

    /** No reply is lost, doubled or out of place, nothing hangs, and whoever waits by poll, select, epoll or with a time-out sees plain TCP. */
    @Test
    void withTheDoorOnWhatClientsRelyOnIsPlainTcp() throws Exception {
        try (TestServer server = TestServer.start("durability", "everysec")) {
            Map<String, String> seen = seen(server);
            Map<String, String> same = new LinkedHashMap<>(seen);
            same.keySet().retainAll(EVERYWHERE.keySet());
            assertSame(EVERYWHERE, same);
            assertTrue(seen.get("closed_while_waiting").endsWith("end"), "the end is seen: " + seen.get("closed_while_waiting"));
            assertTrue(server.onHostCommands() > 200, "served here: " + server.onHostCommands());
            assertEquals(0, server.server().onHostDoor().programs().lost());
            seen.forEach((name, outcome) -> {
                if (PLAIN.containsKey(name) && !outcome.equals(PLAIN.get(name))) {
                    System.out.println("on-host, kernel " + System.getProperty("os.version") + ": " + name + ": " + outcome
                            + " (plain TCP: " + PLAIN.get(name) + ")");
                }
            });
        }
    }

    private static void assertSame(Map<String, String> expected, Map<String, String> seen) {
        List<String> wrong = new ArrayList<>();
        expected.forEach((name, outcome) -> {
            if (!outcome.equals(seen.get(name))) {
                wrong.add(name + ": expected '" + outcome + "', saw '" + seen.get(name) + "'");
            }
        });
        assertEquals(List.of(), wrong);
    }

    /** The program's outcome for each trait, all of which ended with every reply and nothing else. */
    private Map<String, String> seen(TestServer server) throws Exception {
        Process process = new ProcessBuilder(program.toString(), "127.0.0.1", Integer.toString(server.port()))
                .redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(PROGRAM_SECONDS_MAX, TimeUnit.SECONDS), output);
            assertEquals(0, process.exitValue(), output);
            Map<String, String> outcomes = new LinkedHashMap<>();
            outcomes(output).forEach((name, outcome) -> {
                assertTrue(outcome.endsWith(COMPLETE), name + ": " + outcome);
                outcomes.put(name, outcome.substring(0, outcome.length() - COMPLETE.length()));
            });
            assertEquals(EVERYWHERE.size() + PLAIN.size(), outcomes.size(), output);
            return outcomes;
        } finally {
            process.destroyForcibly();
        }
    }

    private static Map<String, String> outcomes(String lines) {
        Map<String, String> outcomes = new LinkedHashMap<>();
        lines.lines().forEach(line -> {
            int colon = line.indexOf(": ");
            outcomes.put(line.substring(0, colon), line.substring(colon + 2));
        });
        return outcomes;
    }
}
