package dev.marrow.engine.command;

import java.util.ArrayList;
import java.util.List;

/**
 * What is known of one command or subcommand ("config|get").
 *
 * @param name lower case
 * @param arity number of arguments with the name (and subcommand); negative: at least its absolute value
 * @param hot executed in eBPF, as far as its size allows
 * @param firstKey index of the first key, 0: no keys
 * @param lastKey index of the last key, negative: counted from the end
 * @param keyFlags of one key specification, or of several with a plus sign between them
 */
public record CommandSpec(
        String name,
        int arity,
        boolean hot,
        List<String> flags,
        int firstKey,
        int lastKey,
        int keyStep,
        List<String> categories,
        List<String> tips,
        List<String> keyFlags,
        String since,
        String group,
        String complexity,
        String summary) {

    /** Reads one row of {@link CommandCatalog}. */
    static CommandSpec parse(String row) {
        String[] column = row.split(";", -1);
        List<String> keys = words(column[4]);
        List<String> origin = words(column[8]);
        return new CommandSpec(
                column[0].strip(),
                Integer.parseInt(column[1].strip()),
                column[2].strip().equals("hot"),
                words(column[3]),
                Integer.parseInt(keys.get(0)),
                Integer.parseInt(keys.get(1)),
                Integer.parseInt(keys.get(2)),
                words(column[5]),
                words(column[6]),
                words(column[7]),
                origin.get(0),
                origin.get(1),
                column[9].strip(),
                column[10].strip());
    }

    public boolean accepts(int argumentCount) {
        return arity < 0 ? argumentCount >= -arity : argumentCount == arity;
    }

    public boolean needsAuthentication() {
        return !flags.contains("no_auth");
    }

    public boolean isSubcommand() {
        return name.indexOf('|') >= 0;
    }

    /** Indexes of the keys among {@code argumentCount} arguments. */
    public List<Integer> keyIndexes(int argumentCount) {
        List<Integer> indexes = new ArrayList<>();
        int last = lastKey < 0 ? argumentCount + lastKey : lastKey;
        for (int i = firstKey; firstKey > 0 && i <= last && i < argumentCount; i += keyStep) {
            indexes.add(i);
        }
        return indexes;
    }

    public boolean isKey(int index) {
        return firstKey > 0
                && index >= firstKey
                && (lastKey < 0 || index <= lastKey)
                && (index - firstKey) % keyStep == 0;
    }

    /** The flags of each key specification. One covers all keys; several are one a key. */
    public List<List<String>> keySpecifications() {
        List<List<String>> specifications = new ArrayList<>();
        if (firstKey > 0) {
            specifications.add(new ArrayList<>());
        }
        for (String flag : keyFlags) {
            if (flag.equals("+")) {
                specifications.add(new ArrayList<>());
            } else {
                specifications.getLast().add(flag);
            }
        }
        return specifications;
    }

    private static List<String> words(String column) {
        String text = column.strip();
        return text.isEmpty() ? List.of() : List.of(text.split(" "));
    }
}
