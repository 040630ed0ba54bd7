package dev.marrow.engine.command;

/**
 * Redis's glob patterns: {@code *}, {@code ?}, {@code [abc]}, {@code [^a-z]}, and a backslash before a literal. Matching
 * ignores case. Work is bounded by the product of both lengths, whatever a client sends: only the last star is tried again.
 */
final class Glob {
    private final String pattern;
    private final String text;

    private Glob(String pattern, String text) {
        this.pattern = pattern;
        this.text = text;
    }

    static boolean matches(String pattern, String text) {
        return new Glob(Words.lower(pattern), Words.lower(text)).matches();
    }

    static boolean hasWildcard(String text) {
        return text.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
    }

    private boolean matches() {
        int p = 0;
        int t = 0;
        int star = -1;
        int starText = 0;
        while (t < text.length() || p < pattern.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = ++p;
                starText = t;
                continue;
            }
            if (p < pattern.length() && t < text.length() && matchesOne(p, text.charAt(t))) {
                p = elementEnd(p);
                t++;
                continue;
            }
            if (star < 0 || starText >= text.length()) {
                return false;
            }
            p = star;
            t = ++starText;
        }
        return true;
    }

    /** Where the pattern element that starts at {@code p} ends. */
    private int elementEnd(int p) {
        return switch (pattern.charAt(p)) {
            case '\\' -> Math.min(p + 2, pattern.length());
            case '[' -> Math.min(classEnd(p) + 1, pattern.length());
            default -> p + 1;
        };
    }

    /** Index of the closing bracket, or of the end where none closes. */
    private int classEnd(int p) {
        int i = p + 1;
        while (i < pattern.length() && pattern.charAt(i) != ']') {
            i += pattern.charAt(i) == '\\' ? 2 : 1;
        }
        return Math.min(i, pattern.length());
    }

    private boolean matchesOne(int p, char c) {
        return switch (pattern.charAt(p)) {
            case '?' -> true;
            case '[' -> matchesClass(p, c);
            case '\\' -> p + 1 < pattern.length() ? pattern.charAt(p + 1) == c : c == '\\';
            default -> pattern.charAt(p) == c;
        };
    }

    private boolean matchesClass(int p, char c) {
        int end = classEnd(p);
        int i = p + 1;
        boolean negated = i < end && pattern.charAt(i) == '^';
        i += negated ? 1 : 0;
        boolean found = false;
        while (i < end) {
            if (pattern.charAt(i) == '\\' && i + 1 < end) {
                i++;
                found |= pattern.charAt(i) == c;
            } else if (i + 2 < end && pattern.charAt(i + 1) == '-') {
                char low = (char) Math.min(pattern.charAt(i), pattern.charAt(i + 2));
                char high = (char) Math.max(pattern.charAt(i), pattern.charAt(i + 2));
                found |= c >= low && c <= high;
                i += 2;
            } else {
                found |= pattern.charAt(i) == c;
            }
            i++;
        }
        return found != negated;
    }
}
