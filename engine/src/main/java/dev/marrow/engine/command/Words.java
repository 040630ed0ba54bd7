package dev.marrow.engine.command;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Arguments as text: Latin-1, so that every byte is one character and comes back unchanged. */
final class Words {
    private Words() {}

    static String text(byte[] argument) {
        return new String(argument, StandardCharsets.ISO_8859_1);
    }

    /** As Redis's %s prints it: up to the first NUL. */
    static String cString(byte[] argument) {
        String text = text(argument);
        int end = text.indexOf(0);
        return end < 0 ? text : text.substring(0, end);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static String lower(byte[] argument) {
        return lower(text(argument));
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    static boolean is(byte[] argument, String word) {
        return text(argument).equalsIgnoreCase(word);
    }

    /** What a client may put into CLIENT INFO: printable ASCII without spaces (validateClientAttr). */
    static boolean printable(byte[] argument) {
        for (byte b : argument) {
            if (b < '!' || b > '~') {
                return false;
            }
        }
        return true;
    }
}
