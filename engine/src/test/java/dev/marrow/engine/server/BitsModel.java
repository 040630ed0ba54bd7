package dev.marrow.engine.server;

import java.math.BigInteger;
import java.util.Optional;

/** Strings as texts of zeros and ones. */
final class BitsModel {
    /**
     * GET, SET or INCRBY of BITFIELD.
     *
     * @param overflow WRAP, SAT or FAIL
     */
    record FieldOperation(String kind, boolean signed, int width, long offset, BigInteger operand, String overflow) {}

    private BitsModel() {}

    static String bits(String value) {
        StringBuilder bits = new StringBuilder(value.length() * 8);
        value.chars().forEach(c -> bits.append(Integer.toBinaryString(c | 0x100), 1, 9));
        return bits.toString();
    }

    static String bytes(String bits) {
        StringBuilder value = new StringBuilder(bits.length() / 8);
        for (int i = 0; i < bits.length(); i += 8) {
            value.append((char) Integer.parseInt(bits.substring(i, i + 8), 2));
        }
        return value.toString();
    }

    static String padded(String text, int length, char with) {
        return text + String.valueOf(with).repeat(Math.max(0, length - text.length()));
    }

    /** What the operation replies, empty for nil; it changes the bits. */
    static Optional<BigInteger> field(FieldOperation o, StringBuilder bits) {
        BigInteger size = BigInteger.TWO.pow(o.width());
        BigInteger max = (o.signed() ? size.shiftRight(1) : size).subtract(BigInteger.ONE);
        BigInteger min = o.signed() ? max.negate().subtract(BigInteger.ONE) : BigInteger.ZERO;
        String stored = o.offset() >= bits.length() ? "" : bits.substring((int) o.offset(), (int) Math.min(o.offset() + o.width(), bits.length()));
        BigInteger before = new BigInteger(padded(stored, o.width(), '0'), 2);
        before = before.compareTo(max) > 0 ? before.subtract(size) : before;
        if (o.kind().equals("GET")) {
            return Optional.of(before);
        }
        BigInteger after = o.kind().equals("SET") ? o.operand() : before.add(o.operand());
        if (o.kind().equals("SET") && !o.signed() && after.signum() < 0) {
            after = after.add(BigInteger.TWO.pow(64));
        }
        // Redis computes the distance to the largest number in 64 bits, and takes what is farther below than that for something above
        boolean far = o.kind().equals("SET") && max.subtract(after).bitLength() > 63;
        if (after.compareTo(max) > 0 || after.compareTo(min) < 0) {
            switch (o.overflow()) {
                case "WRAP" -> {
                    after = after.mod(size);
                    after = after.compareTo(max) > 0 ? after.subtract(size) : after;
                }
                case "SAT" -> after = far || after.compareTo(max) > 0 ? max : min;
                default -> {
                    return Optional.empty();
                }
            }
        }
        String field = after.mod(size).add(size).toString(2).substring(1);
        bits.replace((int) o.offset(), (int) o.offset() + o.width(), field);
        return Optional.of(o.kind().equals("SET") ? before : after);
    }
}
