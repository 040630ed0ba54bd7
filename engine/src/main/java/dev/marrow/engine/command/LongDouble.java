package dev.marrow.engine.command;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number as Redis computes INCRBYFLOAT with it on x86-64: the C type long double, which has 64 bits of mantissa. A double would give other digits,
 * and so would exact decimals.
 *
 * @param value    what the 64 bits say, exactly; 0 when the number is not finite
 * @param isFinite false: infinite, or the sum of opposite infinities
 */
record LongDouble(BigDecimal value, boolean isFinite) {
    static final LongDouble ZERO = new LongDouble(BigDecimal.ZERO, true);

    private static final LongDouble INFINITE = new LongDouble(BigDecimal.ZERO, false);
    private static final int MANTISSA_BITS = 64;
    /** Of the mantissa's last bit: below it numbers have fewer bits, above it none is finite. */
    private static final int EXPONENT_MIN = -16_445;
    private static final int EXPONENT_MAX = 16_383 - (MANTISSA_BITS - 1);
    /** The largest finite number is below 10⁴⁹³³, the smallest above 10⁻⁴⁹⁵¹: what is farther away needs no computation. */
    private static final int MAGNITUDE_MAX = 5_000;
    private static final int FRACTION_DIGITS = 17;
    private static final int TEXT_BYTES_MAX = 5 * 1024 - 1;
    private static final Pattern INFINITY = Pattern.compile("[+-]?inf(inity)?", Pattern.CASE_INSENSITIVE);
    /** Possessive, so that no text takes longer than its length. */
    private static final Pattern DECIMAL =
            Pattern.compile("([+-]?)(?=\\.?[0-9])([0-9]*+)\\.?+([0-9]*+)(?:e([+-]?[0-9]++))?+", Pattern.CASE_INSENSITIVE);
    private static final Pattern HEXADECIMAL =
            Pattern.compile("([+-]?)0x(?=\\.?[0-9a-f])([0-9a-f]*+)\\.?+([0-9a-f]*+)(?:p([+-]?[0-9]++))?+", Pattern.CASE_INSENSITIVE);

    /** The number nearest to a text in the forms that strtold() reads in whole; empty: it is none, or there is no number near. */
    static Optional<LongDouble> parse(String text) {
        if (text.length() > TEXT_BYTES_MAX) {
            return Optional.empty();
        }
        if (INFINITY.matcher(text).matches()) {
            return Optional.of(INFINITE);
        }
        Matcher decimal = DECIMAL.matcher(text);
        Matcher hexadecimal = HEXADECIMAL.matcher(text);
        if (decimal.matches()) {
            return parse(decimal, 10, 10, 1);
        }
        return hexadecimal.matches() ? parse(hexadecimal, 16, 2, 4) : Optional.empty();
    }

    /** @param digitExponent a digit behind the point divides by {@code base} to this power */
    private static Optional<LongDouble> parse(Matcher text, int radix, int base, int digitExponent) {
        BigInteger digits = new BigInteger(text.group(2) + text.group(3), radix);
        if (digits.signum() == 0) {
            return Optional.of(ZERO);
        }
        long exponent = exponent(text) - (long) digitExponent * text.group(3).length();
        double magnitude = digits.bitLength() * Math.log10(2) + exponent * Math.log10(base);
        if (Math.abs(magnitude) > MAGNITUDE_MAX) {
            return Optional.empty();
        }
        BigInteger power = BigInteger.valueOf(base).pow((int) Math.abs(exponent));
        LongDouble near = exponent < 0 ? nearest(digits, power) : nearest(digits.multiply(power), BigInteger.ONE);
        if (!near.isFinite || near.value.signum() == 0) {
            return Optional.empty();
        }
        return Optional.of(text.group(1).equals("-") ? new LongDouble(near.value.negate(), true) : near);
    }

    /** What is too large for an int is as good as the largest. */
    private static long exponent(Matcher text) {
        if (text.group(4) == null) {
            return 0;
        }
        BigInteger exponent = new BigInteger(text.group(4));
        return exponent.bitLength() < Integer.SIZE ? exponent.intValue() : (long) exponent.signum() * Integer.MAX_VALUE;
    }

    /** The number nearest to a quotient of positive numbers; of two the one with an even mantissa. */
    private static LongDouble nearest(BigInteger dividend, BigInteger divisor) {
        int exponent = Math.max(dividend.bitLength() - divisor.bitLength() - MANTISSA_BITS, EXPONENT_MIN);
        BigInteger mantissa = quotient(dividend, divisor, exponent);
        while (mantissa.bitLength() > MANTISSA_BITS) {      // twice where rounding carries into a further bit
            exponent++;
            mantissa = quotient(dividend, divisor, exponent);
        }
        return exponent > EXPONENT_MAX ? INFINITE : new LongDouble(scaled(mantissa, exponent), true);
    }

    /** {@code dividend / divisor / 2^exponent}, rounded half to even. */
    private static BigInteger quotient(BigInteger dividend, BigInteger divisor, int exponent) {
        BigInteger above = exponent < 0 ? dividend.shiftLeft(-exponent) : dividend;
        BigInteger below = exponent > 0 ? divisor.shiftLeft(exponent) : divisor;
        BigInteger[] whole = above.divideAndRemainder(below);
        int half = whole[1].shiftLeft(1).compareTo(below);
        return half > 0 || half == 0 && whole[0].testBit(0) ? whole[0].add(BigInteger.ONE) : whole[0];
    }

    private static BigDecimal scaled(BigInteger mantissa, int exponent) {
        return exponent >= 0 ? new BigDecimal(mantissa.shiftLeft(exponent))
                : new BigDecimal(mantissa.multiply(BigInteger.valueOf(5).pow(-exponent)), -exponent);
    }

    LongDouble plus(LongDouble other) {
        if (!isFinite || !other.isFinite) {
            return INFINITE;
        }
        BigDecimal sum = value.add(other.value);
        if (sum.signum() == 0) {
            return ZERO;
        }
        BigDecimal magnitude = sum.abs();
        BigInteger power = BigInteger.TEN.pow(Math.max(magnitude.scale(), 0));
        LongDouble near = nearest(magnitude.multiply(new BigDecimal(power)).toBigIntegerExact(), power);
        return sum.signum() > 0 ? near : new LongDouble(near.value.negate(), near.isFinite);
    }

    /** With 17 digits behind the point, without zeros at their end. */
    String text() {
        BigDecimal rounded = value.setScale(FRACTION_DIGITS, RoundingMode.HALF_EVEN);
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }
}
