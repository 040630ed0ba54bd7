package dev.marrow.engine.transfer;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** What went wrong with an import: records that the server refused, and pieces of the input that could not be sent. Thread-safe. */
final class ImportReport {

    private final int shownMax;
    private final List<String> shown = new ArrayList<>();
    private long errors;

    /** @param shownMax so many errors are kept with their text, the first ones; the others are counted */
    ImportReport(int shownMax) {
        this.shownMax = shownMax;
    }

    /** @param place line or offset of the record */
    synchronized void error(String place, String text) {
        errors++;
        if (shown.size() < shownMax) {
            shown.add(place + ": " + text);
        }
    }

    synchronized long errors() {
        return errors;
    }

    synchronized void showErrors(PrintStream out) {
        shown.forEach(out::println);
        if (errors > shown.size()) {
            out.printf("and %,d more errors%n", errors - shown.size());
        }
    }
}
