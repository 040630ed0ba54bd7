package dev.marrow.stress.load;

import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Finds the ends of RESP2 replies in bytes that come in any pieces, and remembers of a reply what is needed to judge it. Allocates nothing, except
 * the text of an error.
 */
final class ReplyScanner {
    /** Of a status or an error; what is longer is passed over. */
    private static final int TEXT_BYTES_MAX = 256;
    private static final int NUMBER_DIGITS_MAX = 19;
    private static final long BULK_BYTES_MAX = 512L << 20;
    private static final long VALUES_MAX = 1 << 20;

    private enum State { TYPE, TEXT, NUMBER, LINE_FEED, BULK, BULK_END, BULK_LINE_FEED }

    private final byte[] text = new byte[TEXT_BYTES_MAX];
    private int textBytes;
    private final byte[] bulk;
    private int bulkBytes;

    private State state = State.TYPE;
    /** Values that are still to come until the reply is whole. */
    private long valuesLeft;
    private boolean nested;
    private char valueType;
    private boolean keepText;
    private boolean negative;
    private int digits;
    private long value;
    private long bulkLeft;

    private char type;
    private long number;
    private long nestedBulks;
    private long nestedNils;
    private long nestedOthers;

    /** @param bulkBytesMax so much of a reply that is a string is kept */
    ReplyScanner(int bulkBytesMax) {
        bulk = new byte[bulkBytesMax];
    }

    /**
     * Takes bytes until a reply is whole or none are left.
     *
     * @return whether a reply is whole; the next call begins the next one
     * @throws ProtocolException what came is no RESP2
     */
    boolean next(ByteBuffer in) throws ProtocolException {
        if (state == State.TYPE && valuesLeft == 0) {
            begin();
        }
        while (in.hasRemaining()) {
            if (state == State.BULK) {
                takeBulk(in);
            } else if (take(in.get())) {
                valuesLeft--;
                nested = true;
                if (valuesLeft == 0) {
                    return true;
                }
            }
        }
        return false;
    }

    private void begin() {
        valuesLeft = 1;
        nested = false;
        textBytes = 0;
        bulkBytes = 0;
        nestedBulks = 0;
        nestedNils = 0;
        nestedOthers = 0;
    }

    /** Returns whether a value is whole. */
    private boolean take(byte b) throws ProtocolException {
        switch (state) {
            case TYPE -> beginValue((char) (b & 0xff));
            case TEXT -> takeText(b);
            case NUMBER -> takeDigit(b);
            case LINE_FEED -> {
                require(b, '\n');
                return endLine();
            }
            case BULK_END -> {
                require(b, '\r');
                state = State.BULK_LINE_FEED;
            }
            case BULK_LINE_FEED -> {
                require(b, '\n');
                state = State.TYPE;
                return true;
            }
            case BULK -> throw new IllegalStateException("state=" + state);
        }
        return false;
    }

    private void beginValue(char first) throws ProtocolException {
        state = switch (first) {
            case '+', '-' -> State.TEXT;
            case ':', '$', '*' -> State.NUMBER;
            default -> throw new ProtocolException(String.format("a reply begins with 0x%02x", (int) first));
        };
        valueType = first;
        keepText = !nested || first == '-' && textBytes == 0;
        negative = false;
        digits = 0;
        value = 0;
        if (!nested) {
            type = first;
        }
    }

    private void takeText(byte b) {
        if (b == '\r') {
            state = State.LINE_FEED;
        } else if (keepText && textBytes < TEXT_BYTES_MAX) {
            text[textBytes++] = b;
        }
    }

    private void takeDigit(byte b) throws ProtocolException {
        if (b == '\r' && digits > 0) {
            state = State.LINE_FEED;
        } else if (b == '-' && digits == 0 && !negative) {
            negative = true;
        } else if (b >= '0' && b <= '9' && digits < NUMBER_DIGITS_MAX) {
            digits++;
            value = value * 10 + b - '0';
        } else {
            throw new ProtocolException(String.format("0x%02x in a number", b));
        }
    }

    private static void require(byte b, char expected) throws ProtocolException {
        if (b != expected) {
            throw new ProtocolException(String.format("0x%02x where a line should end", b));
        }
    }

    private boolean endLine() throws ProtocolException {
        long signed = negative ? -value : value;
        if (!nested) {
            number = signed;
        } else {
            count(signed);
        }
        state = State.TYPE;
        switch (valueType) {
            case '$' -> {
                if (signed > BULK_BYTES_MAX) {
                    throw new ProtocolException("bulk of " + signed + " bytes");
                }
                if (signed >= 0) {
                    bulkLeft = signed;
                    state = signed == 0 ? State.BULK_END : State.BULK;
                    return false;
                }
            }
            case '*' -> {
                if (signed > VALUES_MAX - valuesLeft) {
                    throw new ProtocolException("array of " + signed + " values");
                }
                valuesLeft += Math.max(0, signed);
            }
            default -> { }
        }
        return true;
    }

    private void count(long signed) {
        if (valueType != '$') {
            nestedOthers++;
        } else if (signed < 0) {
            nestedNils++;
        } else {
            nestedBulks++;
        }
    }

    private void takeBulk(ByteBuffer in) {
        int here = (int) Math.min(bulkLeft, in.remaining());
        int kept = nested ? 0 : Math.min(here, bulk.length - bulkBytes);
        in.get(bulk, bulkBytes, kept);
        in.position(in.position() + here - kept);
        bulkBytes += kept;
        bulkLeft -= here;
        if (bulkLeft == 0) {
            state = State.BULK_END;
        }
    }

    /** The reply's first byte. */
    char type() {
        return type;
    }

    /** Of ':' the number, of '$' the length, of '*' the count; -1 is nil. */
    long number() {
        return number;
    }

    boolean nil() {
        return (type == '$' || type == '*') && number < 0;
    }

    /** Whether the reply is this status. */
    boolean status(byte[] expected) {
        if (type != '+' || textBytes != expected.length) {
            return false;
        }
        for (int i = 0; i < textBytes; i++) {
            if (text[i] != expected[i]) {
                return false;
            }
        }
        return true;
    }

    /** The bytes of a string, as many as are kept. */
    byte[] bulk() {
        return bulk;
    }

    int bulkBytes() {
        return bulkBytes;
    }

    /** Strings inside an array. */
    long nestedBulks() {
        return nestedBulks;
    }

    long nestedNils() {
        return nestedNils;
    }

    /** What is neither inside an array. */
    long nestedOthers() {
        return nestedOthers;
    }

    /** The reply in words, for a person. */
    String describe() {
        String line = new String(text, 0, textBytes, StandardCharsets.ISO_8859_1);
        return switch (type) {
            case '+' -> "+" + line;
            case '-' -> "-" + line;
            case ':' -> "the number " + number;
            case '$' -> number < 0 ? "nil" : "a string of " + number + " bytes";
            default -> number < 0 ? "nil" : "an array of " + number + (nestedOthers == 0 ? ": " + nestedBulks + " strings, " + nestedNils + " nil"
                    : ", " + nestedOthers + " of them no strings" + (line.isEmpty() ? "" : ", the first: -" + line));
        };
    }
}
