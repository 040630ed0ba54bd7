package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoundTripTest {
    @Test
    void readsRateAndLatencies() throws IOException {
        assertEquals(new RoundTrip.Result(2_000, 2.5, 3, 19, 2_445.5), RoundTrip.parse("5000 2.500000 2500 3000 19000 2445500\n"));
    }

    @Test
    void takesNoOtherLineForAResult() {
        for (String output : List.of("", "5000 2.5 2500 3000 19000", "5000 2.5 2500 3000 19000 24455 1", "roundtrip: connect: refused",
                "0 2.500000 0 0 0 0")) {
            assertThrows(IOException.class, () -> RoundTrip.parse(output), output);
        }
    }
}
