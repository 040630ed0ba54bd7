package dev.marrow.stress.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SkipListTest {
    @Test
    void readsUnitsReasonsAndNames() {
        SkipList list = SkipList.parse("""
                # a comment
                minimum-passes: 7

                [unit/a]
                no lists:
                    one (issue #1)
                    two: with a colon
                no sets:
                    three
                [unit/b]
                [unit/c]
                no lists:
                    one (issue #1)
                """.lines().toList());
        assertEquals(7, list.minimumPasses());
        assertEquals(List.of("unit/a", "unit/b", "unit/c"), list.units());
        assertEquals(List.of("one (issue #1)", "two: with a colon", "three"), List.copyOf(list.names("unit/a")));
        assertTrue(list.names("unit/b").isEmpty());
        assertEquals(Map.of("no lists", 3, "no sets", 1), list.reasons());
    }

    @Test
    void refusesWhatIsNoList() {
        refuses("[unit/a]", "no minimum-passes");
        refuses("minimum-passes: 1", "no units");
        refuses("minimum-passes: 1\nminimum-passes: 2", "line 2");
        refuses("minimum-passes: many", "line 1");
        refuses("minimum-passes: 1\n[unit/a]\n    a test", "without a reason");
        refuses("minimum-passes: 1\n[unit/a]\nno lists:\n    a test\n[unit/b]\n    a test", "without a reason");
        refuses("minimum-passes: 1\n[unit/a]\nno lists:\n    a test\nno sets:\n    a test", "the test comes twice");
        refuses("minimum-passes: 1\n[unit/a]\n[unit/a]", "the unit comes twice");
        refuses("minimum-passes: 1\n[unit/a]\nno lists:\n    /.*", "begin with /");
        refuses("minimum-passes: 1\nno lists:", "neither");
        refuses("minimum-passes: 1\n[unit/a]\nno lists", "neither");
    }

    private static void refuses(String text, String because) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> SkipList.parse(text.lines().toList()));
        assertTrue(refused.getMessage().contains(because), refused.getMessage());
    }

    @Test
    void committedListIsOne() throws IOException {
        SkipList list = SkipList.committed();
        assertTrue(list.minimumPasses() > 0);
        assertTrue(list.units().contains("unit/multi"), list.units().toString());
    }
}
