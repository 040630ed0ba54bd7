package dev.marrow.engine.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DecimalNumberTest {
    private static DecimalNumber parse(String text) {
        return DecimalNumber.parse(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void readsEveryLong() {
        for (long value : List.of(0L, 7L, -7L, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 1, Long.MIN_VALUE + 1)) {
            assertEquals(new DecimalNumber(true, value), parse(Long.toString(value)));
        }
    }

    @Test
    void refusesEveryOtherSpelling() {
        List.of("", "-", "-0", "+1", "01", " 1", "1 ", "1a", "9223372036854775808", "-9223372036854775809", "1".repeat(30))
                .forEach(text -> assertFalse(parse(text).valid(), text));
    }
}
