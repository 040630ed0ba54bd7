package dev.marrow.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** The lines of a text file between two lines that mark them. */
public final class MarkedText {
    private final Path file;
    private final String begin;
    private final String end;

    /**
     * The lines between {@code <!-- subject: begin -->} and {@code <!-- subject: end -->}.
     *
     * @throws IOException without exactly one of each mark, in order
     */
    public MarkedText(Path file, String subject) throws IOException {
        this.file = file;
        begin = "<!-- " + subject + ": begin -->";
        end = "<!-- " + subject + ": end -->";
        lines();
    }

    private List<String> lines() throws IOException {
        List<String> lines = Files.readAllLines(file);
        int first = lines.indexOf(begin);
        int last = lines.indexOf(end);
        if (first < 0 || last < first || lines.lastIndexOf(begin) != first || lines.lastIndexOf(end) != last) {
            throw new IOException(file + " must have the lines " + begin + " and " + end + " once each, in this order");
        }
        return lines;
    }

    /** Replaces what is between the marks; the file is the old or the new one at every moment. */
    public void replace(List<String> text) throws IOException {
        List<String> lines = lines();
        List<String> all = new ArrayList<>(lines.subList(0, lines.indexOf(begin) + 1));
        all.addAll(text);
        all.addAll(lines.subList(lines.indexOf(end), lines.size()));
        Path target = file.toRealPath();
        Path next = target.resolveSibling(target.getFileName() + ".new");
        Files.write(next, all);
        Files.move(next, target, StandardCopyOption.ATOMIC_MOVE);
    }
}
