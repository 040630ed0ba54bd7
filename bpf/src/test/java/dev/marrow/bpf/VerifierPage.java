package dev.marrow.bpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The generated table of docs/VERIFIER.md: what each program cost the verifier when somebody last looked at it. */
final class VerifierPage {
    /** BPF_COMPLEXITY_LIMIT_INSNS (linux/bpf.h), the same in every kernel since 5.2. */
    static final long PROCESSED_LIMIT = 1_000_000;
    /** For kernels that nobody has recorded: further than this they may go nowhere, so that a fix release's verifier does not refuse us. */
    static final long PROCESSED_MAX = PROCESSED_LIMIT * 8 / 10;
    /** A program may grow by a tenth before somebody has to look at it. */
    private static final long GROWTH_DIVISOR = 10;

    private static final String BEGIN = "<!-- verifier: begin -->";
    private static final String END = "<!-- verifier: end -->";
    private static final String RECORD = "./marrow test -pl bpf -Dit.test=VerifierCostKernelIT -Dmarrow.verifier.record";
    private static final Pattern BASIS = Pattern.compile("Kernel (\\d+\\.\\d+), clang (\\d+)\\.");

    /**
     * What numbers depend on beside the source.
     *
     * @param kernel major.minor
     * @param clang  major
     */
    record Basis(String kernel, String clang) {}

    private final Basis basis;
    private final Map<String, VerifierCost> recorded;

    private VerifierPage(Basis basis, Map<String, VerifierCost> recorded) {
        this.basis = basis;
        this.recorded = recorded;
    }

    /** @throws IOException when the page has no table in the form that {@link #write} gives it */
    static VerifierPage read(Path page) throws IOException {
        List<String> lines = Files.readAllLines(page);
        Map<String, VerifierCost> costs = new LinkedHashMap<>();
        Basis basis = null;
        for (String line : lines.subList(mark(lines, BEGIN, page), mark(lines, END, page))) {
            Matcher matcher = BASIS.matcher(line);
            if (matcher.matches()) {
                basis = new Basis(matcher.group(1), matcher.group(2));
            }
            List<String> cells = Arrays.stream(line.split("\\|")).map(String::strip).toList();
            if (line.startsWith("| `")) {
                VerifierCost cost = new VerifierCost(bare(cells.get(1)), bare(cells.get(2)), number(cells.get(3)), number(cells.get(5)));
                costs.put(cost.program(), cost);
            }
        }
        if (basis == null || costs.isEmpty()) {
            throw new IOException(page + " has no recorded costs; write them with: " + RECORD);
        }
        return new VerifierPage(basis, costs);
    }

    private static int mark(List<String> lines, String mark, Path page) throws IOException {
        int at = lines.indexOf(mark);
        if (at < 0) {
            throw new IOException(page + " must have the line " + mark);
        }
        return at;
    }

    private static String bare(String code) {
        return code.replace("`", "");
    }

    private static long number(String cell) {
        return Long.parseLong(cell.replace(",", ""));
    }

    /** Replaces the table; the text around it stays. */
    static void write(Path page, Basis basis, List<VerifierCost> costs) throws IOException {
        List<String> lines = Files.readAllLines(page);
        List<String> all = new ArrayList<>(lines.subList(0, mark(lines, BEGIN, page) + 1));
        all.add(String.format(Locale.ROOT, "Kernel %s, clang %s.", basis.kernel, basis.clang));
        all.add("");
        all.add("| program | object | processed instructions | of the kernel's 1,000,000 | instructions as loaded |");
        all.add("|---|---|---:|---:|---:|");
        for (VerifierCost cost : costs) {
            all.add(String.format(Locale.ROOT, "| `%s` | `%s` | %,d | %.1f %% | %,d |", cost.program(), cost.object(), cost.processed(),
                    100.0 * cost.processed() / PROCESSED_LIMIT, cost.translated()));
        }
        all.addAll(lines.subList(mark(lines, END, page), lines.size()));
        Files.write(page, all);
    }

    /** Whether numbers of this kernel and compiler can be compared with the recorded ones. */
    boolean comparable(Basis now) {
        return basis.equals(now);
    }

    Basis basis() {
        return basis;
    }

    /** What somebody has to look at; empty: nothing. Numbers of another kernel or compiler are only held against {@link #PROCESSED_MAX}. */
    List<String> findings(Basis now, List<VerifierCost> costs) {
        List<String> findings = new ArrayList<>();
        TreeSet<String> gone = new TreeSet<>(recorded.keySet());
        for (VerifierCost cost : costs) {
            gone.remove(cost.program());
            VerifierCost before = recorded.get(cost.program());
            if (cost.processed() > PROCESSED_MAX) {
                findings.add(finding(cost, "may be at most " + PROCESSED_MAX + ", the kernel refuses at " + PROCESSED_LIMIT));
            }
            if (before == null) {
                findings.add(finding(cost, "not recorded; if that is right: " + RECORD));
            } else if (comparable(now) && cost.processed() > before.processed() + before.processed() / GROWTH_DIVISOR) {
                findings.add(finding(cost, "recorded=" + before.processed() + ", grown by more than a tenth; if that is right: " + RECORD));
            }
        }
        gone.forEach(program -> findings.add("program=" + program + " is recorded and not loaded; if that is right: " + RECORD));
        return findings;
    }

    private static String finding(VerifierCost cost, String what) {
        return "program=" + cost.program() + " object=" + cost.object() + " processed=" + cost.processed() + " " + what;
    }
}
