package dev.marrow.engine.server;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;

/** The C type long double of x86-64, in decimals. */
final class LongDoubleModel {
    /** No number of the type looks like this. */
    static final BigDecimal INFINITE = new BigDecimal("-0.1");
    private static final BigDecimal TWO = BigDecimal.valueOf(2);

    /** As strtold() reads a text; empty where Redis takes it for no number. */
    static Optional<BigDecimal> parse(String text) {
        if (text.matches("(?i)[+-]?inf(inity)?")) {
            return Optional.of(INFINITE);
        }
        if (text.matches("(?i)[+-]?0x([0-9a-f]+\\.?[0-9a-f]*|\\.[0-9a-f]+)(p[+-]?[0-9]+)?")) {
            return Optional.of(new BigDecimal(Double.parseDouble(text.matches(".*[pP].*") ? text : text + "p0")));
        }
        if (text.length() >= 5 * 1024 || !text.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?")) {
            return Optional.empty();
        }
        if (text.matches("[+-]?[0.]*([eE].*)?")) {
            return Optional.of(BigDecimal.ZERO);
        }
        if (text.matches(".*[eE][+-]?[0-9]{7,}")) {
            return Optional.empty();
        }
        BigDecimal near = rounded(new BigDecimal(text));
        return near.equals(INFINITE) || near.signum() == 0 ? Optional.empty() : Optional.of(near);
    }

    /** To 64 bits: the x87 format. */
    static BigDecimal rounded(BigDecimal exact) {
        if (exact.signum() == 0) {
            return BigDecimal.ZERO;
        }
        int digits = exact.precision() - exact.scale();
        if (digits > 5_000) {
            return INFINITE;
        }
        // from a power that is too small upwards, until 64 bits suffice
        int power = Math.max((int) Math.floor((digits - 1) * 3.3219) - 66, -16_445);
        BigDecimal mantissa = mantissa(exact, power);
        while (mantissa.abs().compareTo(TWO.pow(64)) >= 0) {
            mantissa = mantissa(exact, ++power);
        }
        BigDecimal near = power < 0 ? mantissa.multiply(BigDecimal.valueOf(0.5).pow(-power)) : mantissa.multiply(TWO.pow(power));
        return near.abs().compareTo(TWO.pow(16_384)) >= 0 ? INFINITE : near;
    }

    private static BigDecimal mantissa(BigDecimal exact, int power) {
        return exact.multiply(power < 0 ? TWO.pow(-power) : BigDecimal.valueOf(0.5).pow(power)).setScale(0, RoundingMode.HALF_EVEN);
    }

    private LongDoubleModel() {}
}
