package dev.marrow.engine.command;

import java.util.HashSet;
import java.util.Set;

/** Glob matching as its definition reads, by recursion, each question asked once. Text is Latin-1, one character a byte. */
public final class NaiveGlob {
    /** Rests of pattern and text, by their lengths, that do not match. */
    private final Set<Long> refused = new HashSet<>();

    private NaiveGlob() {}

    public static boolean matches(String pattern, String text) {
        return new NaiveGlob().match(pattern, text);
    }

    private boolean match(String pattern, String text) {
        long question = (long) pattern.length() << Integer.SIZE | text.length();
        boolean matches = !refused.contains(question) && matchAnew(pattern, text);
        if (!matches) {
            refused.add(question);
        }
        return matches;
    }

    private boolean matchAnew(String pattern, String text) {
        if (pattern.isEmpty()) {
            return text.isEmpty();
        }
        char first = pattern.charAt(0);
        if (first == '*') {
            return match(pattern.substring(1), text) || !text.isEmpty() && match(pattern, text.substring(1));
        }
        if (text.isEmpty()) {
            return false;
        }
        char c = text.charAt(0);
        String rest = text.substring(1);
        if (first == '?') {
            return match(pattern.substring(1), rest);
        }
        if (first == '\\' && pattern.length() > 1) {
            return c == pattern.charAt(1) && match(pattern.substring(2), rest);
        }
        if (first != '[') {
            return c == first && match(pattern.substring(1), rest);
        }
        String left = pattern.substring(1);
        boolean negated = left.startsWith("^");
        left = negated ? left.substring(1) : left;
        boolean member = false;
        while (!left.isEmpty() && left.charAt(0) != ']') {
            if (left.charAt(0) == '\\' && left.length() > 1) {
                member |= left.charAt(1) == c;
                left = left.substring(2);
            } else if (left.length() > 2 && left.charAt(1) == '-') {
                byte one = (byte) left.charAt(0);
                byte other = (byte) left.charAt(2);
                member |= (byte) c >= Math.min(one, other) && (byte) c <= Math.max(one, other);
                left = left.substring(3);
            } else {
                member |= left.charAt(0) == c;
                left = left.substring(1);
            }
        }
        return member != negated && match(left.isEmpty() ? left : left.substring(1), rest);
    }
}
