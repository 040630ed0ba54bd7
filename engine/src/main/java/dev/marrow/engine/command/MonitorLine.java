package dev.marrow.engine.command;

import java.util.List;
import java.util.Locale;

/** A command as MONITOR shows it. */
final class MonitorLine {
    private MonitorLine() {}

    /** Without the type in front and the line end. {@code micros} is Unix time. */
    static String of(long micros, String address, List<byte[]> arguments) {
        StringBuilder line = new StringBuilder(64);
        line.append(String.format(Locale.ROOT, "%d.%06d [0 %s]", micros / 1_000_000, micros % 1_000_000, address));
        for (byte[] argument : arguments) {
            line.append(" \"");
            for (byte b : argument) {
                append(line, b & 0xff);
            }
            line.append('"');
        }
        return line.toString();
    }

    private static void append(StringBuilder line, int c) {
        switch (c) {
            case '\\', '"' -> line.append('\\').append((char) c);
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            case 7 -> line.append("\\a");
            case '\b' -> line.append("\\b");
            default -> {
                if (c >= ' ' && c <= '~') {
                    line.append((char) c);
                } else {
                    line.append(String.format(Locale.ROOT, "\\x%02x", c));
                }
            }
        }
    }
}
