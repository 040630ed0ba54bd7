package dev.marrow.engine.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Patterns match what their definition says, and the work of a hostile one is bounded by the text it is matched with. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GlobTest {
    private static final int RANDOM_PATTERNS = 300_000;
    private static final String PATTERN_CHARACTERS = "aabbc***??[[]]^-\\\\\u0001\u0080\u00ff";
    private static final String TEXT_CHARACTERS = "aaabbc*?[]^-\\\u0001\u0080\u00ff";
    private static final int KEY_BYTES = 512;
    private static final int PATTERN_BYTES = 65_536;

    private static String random(Random random, String characters, int lengthMax) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(lengthMax + 1); length > 0; length--) {
            text.append(characters.charAt(random.nextInt(characters.length())));
        }
        return text.toString();
    }

    @Test
    void matchesWhatTheDefinitionSays() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int matched = 0;
        for (int i = 0; i < RANDOM_PATTERNS; i++) {
            String pattern = random(random, PATTERN_CHARACTERS, 9);
            String text = random(random, TEXT_CHARACTERS, 6);
            boolean expected = NaiveGlob.matches(pattern, text);
            matched += expected ? 1 : 0;
            assertEquals(expected, Glob.of(Words.bytes(pattern)).matches(Words.bytes(text)),
                    () -> "seed " + seed + ", pattern " + pattern + ", text " + text);
        }
        assertTrue(matched > RANDOM_PATTERNS / 100, "of " + RANDOM_PATTERNS + " random patterns only " + matched + " match anything");
    }

    @Test
    void readsClassesAsRedisDoes() {
        for (String[] yes : new String[][] {{"[a-]]", "]"}, {"[]]", "x"}, {"[^]]", "a]"}, {"[\\]a]", "]"}, {"[z-a]", "m"}, {"[a", "a"}, {"\\", "\\"},
                {"[\\", "\\"}, {"[^a", "b"}, {"a[-]", "a-"}, {"[\u0001-\u00ff]", "\u0000"}}) {
            boolean expected = !yes[0].equals("[]]");
            assertEquals(expected, Glob.of(Words.bytes(yes[0])).matches(Words.bytes(yes[1])), yes[0]);
        }
        assertFalse(Glob.of(Words.bytes("[\u0001-\u00ff]")).matches(Words.bytes("a")), "bytes are signed");
        assertTrue(Glob.matches("[A-C]B", "bB") && !Glob.of(Words.bytes("[A-C]B")).matches(Words.bytes("bB")));
        assertFalse(Glob.matches("[\\A]", "a"), "an escaped one in a class is itself");
    }

    /** Each with a key that it nearly matches. */
    @Test
    void hostilePatternsTakeNoMoreStepsThanTheSquareOfTheKey() {
        String key = "a".repeat(KEY_BYTES);
        List<String> patterns = List.of(
                "*a".repeat(PATTERN_BYTES / 2), "*a".repeat(KEY_BYTES / 2) + "*b", "*".repeat(PATTERN_BYTES - 1) + "b",
                "*" + "a".repeat(KEY_BYTES / 2) + "b",
                "*" + "a".repeat(KEY_BYTES / 2) + "b*", "*" + "[^b]".repeat(KEY_BYTES / 2) + "b", "*" + "?".repeat(KEY_BYTES / 2) + "b*".repeat(9),
                "[" + "b".repeat(PATTERN_BYTES - 1), "*[" + "a-".repeat(PATTERN_BYTES / 2 - 2) + "]b", "[^a]".repeat(PATTERN_BYTES / 4),
                "*" + ("?".repeat(20) + "*").repeat(KEY_BYTES / 24) + "b", "*?".repeat(KEY_BYTES) + "b", "[a".repeat(PATTERN_BYTES / 2));
        for (String pattern : patterns) {
            Glob glob = Glob.of(Words.bytes(pattern));
            glob.matches(Words.bytes(key));
            assertTrue(glob.steps() <= (long) KEY_BYTES * KEY_BYTES, glob.steps() + " steps for " + pattern.substring(0, 20));
        }
    }

    @Test
    void stepsAreCountedOverAllMatches() {
        Glob glob = Glob.of(Words.bytes("*aab"));
        glob.matches(Words.bytes("aaaaaaaa"));
        long once = glob.steps();
        glob.matches(Words.bytes("aaaaaaaa"));
        assertTrue(once > 8 && glob.steps() == 2 * once);
    }
}
