package dev.marrow.engine.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tables of docs/COMMANDS.md. */
final class CommandsPage {
    private static final Path PAGE = Path.of("../docs/COMMANDS.md");

    /** Where each command is executed, by its name in lower case. */
    final Map<String, String> places = new HashMap<>();
    /** Names of commands that are not there. */
    final Set<String> absent = new HashSet<>();

    static CommandsPage read() throws IOException {
        CommandsPage page = new CommandsPage();
        boolean there = true;
        for (String line : Files.readAllLines(PAGE)) {
            there &= !line.equals("## Not there");
            List<String> cells = Arrays.stream(line.split("\\|")).map(String::strip).toList();
            if (!line.startsWith("| ") || cells.get(1).startsWith("command")) {
                continue;
            }
            if (there) {
                page.places.put(Words.lower(cells.get(1)), cells.get(2));
            } else {
                page.absent.addAll(Arrays.stream(cells.get(1).split(", ")).map(Words::lower).toList());
            }
        }
        return page;
    }
}
