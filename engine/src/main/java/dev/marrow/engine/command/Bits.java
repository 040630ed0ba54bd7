package dev.marrow.engine.command;

import java.util.Arrays;
import java.util.List;

/** A string as bits: bit 0 is the highest of byte 0. */
final class Bits {
    /** Bits of the longest string that Redis has by default, whose offsets are taken though Marrow's strings are shorter: 512 MB. */
    private static final long OFFSETS = (512L << 20) * Byte.SIZE;

    private Bits() {}

    /**
     * A bit offset from an argument, 0 to 2³² − 1.
     *
     * @throws CommandErrorException it is none
     */
    static long offset(byte[] argument) {
        return checked(IntegerArgument.parse(argument, notAnOffset()));
    }

    /** The same, where {@code #n} means the n-th field of a width in bits. */
    static long offset(byte[] argument, int width) {
        if (argument.length == 0 || argument[0] != '#') {
            return offset(argument);
        }
        long field = IntegerArgument.parse(Arrays.copyOfRange(argument, 1, argument.length), notAnOffset());
        return checked(field < 0 || field > OFFSETS ? OFFSETS : field * width);
    }

    private static long checked(long offset) {
        if (offset < 0 || offset >= OFFSETS) {
            throw new CommandErrorException(notAnOffset());
        }
        return offset;
    }

    private static String notAnOffset() {
        return "ERR bit offset is not an integer or out of range";
    }

    /**
     * A copy of the bytes that is long enough to have this bit.
     *
     * @throws CommandErrorException it would be too long for a value
     */
    static byte[] reaching(Transaction transaction, byte[] bytes, long bit) {
        return SizeLimits.grown(transaction, bytes, bit / Byte.SIZE, 1);
    }

    /** 0 or 1; 0 behind the end. */
    static int get(byte[] bytes, long bit) {
        return bit / Byte.SIZE < bytes.length ? bytes[(int) (bit / Byte.SIZE)] >> 7 - bit % Byte.SIZE & 1 : 0;
    }

    static void set(byte[] bytes, long bit, long value) {
        int mask = 1 << 7 - bit % Byte.SIZE;
        int at = (int) (bit / Byte.SIZE);
        bytes[at] = (byte) (value == 0 ? bytes[at] & ~mask : bytes[at] | mask);
    }

    /** {@code width} bits from {@code from} on as an unsigned number. */
    static long read(byte[] bytes, long from, int width) {
        long number = 0;
        for (int i = 0; i < width; i++) {
            number = number << 1 | get(bytes, from + i);
        }
        return number;
    }

    /** Stores the lowest {@code width} bits of a number from {@code from} on. */
    static void write(byte[] bytes, long from, int width, long number) {
        for (int i = 0; i < width; i++) {
            set(bytes, from + i, number >> width - 1 - i & 1);
        }
    }

    /** How many bits of the range are 1. */
    static long count(byte[] bytes, IndexRange range) {
        long count = 0;
        for (long bit = range.start(); bit <= range.end();) {
            boolean wholeByte = bit % Byte.SIZE == 0 && bit + Byte.SIZE - 1 <= range.end();
            count += wholeByte ? Integer.bitCount(bytes[(int) (bit / Byte.SIZE)] & 0xff) : get(bytes, bit);
            bit += wholeByte ? Byte.SIZE : 1;
        }
        return count;
    }

    /** The first bit of the range that has this value, -1: none has. */
    static long find(byte[] bytes, long value, IndexRange range) {
        byte none = (byte) (value == 0 ? 0xff : 0);
        for (long bit = range.start(); bit <= range.end();) {
            boolean skipped = bit % Byte.SIZE == 0 && bit + Byte.SIZE - 1 <= range.end() && bytes[(int) (bit / Byte.SIZE)] == none;
            if (!skipped && get(bytes, bit) == value) {
                return bit;
            }
            bit += skipped ? Byte.SIZE : 1;
        }
        return -1;
    }

    /** The unit argument at the end of BITCOUNT and BITPOS: in how many bits indexes count. */
    static int unit(List<byte[]> arguments, int at) {
        if (at >= arguments.size() || Words.is(arguments.get(at), "byte")) {
            return Byte.SIZE;
        }
        if (!Words.is(arguments.get(at), "bit")) {
            throw new CommandErrorException("ERR syntax error");
        }
        return 1;
    }

    /** The bits of a range that counts in units of so many bits, as far as they exist. */
    static IndexRange range(byte[] bytes, IndexRange range, int unit) {
        IndexRange within = range.within((long) bytes.length * Byte.SIZE / unit);
        return within.isEmpty() ? IndexRange.EMPTY : new IndexRange(within.start() * unit, within.end() * unit + unit - 1);
    }
}
