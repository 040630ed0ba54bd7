package dev.marrow.engine.config;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Sizes as redis.conf writes them: 1k is 1000 bytes, 1kb 1024, likewise m, mb, g, gb; b or nothing means bytes. */
final class MemorySize {
    private static final Map<String, Long> UNITS = Map.of(
            "", 1L, "b", 1L, "k", 1000L, "kb", 1L << 10, "m", 1_000_000L, "mb", 1L << 20, "g", 1_000_000_000L, "gb", 1L << 30);

    private MemorySize() {}

    static Optional<Long> parse(String text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        Optional<Long> unit = Optional.ofNullable(UNITS.get(text.substring(digits).toLowerCase(Locale.ROOT)));
        if (digits == 0 || unit.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Math.multiplyExact(Long.parseLong(text.substring(0, digits)), unit.get()));
        } catch (ArithmeticException | NumberFormatException tooLarge) {
            return Optional.empty();
        }
    }
}
