package dev.marrow.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told of the log, and in which order. */
class DurableMarkTest {
    /** Fails once more from within, and says what it saw and heard. */
    private static final class Listener implements DurabilityListener {
        private final List<String> heard = new ArrayList<>();
        private DurableMark mark;

        @Override
        public void onDurable(long position) {
            heard.add("durable " + position);
        }

        @Override
        public void onFailing() {
            heard.add("failing, told: " + mark.failed() + ", again: " + mark.fail(new IOException("second")));
        }

        @Override
        public void onFailure(Throwable cause) {
            heard.add("failure " + cause.getMessage());
        }
    }

    /** Whoever sees the failure sees shut doors. */
    @Test
    void failureIsTheListenersFirst() {
        Listener listener = new Listener();
        DurableMark mark = new DurableMark(8, listener);
        listener.mark = mark;
        mark.publish(16);
        assertTrue(mark.fail(new IOException("first")));
        assertTrue(mark.failed());
        assertFalse(mark.fail(new IOException("third")));
        mark.publish(24);
        mark.tellFailure();
        assertEquals(List.of("durable 16", "failing, told: false, again: false", "failure first"), listener.heard);
        assertEquals(16, mark.position());
    }
}
