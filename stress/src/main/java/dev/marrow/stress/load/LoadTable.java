package dev.marrow.stress.load;

import dev.marrow.stress.bench.MarkdownTable;
import dev.marrow.stress.bench.Spread;
import dev.marrow.stress.crash.Findings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** What a run found, as lines for a terminal. */
final class LoadTable {
    private final LoadResult result;
    private final List<String> lines = new ArrayList<>();

    private LoadTable(LoadResult result) {
        this.result = result;
    }

    static List<String> lines(LoadResult result) {
        LoadTable table = new LoadTable(result);
        table.table();
        table.notes();
        return table.lines;
    }

    private void table() {
        boolean compared = result.peers().size() > 1;
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(
                List.of("operation", "server", "operations/s", "p50 µs", "p99 µs", "p99.9 µs", "max µs", "errors"));
        if (compared) {
            heading.addAll(List.of("rate first/second", "p99 second/first"));
        }
        rows.add(heading);
        for (Optional<OperationKind> kind : result.kinds()) {
            for (Peer peer : result.peers()) {
                LoadResult.Row row = new LoadResult.Row(peer, kind);
                List<String> cells = new ArrayList<>(List.of(row.operation(), peer.label(), Spread.of(row.perSecond()).text(0), micros(row, 50),
                        micros(row, 99), micros(row, 99.9), micros(row, 100), String.format(Locale.ROOT, "%,d", row.allErrors())));
                if (compared) {
                    Optional<LoadResult.Ratios> ratios = peer == result.peers().getFirst() ? result.ratios(kind) : Optional.empty();
                    cells.add(ratios.map(of -> of.perSecond().text(2)).orElse(""));
                    cells.add(ratios.map(of -> of.p99().text(2)).orElse(""));
                }
                rows.add(cells);
            }
        }
        lines.addAll(MarkdownTable.lines(rows));
    }

    private static String micros(LoadResult.Row row, double percentile) {
        Spread spread = Spread.of(row.micros(percentile));
        return spread.text(spread.median() < 100 ? 1 : 0);
    }

    private void notes() {
        LoadPlan plan = result.plan();
        lines.add("");
        lines.add(plan.describe() + ".");
        if (plan.rounds() > 1) {
            lines.add("Median (min..max) of " + plan.rounds() + " rounds; a ratio is that of the two measurements of a round.");
        }
        if (plan.rate() > 0) {
            lines.add("Open loop: latencies count from when an operation should have begun.");
        }
        result.peers().forEach(this::notes);
        lines.add("Again: " + plan.command());
    }

    private void notes(Peer peer) {
        if (result.plan().mix().has(OperationKind.RMW)) {
            lines.add(peer.label() + ": read-modify-write is " + peer.rmw().words() + "; " + sum(peer, Measurement::conflicts)
                    + " forestalled by others.");
        }
        if (peer.commands().all() > 0) {
            lines.add(peer.label() + ": " + peer.commands().text() + ".");
        }
        peer.chaos().ifPresent(chaos -> lines.add(peer.label() + ": " + chaos.text() + "."));
        if (result.plan().check()) {
            lines.add(check(peer));
            peer.findings().texts().forEach(text -> lines.add(peer.label() + ": FOUND " + text.replaceFirst("^: ", "")));
        }
        note(peer, sum(peer, Measurement::misses), "GETs found nothing.");
        note(peer, sum(peer, Measurement::unsent),
                "operations of the timetable were never sent: the server did not keep up with --rate, and their latencies are missing above.");
        note(peer, sum(peer, Measurement::lostConnections), "connections lost, with " + sum(peer, Measurement::unanswered)
                + " operations of unknown outcome.");
        note(peer, sum(peer, Measurement::refused), "operations refused, while the log could not be written.");
        peer.measurements().stream().flatMap(measurement -> measurement.texts().stream()).limit(Troubles.TEXTS_MAX + 1L)
                .forEach(text -> lines.add(peer.label() + ": ERROR " + text));
    }

    static String check(Peer peer) {
        Findings findings = peer.findings();
        return String.format(Locale.ROOT, "%s: checked %,d changes and %,d reads in %d rounds: %,d lost, %,d wrong, %,d undecided.", peer.label(),
                findings.acknowledged(), findings.read(), peer.checkedRounds(), findings.lost(), findings.wrong(), findings.undecided());
    }

    private void note(Peer peer, long count, String text) {
        if (count > 0) {
            lines.add(String.format(Locale.ROOT, "%s: %,d %s", peer.label(), count, text));
        }
    }

    private static long sum(Peer peer, ToLongFunction<Measurement> number) {
        return peer.measurements().stream().mapToLong(number).sum();
    }
}
