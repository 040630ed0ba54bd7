package dev.marrow.engine.resp;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Splits an inline command, or a line of a configuration file, into arguments as Redis does (sdssplitargs): words
 * separated by white space; "double quotes" with \n \r \t \b \a and \xHH; 'single quotes' with \' only; a closing quote
 * must be followed by white space or the end.
 */
public final class InlineArguments {
    private final byte[] line;
    private final int end;
    private int at;

    private InlineArguments(byte[] line, int end) {
        this.line = line;
        this.end = end;
    }

    /** The arguments of {@code line[0, end)}, or nothing when its quotes do not balance. */
    public static Optional<List<byte[]>> split(byte[] line, int end) {
        InlineArguments reader = new InlineArguments(line, end);
        List<byte[]> arguments = new ArrayList<>();
        while (reader.skipSpace()) {
            Optional<byte[]> argument = reader.argument();
            if (argument.isEmpty()) {
                return Optional.empty();
            }
            arguments.add(argument.get());
        }
        return Optional.of(arguments);
    }

    /** C strings end at a NUL. */
    private boolean atEnd() {
        return at >= end || line[at] == 0;
    }

    private boolean skipSpace() {
        while (!atEnd() && isSpace(line[at])) {
            at++;
        }
        return !atEnd();
    }

    private Optional<byte[]> argument() {
        ByteArrayOutputStream word = new ByteArrayOutputStream();
        while (!atEnd() && !isSplitter(line[at])) {
            byte b = line[at++];
            if (b != '"' && b != '\'') {
                word.write(b);
                continue;
            }
            boolean closed = b == '"' ? doubleQuoted(word) : singleQuoted(word);
            if (!closed) {
                return Optional.empty();
            }
            break;
        }
        return Optional.of(word.toByteArray());
    }

    private boolean doubleQuoted(ByteArrayOutputStream word) {
        while (!atEnd()) {
            byte b = line[at++];
            if (b == '"') {
                return quoteClosed();
            }
            if (b == '\\' && !atEnd()) {
                word.write(escape());
            } else {
                word.write(b);
            }
        }
        return false;
    }

    private int escape() {
        byte b = line[at++];
        if (b == 'x' && at + 1 < end && isHex(line[at]) && isHex(line[at + 1])) {
            int value = Character.digit(line[at], 16) << 4 | Character.digit(line[at + 1], 16);
            at += 2;
            return value;
        }
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> b;
        };
    }

    private boolean singleQuoted(ByteArrayOutputStream word) {
        while (!atEnd()) {
            byte b = line[at++];
            if (b == '\'') {
                return quoteClosed();
            }
            if (b == '\\' && !atEnd() && line[at] == '\'') {
                b = line[at++];
            }
            word.write(b);
        }
        return false;
    }

    private boolean quoteClosed() {
        return atEnd() || isSpace(line[at]);
    }

    private static boolean isHex(byte b) {
        return Character.digit(b, 16) >= 0;
    }

    /** What ends an unquoted word; vertical tab and form feed do not, though they are skipped between words. */
    private static boolean isSplitter(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private static boolean isSpace(byte b) {
        return isSplitter(b) || b == 0x0b || b == 0x0c;
    }
}
