package dev.marrow.stress.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** The lines of a text file between two lines that mark them. */
final class MarkedText {
    static final String BEGIN = "<!-- crash matrix: begin -->";
    static final String END = "<!-- crash matrix: end -->";

    private final Path file;

    /** @throws IOException without exactly one of each mark, in order */
    MarkedText(Path file) throws IOException {
        this.file = file;
        lines();
    }

    private List<String> lines() throws IOException {
        List<String> lines = Files.readAllLines(file);
        int begin = lines.indexOf(BEGIN);
        int end = lines.indexOf(END);
        if (begin < 0 || end < begin || lines.lastIndexOf(BEGIN) != begin || lines.lastIndexOf(END) != end) {
            throw new IOException(file + " must have the lines " + BEGIN + " and " + END + " once each, in this order");
        }
        return lines;
    }

    /** Replaces what is between the marks; the file is the old or the new one at every moment. */
    void replace(List<String> text) throws IOException {
        List<String> lines = lines();
        List<String> all = new ArrayList<>(lines.subList(0, lines.indexOf(BEGIN) + 1));
        all.addAll(text);
        all.addAll(lines.subList(lines.indexOf(END), lines.size()));
        Path target = file.toRealPath();
        Path next = target.resolveSibling(target.getFileName() + ".new");
        Files.write(next, all);
        Files.move(next, target, StandardCopyOption.ATOMIC_MOVE);
    }
}
