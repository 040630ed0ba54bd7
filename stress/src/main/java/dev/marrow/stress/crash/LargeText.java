package dev.marrow.stress.crash;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Large values of which every part says whose it is and where it belongs, and the few characters that stand for such a value in a history.
 *
 * <pre>
 *   value   block | block | … | part of a block
 *   block   id 8 hex digits | number of the block 7 hex digits | ;
 * </pre>
 */
final class LargeText {
    private static final int BLOCK_CHARACTERS = 16;
    private static final int ID_DIGITS = 8;
    private static final int RUNS_MAX = 5;
    private static final int DIGEST_BYTES = 8;
    private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);

    private LargeText() {}

    /** A value of so many characters. Ids are not used twice. */
    static String of(int id, int length) {
        byte[] text = new byte[(length + BLOCK_CHARACTERS - 1) / BLOCK_CHARACTERS * BLOCK_CHARACTERS];
        for (int at = 0; at < text.length; at += BLOCK_CHARACTERS) {
            hex(id, text, at, ID_DIGITS);
            hex(at / BLOCK_CHARACTERS, text, at + ID_DIGITS, BLOCK_CHARACTERS - ID_DIGITS - 1);
            text[at + BLOCK_CHARACTERS - 1] = ';';
        }
        return new String(text, 0, length, StandardCharsets.ISO_8859_1);
    }

    private static void hex(int value, byte[] text, int at, int digits) {
        for (int i = 0; i < digits; i++) {
            text[at + i] = DIGITS[value >>> 4 * (digits - 1 - i) & 15];
        }
    }

    /** Stands for a value: its length, a checksum over all of it, and for people of what it is made up. */
    static String digest(String value) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(value.getBytes(StandardCharsets.ISO_8859_1));
            return value.length() + " bytes " + HexFormat.of().formatHex(hash, 0, DIGEST_BYTES) + " " + runs(value);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has it", e);
        }
    }

    /** Blocks of one id, one behind the other: "offset:id:first block+count". A new run begins where the value is put together, and where it is torn. */
    private static List<String> runs(String value) {
        List<String> runs = new ArrayList<>();
        int at = 0;
        while (at < value.length() && runs.size() < RUNS_MAX) {
            if (!isBlock(value, at)) {
                at++;
                continue;
            }
            int count = 1;
            while (isBlock(value, at + count * BLOCK_CHARACTERS) && follows(value, at, count)) {
                count++;
            }
            runs.add(at + ":" + value.substring(at, at + ID_DIGITS) + ":" + number(value, at) + "+" + count);
            at += count * BLOCK_CHARACTERS;
        }
        return runs;
    }

    private static boolean isBlock(String value, int at) {
        return at + BLOCK_CHARACTERS <= value.length() && value.charAt(at + BLOCK_CHARACTERS - 1) == ';' && number(value, at) >= 0;
    }

    private static boolean follows(String value, int at, int count) {
        int next = at + count * BLOCK_CHARACTERS;
        return value.regionMatches(next, value, at, ID_DIGITS) && number(value, next) == number(value, at) + count;
    }

    /** -1: none. */
    private static int number(String value, int at) {
        int number = 0;
        for (int i = at + ID_DIGITS; i < at + BLOCK_CHARACTERS - 1; i++) {
            char digit = value.charAt(i);
            if (!HexFormat.isHexDigit(digit)) {
                return -1;
            }
            number = number << 4 | HexFormat.fromHexDigit(digit);
        }
        return number;
    }
}
