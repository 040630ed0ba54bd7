package dev.marrow.engine.resp;

/**
 * A signed 64-bit integer in the one spelling that Redis accepts (string2ll): no plus sign, no leading zeros, no spaces,
 * no "-0".
 *
 * @param valid false: the text is not such a number, and {@code value} is 0
 */
public record DecimalNumber(boolean valid, long value) {
    private static final DecimalNumber INVALID = new DecimalNumber(false, 0);
    /** "-9223372036854775808" */
    private static final int DIGITS_MAX = 20;

    public static DecimalNumber parse(byte[] text) {
        return parse(text, 0, text.length);
    }

    /** Reads {@code [from, to)}; {@code to} may lie behind the array's end when the text was too long to keep. */
    public static DecimalNumber parse(byte[] text, int from, int to) {
        int length = to - from;
        if (length <= 0 || length > DIGITS_MAX || to > text.length) {
            return INVALID;
        }
        if (length == 1 && text[from] == '0') {
            return new DecimalNumber(true, 0);
        }
        boolean negative = text[from] == '-';
        int digit = negative ? from + 1 : from;
        if (digit == to || text[digit] < '1' || text[digit] > '9') {
            return INVALID;
        }
        long value = 0;
        for (; digit < to; digit++) {
            int d = text[digit] - '0';
            if (d < 0 || d > 9 || value < (Long.MIN_VALUE + d) / 10) {
                return INVALID;
            }
            value = value * 10 - d;
        }
        if (!negative && value == Long.MIN_VALUE) {
            return INVALID;
        }
        return new DecimalNumber(true, negative ? value : -value);
    }
}
