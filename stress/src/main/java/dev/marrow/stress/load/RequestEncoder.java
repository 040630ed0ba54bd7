package dev.marrow.stress.load;

import dev.marrow.stress.load.OperationSource.Drawn;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Writes requests as bytes into a buffer that is used again and again: templates, in which only digits and values change. Records are called
 * {@code key:} and counters {@code cnt:} with twelve digits, as redis-benchmark calls its keys.
 */
final class RequestEncoder {
    /** Values are cut from so many random letters. */
    static final int LETTERS_BYTES = 1 << 20;
    static final int KEY_BYTES = 16;
    private static final int KEY_DIGITS = 12;
    private static final byte[] ALPHABET = bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-");
    private static final byte[] LETTERS = letters();
    private static final byte[] LINE_END = bytes("\r\n");

    private static final byte[] GET = bytes("*2\r\n$3\r\nGET\r\n$16\r\nkey:");
    private static final byte[] WATCH = bytes("*2\r\n$5\r\nWATCH\r\n$16\r\nkey:");
    private static final byte[] DEL = bytes("*2\r\n$3\r\nDEL\r\n$16\r\nkey:");
    private static final byte[] INCR = bytes("*2\r\n$4\r\nINCR\r\n$16\r\ncnt:");
    private static final byte[] SET = bytes("*3\r\n$3\r\nSET\r\n$16\r\nkey:");
    private static final byte[] SET_NX = bytes("*4\r\n$3\r\nSET\r\n$16\r\nkey:");
    private static final byte[] SET_IFEQ = bytes("*5\r\n$3\r\nSET\r\n$16\r\nkey:");
    private static final byte[] NX = bytes("$2\r\nNX\r\n");
    private static final byte[] IFEQ = bytes("$4\r\nIFEQ\r\n");
    private static final byte[] MULTI = bytes("*1\r\n$5\r\nMULTI\r\n");
    private static final byte[] EXEC = bytes("*1\r\n$4\r\nEXEC\r\n");
    private static final byte[] MGET = bytes("$4\r\nMGET\r\n");
    private static final byte[] KEY = bytes("$16\r\nkey:");

    /** Of a request without its values, MGET apart: words, key, lengths. */
    private static final int FRAME_BYTES_MAX = 160;

    private final ByteBuffer out;

    /** @param out with room for all that is written before it is emptied */
    RequestEncoder(ByteBuffer out) {
        this.out = out;
    }

    /** Room that one operation needs at most, both steps of a read-modify-write included. */
    static int operationBytesMax(Mix mix, int valueBytesMax) {
        int bytes = FRAME_BYTES_MAX;
        if (mix.has(OperationKind.SET) || mix.has(OperationKind.INSERT)) {
            bytes = Math.max(bytes, FRAME_BYTES_MAX + valueBytesMax);
        }
        if (mix.has(OperationKind.SCAN)) {
            bytes = Math.max(bytes, FRAME_BYTES_MAX + OperationSource.SCAN_RECORDS_MAX * (KEY.length + KEY_DIGITS + LINE_END.length));
        }
        if (mix.has(OperationKind.RMW)) {
            bytes = Math.max(bytes, FRAME_BYTES_MAX + 2 * valueBytesMax);
        }
        return bytes;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] letters() {
        SplittableRandom random = new SplittableRandom(1);
        byte[] letters = new byte[LETTERS_BYTES];
        for (int i = 0; i < letters.length; i++) {
            letters[i] = ALPHABET[random.nextInt(ALPHABET.length)];
        }
        return letters;
    }

    void get(long record) {
        key(GET, record);
    }

    void watch(long record) {
        key(WATCH, record);
    }

    void delete(long record) {
        key(DEL, record);
    }

    void increment(long counter) {
        key(INCR, counter);
    }

    void set(Drawn drawn) {
        key(SET, drawn.record);
        value(LETTERS, drawn.valueFrom, drawn.valueBytes);
    }

    /** Only if the record is absent. */
    void setAbsent(Drawn drawn) {
        key(SET_NX, drawn.record);
        value(LETTERS, drawn.valueFrom, drawn.valueBytes);
        out.put(NX);
    }

    /** Only if the record's value is this one. */
    void setIfEqual(Drawn drawn, byte[] value, int valueBytes) {
        key(SET_IFEQ, drawn.record);
        value(LETTERS, drawn.valueFrom, drawn.valueBytes);
        out.put(IFEQ);
        value(value, 0, valueBytes);
    }

    /** Only if nobody wrote what is watched. */
    void setInTransaction(Drawn drawn) {
        out.put(MULTI);
        set(drawn);
        out.put(EXEC);
    }

    void getRun(long first, int records) {
        out.put((byte) '*');
        number(records + 1);
        out.put(MGET);
        for (int i = 0; i < records; i++) {
            key(KEY, first + i);
        }
    }

    private void key(byte[] before, long number) {
        out.put(before);
        int begin = out.position();
        long left = number;
        for (int at = begin + KEY_DIGITS - 1; at >= begin; at--) {
            out.put(at, (byte) ('0' + left % 10));
            left /= 10;
        }
        out.position(begin + KEY_DIGITS);
        out.put(LINE_END);
    }

    private void value(byte[] from, int at, int length) {
        out.put((byte) '$');
        number(length);
        out.put(from, at, length);
        out.put(LINE_END);
    }

    /** Not below 0, with its end of line. */
    private void number(int number) {
        int digits = 1;
        for (int rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        int begin = out.position();
        int left = number;
        for (int at = begin + digits - 1; at >= begin; at--) {
            out.put(at, (byte) ('0' + left % 10));
            left /= 10;
        }
        out.position(begin + digits);
        out.put(LINE_END);
    }
}
