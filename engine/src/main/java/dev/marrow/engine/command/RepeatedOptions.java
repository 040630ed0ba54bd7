package dev.marrow.engine.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Redis lets options of SET and EXPIRE repeat ({@code SET k v NX NX NX}); without the repetitions they fit the kernel's
 * argument limit, or were wrong anyway.
 */
final class RepeatedOptions {
    private static final List<String> SET_DEADLINES = List.of("EX", "PX", "EXAT", "PXAT");

    private RepeatedOptions() {}

    /** The same command with each option once: the last of those that take a value. */
    static List<byte[]> remove(CommandSpec spec, List<byte[]> arguments) {
        List<byte[]> shortened = new ArrayList<>(arguments.subList(0, 3));
        Map<String, List<byte[]>> options = new LinkedHashMap<>();
        for (int i = 3; i < arguments.size(); i++) {
            String option = Words.upper(Words.text(arguments.get(i)));
            boolean takesValue = spec.name().equals("set") && SET_DEADLINES.contains(option) && i + 1 < arguments.size();
            options.put(option, takesValue ? List.of(arguments.get(i), arguments.get(i + 1)) : List.of(arguments.get(i)));
            i += takesValue ? 1 : 0;
        }
        options.values().forEach(shortened::addAll);
        return shortened;
    }
}
