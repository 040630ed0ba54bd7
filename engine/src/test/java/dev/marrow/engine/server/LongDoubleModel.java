package dev.marrow.engine.server;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
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
        if (text.length() >= 5 * 1024) {
            return Optional.empty();
        }
        if (text.matches("(?i)[+-]?0x([0-9a-f]+\\.?[0-9a-f]*|\\.[0-9a-f]+)(p[+-]?[0-9]+)?")) {
            return hexadecimal(text.toLowerCase(Locale.ROOT));
        }
        if (!text.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?")) {
            return Optional.empty();
        }
        if (text.matches("[+-]?[0.]*([eE].*)?")) {
            return Optional.of(BigDecimal.ZERO);
        }
        if (text.matches(".*[eE][+-]?[0-9]{7,}")) {
            return Optional.empty();
        }
        return finite(rounded(new BigDecimal(text)));
    }

    private static Optional<BigDecimal> hexadecimal(String text) {
        String[] parts = text.replace("0x", "").replace("+", "").split("p");
        String digits = parts[0].replace(".", "");
        int point = parts[0].indexOf('.');
        BigInteger mantissa = new BigInteger(digits, 16);
        if (mantissa.signum() == 0) {
            return Optional.of(BigDecimal.ZERO);
        }
        BigInteger power = new BigInteger(parts.length > 1 ? parts[1] : "0");
        if (power.bitLength() > 17) {
            return Optional.empty();
        }
        int shift = power.intValue() - 4 * (point < 0 ? 0 : parts[0].length() - point - 1);
        BigDecimal exact = new BigDecimal(mantissa).multiply(shift < 0 ? BigDecimal.valueOf(0.5).pow(-shift) : TWO.pow(shift));
        return finite(rounded(exact));
    }

    /** A text that is no zero is no number where it is nearest to zero or to infinity. */
    private static Optional<BigDecimal> finite(BigDecimal near) {
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
