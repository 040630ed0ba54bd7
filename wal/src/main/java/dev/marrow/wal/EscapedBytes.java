package dev.marrow.wal;

import java.util.HexFormat;

/** Bytes as redis-cli shows them (sdscatrepr): in double quotes, printable ASCII as it is, the rest escaped, as in {@code "\x00"}. */
final class EscapedBytes {

    private static final HexFormat HEX = HexFormat.of();

    private EscapedBytes() {}

    static String quote(byte[] bytes) {
        return quote(bytes, bytes.length);
    }

    /** Of longer ones only the first {@code shownMax}, then "..." behind the closing quote. */
    static String quote(byte[] bytes, int shownMax) {
        StringBuilder text = new StringBuilder(bytes.length + 2).append('"');
        for (int i = 0; i < Math.min(bytes.length, shownMax); i++) {
            escape(bytes[i], text);
        }
        return text.append(bytes.length > shownMax ? "\"..." : "\"").toString();
    }

    private static void escape(byte b, StringBuilder text) {
        switch (b) {
            case '\\', '"' -> text.append('\\').append((char) b);
            case '\n' -> text.append("\\n");
            case '\r' -> text.append("\\r");
            case '\t' -> text.append("\\t");
            case 0x07 -> text.append("\\a");
            case '\b' -> text.append("\\b");
            default -> {
                if (b >= ' ' && b <= '~') {
                    text.append((char) b);
                } else {
                    text.append("\\x").append(HEX.toHexDigits(b));
                }
            }
        }
    }
}
