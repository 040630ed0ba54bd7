package dev.marrow.engine.command;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Redis's glob patterns, byte for byte as its stringmatchlen reads them: {@code *}, {@code ?}, {@code [abc]}, {@code [^a-z]}, and a backslash before a
 * literal. Compiled once, so a hostile pattern costs its length once and not with every key. Matching needs no recursion, and no more steps than the square
 * of the text's length, however long the pattern is: only the last star is tried again, and only as long as the rest of the text can hold what the
 * pattern still needs.
 */
final class Glob {
    /** Elements: 0 to 255 a byte, one of these, or a class, whose number is added to the last. */
    private static final int ANY = 256;
    private static final int STAR = 257;
    private static final int CLASS = 258;

    private final byte[] pattern;
    private final boolean ignoreCase;
    private final List<boolean[]> classes = new ArrayList<>();
    private final int[] elements;
    /** How many bytes the elements from here on need at least. */
    private final int[] needed;
    private long steps;

    private Glob(byte[] pattern, boolean ignoreCase) {
        this.pattern = pattern;
        this.ignoreCase = ignoreCase;
        this.elements = compile();
        this.needed = new int[elements.length + 1];
        for (int i = elements.length - 1; i >= 0; i--) {
            needed[i] = needed[i + 1] + (elements[i] == STAR ? 0 : 1);
        }
    }

    static Glob of(byte[] pattern) {
        return new Glob(pattern, false);
    }

    /** Upper and lower case of ASCII are the same. */
    static boolean matches(String pattern, String text) {
        return new Glob(Words.bytes(pattern), true).matches(Words.bytes(text));
    }

    /** Steps of all matches so far, some nanoseconds each: for whoever has to bound the work of many. */
    long steps() {
        return steps;
    }

    // ---- matching ----

    boolean matches(byte[] text) {
        if (text.length < needed[0]) {
            return false;
        }
        int p = 0;
        int star = -1;
        int starText = 0;
        for (int t = 0; t < text.length;) {
            steps++;
            if (p < elements.length && elements[p] == STAR) {
                star = ++p;
                starText = t;
            } else if (p < elements.length && matches(elements[p], text[t])) {
                p++;
                t++;
            } else if (star >= 0 && text.length - starText > needed[star]) {
                p = star;
                t = ++starText;
            } else {
                return false;
            }
        }
        return needed[p] == 0;
    }

    private boolean matches(int element, byte c) {
        return element == ANY || (element >= CLASS ? classes.get(element - CLASS)[c & 0xff] : element == (folded(c) & 0xff));
    }

    private byte folded(byte c) {
        return ignoreCase && c >= 'A' && c <= 'Z' ? (byte) (c + 'a' - 'A') : c;
    }

    // ---- compiling ----

    private int[] compile() {
        int[] compiled = new int[pattern.length];
        int count = 0;
        for (int p = 0; p < pattern.length; p++) {
            switch (pattern[p]) {
                case '*' -> {
                    if (count == 0 || compiled[count - 1] != STAR) {
                        compiled[count++] = STAR;
                    }
                }
                case '?' -> compiled[count++] = ANY;
                case '[' -> {
                    compiled[count++] = CLASS + classes.size();
                    p = compileClass(p + 1);
                }
                case '\\' -> {
                    p += p + 1 < pattern.length ? 1 : 0;
                    compiled[count++] = folded(pattern[p]) & 0xff;
                }
                default -> compiled[count++] = folded(pattern[p]) & 0xff;
            }
        }
        return Arrays.copyOf(compiled, count);
    }

    /** Returns the index of the closing bracket; a class without one ends with the pattern. */
    private int compileClass(int from) {
        int p = from;
        boolean negated = p < pattern.length && pattern[p] == '^';
        p += negated ? 1 : 0;
        boolean[] members = new boolean[256];
        for (; p < pattern.length && pattern[p] != ']'; p++) {
            if (pattern[p] == '\\' && p + 1 < pattern.length) {
                members[pattern[++p] & 0xff] = true;        // Redis does not fold an escaped one
            } else if (p + 2 < pattern.length && pattern[p + 1] == '-') {
                addRange(members, pattern[p], pattern[p + 2]);
                p += 2;
            } else {
                addRange(members, pattern[p], pattern[p]);
            }
        }
        for (int c = 0; negated && c < members.length; c++) {
            members[c] = !members[c];
        }
        classes.add(members);
        return p;
    }

    /** Bytes are signed in Redis's comparison, on this architecture; the ends are put in order before their case is folded. */
    private void addRange(boolean[] members, byte one, byte other) {
        byte low = folded((byte) Math.min(one, other));
        byte high = folded((byte) Math.max(one, other));
        for (int c = Byte.MIN_VALUE; c <= Byte.MAX_VALUE; c++) {
            byte folded = folded((byte) c);
            if (folded >= low && folded <= high) {
                members[c & 0xff] = true;
            }
        }
    }
}
