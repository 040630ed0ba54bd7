package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BusyCoresTest {
    private static final int END_SECONDS_MAX = 30;

    @Test
    void readsTheKernelsListsOfCores() {
        assertEquals(List.of(3), BusyCores.numbers("3"));
        assertEquals(List.of(0, 1, 2, 5, 8, 9), BusyCores.numbers("0-2,5,8-9"));
    }

    @Test
    void oneProcessForEachCoreEndsWithTheTeardown() throws IOException {
        try (Teardown teardown = new Teardown()) {
            BusyCores.all(teardown).requireAlive();
            assertEquals(BusyCores.allowed().size(), children());
        }
        assertEquals(0, children());
    }

    @Test
    void tellsThatItEndedTooEarly() throws Exception {
        try (Teardown teardown = new Teardown(); BusyCores cores = BusyCores.all(teardown)) {
            ProcessHandle one = ProcessHandle.current().children().findFirst().orElseThrow();
            one.destroyForcibly();
            one.onExit().get(END_SECONDS_MAX, TimeUnit.SECONDS);
            IOException told = assertThrows(IOException.class, cores::requireAlive);
            assertTrue(told.getMessage().startsWith("the load that keeps a core busy ended"), told.getMessage());
        }
    }

    private static long children() {
        return ProcessHandle.current().children().filter(ProcessHandle::isAlive).count();
    }
}
