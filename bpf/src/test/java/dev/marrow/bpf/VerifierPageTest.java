package dev.marrow.bpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifierPageTest {
    private static final VerifierPage.Basis BASIS = new VerifierPage.Basis("6.18", "19");
    private static final VerifierPage.Basis OTHER_KERNEL = new VerifierPage.Basis("6.1", "19");
    private static final VerifierPage.Basis OTHER_COMPILER = new VerifierPage.Basis("6.18", "14");

    @TempDir
    Path directory;

    private Path page;

    @BeforeEach
    void record() throws IOException {
        page = directory.resolve("PAGE.md");
        Files.write(page, List.of("before", "<!-- verifier: begin -->", "old", "<!-- verifier: end -->", "behind"));
        VerifierPage.write(page, BASIS, List.of(cost("big", 600_000), cost("small", 50)));
    }

    private static VerifierCost cost(String program, long processed) {
        return new VerifierCost(program, "x.bpf.c", processed, 12_345);
    }

    private List<String> findings(VerifierPage.Basis now, VerifierCost... costs) throws IOException {
        return VerifierPage.read(page).findings(now, List.of(costs));
    }

    private void assertOne(String about, List<String> findings) {
        assertEquals(1, findings.size(), findings::toString);
        assertTrue(findings.getFirst().contains(about), findings::toString);
    }

    @Test
    void aTenthMoreIsNoticed() throws IOException {
        assertEquals(List.of(), findings(BASIS, cost("big", 660_000), cost("small", 55)));
        assertOne("program=big object=x.bpf.c processed=660001 recorded=600000", findings(BASIS, cost("big", 660_001), cost("small", 1)));
        assertOne("program=small object=x.bpf.c processed=56 recorded=50", findings(BASIS, cost("big", 600_000), cost("small", 56)));
    }

    @Test
    void programsAreNeitherMissingNorLeftOver() throws IOException {
        assertOne("program=new object=x.bpf.c processed=7 not recorded", findings(BASIS, cost("big", 1), cost("small", 1), cost("new", 7)));
        assertOne("program=small is recorded and not loaded", findings(BASIS, cost("big", 1)));
    }

    @Test
    void elsewhereOnlyTheLimitCounts() throws IOException {
        for (VerifierPage.Basis now : List.of(OTHER_KERNEL, OTHER_COMPILER)) {
            assertEquals(List.of(), findings(now, cost("big", VerifierPage.PROCESSED_MAX), cost("small", 5_000)));
            assertOne("program=big object=x.bpf.c processed=800001 may be at most 800000",
                    findings(now, cost("big", VerifierPage.PROCESSED_MAX + 1), cost("small", 50)));
        }
    }

    @Test
    void onlyTheTableIsReplaced() throws IOException {
        List<String> lines = Files.readAllLines(page);
        assertEquals("before", lines.getFirst());
        assertEquals("behind", lines.getLast());
        assertTrue(lines.contains("| `big` | `x.bpf.c` | 600,000 | 60.0 % | 12,345 |"), lines::toString);
        assertTrue(!lines.contains("old"), lines::toString);
    }

    @Test
    void aPageWithoutItsTableIsRefused() throws IOException {
        Files.write(page, List.of("<!-- verifier: begin -->", "<!-- verifier: end -->"));
        assertThrows(IOException.class, () -> VerifierPage.read(page));
        Files.write(page, List.of("nothing"));
        assertThrows(IOException.class, () -> VerifierPage.read(page));
    }
}
