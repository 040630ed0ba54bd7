package dev.marrow.stress.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * What a benchmark found: Markdown for people, printed as it grows, and every sample as a line of JSON, so that medians can be
 * taken again.
 */
final class Report {
    private final String name;
    private final PrintStream console;
    private final StringBuilder markdown = new StringBuilder();
    private final List<String> samples = new ArrayList<>();

    Report(String name, Map<String, String> environment, PrintStream console) {
        this.name = name;
        this.console = console;
        line("# marrow bench " + name + "\n");
        environment.forEach((what, value) -> line("- " + what + ": " + value));
        line("");
        sample(environment);
    }

    /** A line of Markdown. */
    void line(String text) {
        console.println(text);
        markdown.append(text).append('\n');
    }

    /** Only for whoever is waiting. */
    void progress(String text) {
        console.println("  " + text);
    }

    /** A row of the overview over all kinds. */
    void headline(Headline headline) {
        headline.samples().forEach(this::sample);
    }

    /** One object of the samples' file, fields by name; values are numbers or text. */
    void sample(Map<String, ?> fields) {
        StringJoiner object = new StringJoiner(",", "{", "}");
        new TreeMap<String, Object>(fields).forEach((key, value) ->
                object.add(quote(key) + ":" + (value instanceof Number ? value.toString() : quote(value.toString()))));
        samples.add(object.toString());
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append("\\u").append(String.format(Locale.ROOT, "%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    /** A Markdown table; the first row is the heading. */
    void table(List<List<String>> rows) {
        line("");
        MarkdownTable.lines(rows).forEach(this::line);
    }

    /** Writes {@code NAME.md} and {@code NAME.jsonl}, over those of an earlier run; returns the former. */
    Path write(Path directory) throws IOException {
        Path file = directory.resolve(name + ".md");
        Files.writeString(file, markdown);
        Files.write(directory.resolve(name + ".jsonl"), samples);
        return file;
    }
}
