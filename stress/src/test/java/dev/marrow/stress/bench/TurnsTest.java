package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class TurnsTest {
    @Test
    void everyRoundBeginsWithTheNextPeer() {
        List<String> peers = List.of("a", "b", "c");
        assertEquals(List.of("a", "b", "c"), Turns.of(peers, 0));
        assertEquals(List.of("b", "c", "a"), Turns.of(peers, 1));
        assertEquals(List.of("c", "a", "b"), Turns.of(peers, 2));
        assertEquals(List.of("a", "b", "c"), Turns.of(peers, 3));
    }
}
