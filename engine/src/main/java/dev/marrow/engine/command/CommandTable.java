package dev.marrow.engine.command;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All commands by name, and Redis's words for what is not one of them. */
public final class CommandTable {
    /** Of a client's words an error quotes at most so many bytes, as Redis does. */
    private static final int QUOTED_BYTES_MAX = 128;

    private static final Map<String, CommandSpec> COMMANDS = new LinkedHashMap<>();
    private static final Map<String, Map<String, CommandSpec>> SUBCOMMANDS = new LinkedHashMap<>();

    static {
        CommandCatalog.ROWS.lines().map(CommandSpec::parse).forEach(CommandTable::add);
    }

    private CommandTable() {}

    private static void add(CommandSpec spec) {
        int bar = spec.name().indexOf('|');
        if (bar < 0) {
            COMMANDS.put(spec.name(), spec);
            return;
        }
        SUBCOMMANDS.computeIfAbsent(spec.name().substring(0, bar), name -> new LinkedHashMap<>())
                .put(spec.name().substring(bar + 1), spec);
    }

    /** Top-level commands, in a fixed order. */
    public static Collection<CommandSpec> commands() {
        return COMMANDS.values();
    }

    /** Subcommands of a top-level command, none if it has none. */
    public static Collection<CommandSpec> subcommands(String command) {
        return SUBCOMMANDS.getOrDefault(command, Map.of()).values();
    }

    /** By full name in any case: "get", "config|get". */
    public static Optional<CommandSpec> named(String name) {
        String lower = Words.lower(name);
        int bar = lower.indexOf('|');
        return bar < 0
                ? Optional.ofNullable(COMMANDS.get(lower))
                : Optional.ofNullable(SUBCOMMANDS.getOrDefault(lower.substring(0, bar), Map.of()).get(lower.substring(bar + 1)));
    }

    /** The command, or subcommand, that these arguments call, whatever their number. */
    public static Optional<CommandSpec> called(List<byte[]> arguments) {
        String name = Words.lower(arguments.get(0));
        Map<String, CommandSpec> subcommands = SUBCOMMANDS.get(name);
        if (subcommands == null || arguments.size() == 1) {
            return Optional.ofNullable(COMMANDS.get(name));
        }
        return Optional.ofNullable(subcommands.get(Words.lower(arguments.get(1))));
    }

    /** The error reply's text for arguments that {@link #called} does not know. */
    public static String unknown(List<byte[]> arguments) {
        String name = Words.cString(arguments.get(0));
        if (arguments.size() > 1 && SUBCOMMANDS.containsKey(Words.lower(arguments.get(0)))) {
            return "ERR unknown subcommand '" + capped(Words.cString(arguments.get(1)), QUOTED_BYTES_MAX) + "'. Try "
                    + Words.upper(name) + " HELP.";
        }
        Optional<String> unsupported = Unsupported.error(Words.lower(name));
        if (unsupported.isPresent()) {
            return unsupported.get();
        }
        StringBuilder quoted = new StringBuilder();
        for (int i = 1; i < arguments.size() && quoted.length() < QUOTED_BYTES_MAX; i++) {
            String shown = capped(Words.cString(arguments.get(i)), QUOTED_BYTES_MAX - quoted.length());
            quoted.append('\'').append(shown).append("' ");
        }
        return "ERR unknown command '" + capped(name, QUOTED_BYTES_MAX) + "', with args beginning with: " + quoted;
    }

    public static String wrongArity(CommandSpec spec) {
        return "ERR wrong number of arguments for '" + spec.name() + "' command";
    }

    /** What Redis says of a subcommand that checks the number of its arguments itself. */
    static String wrongSubcommandArity(List<byte[]> arguments) {
        return "ERR unknown subcommand or wrong number of arguments for '" + capped(Words.cString(arguments.get(1)), QUOTED_BYTES_MAX) + "'. Try "
                + Words.upper(Words.cString(arguments.get(0))) + " HELP.";
    }

    private static String capped(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length);
    }
}
